//! `ichor git-setup` and what git calls once it is set up: locks shown in a readable form, and merged by their parts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Error;
use super::error::DiffError;
use crate::base::shell;
use crate::edge::disk::{self, Access};
use crate::edge::git::{self, Git};
use crate::stage::lock::{self, Conflict, Lock};
use crate::workspace;

/// Any folder of that name: many workspaces may lie in one repository.
const LINE: &str = "**/lockfiles/*.lock diff=ichor-lock merge=ichor-lock";

/// Makes git show and merge locks with ichor, in the repository a folder lies in; with `undo`, takes that back. Gives the
/// file of attributes that now says so.
pub fn setup(folder: &Path, program: &str, undo: bool) -> Result<PathBuf, Error> {
    let git = Git::find(folder)?.ok_or_else(|| DiffError::NoRepository { wanted: folder.display().to_string() })?;
    let attributes = git.attributes()?;
    let text = disk::read_text_if_any(&attributes)?.unwrap_or_default();
    // Ours comes first, so that what the user wrote wins, and is found again whatever follows it.
    let rest: String = text.split_inclusive('\n').filter(|it| it.trim_end() != LINE).collect();
    if undo {
        git.forget("diff.ichor-lock")?;
        git.forget("merge.ichor-lock")?;
    } else {
        let program = shell::quoted(program);
        git.configure("diff.ichor-lock.textconv", Some(&format!("{program} git-show")))?;
        git.configure("diff.ichor-lock.cachetextconv", Some("false"))?;
        git.configure("merge.ichor-lock.name", Some("locks of ichor, by their parts"))?;
        git.configure("merge.ichor-lock.driver", Some(&format!("{program} git-merge %O %A %B %P")))?;
    }
    let new = if undo { rest } else { format!("{LINE}\n{rest}") };
    if new.is_empty() && !text.is_empty() {
        disk::remove(&attributes)?;
    } else if new != text {
        disk::write(&attributes, new.as_bytes(), Access::Public)?;
    }
    Ok(attributes)
}

/// A lock as `git diff` shows it: without envelopes and certificates, which nobody can read. What is no lock is shown as
/// it stands.
pub fn show(path: &Path) -> Result<String, Error> {
    let text = disk::read_text(path)?;
    Ok(Lock::decode(&text).map(|lock| outline(&lock)).unwrap_or(text))
}

/// Merges `theirs` into `ours`, which is written. Gives the conflicts; then what is written is where locking goes on from.
/// What is no lock of ours is merged line by line, as git does without a driver.
pub fn merge(base: &Path, ours: &Path, theirs: &Path) -> Result<Merged, Error> {
    for path in [base, ours, theirs] {
        let text = disk::read_text(path)?;
        if !text.is_empty()
            && let Err(fault) = Lock::decode(&text)
        {
            let clean = git::merge_lines(base, ours, theirs)?;
            return Ok(Merged::Lines { clean, why: fault.to_string() });
        }
    }
    locks(base, ours, theirs).map(Merged::Locks)
}

/// How two files were merged.
#[derive(Clone, Debug)]
pub enum Merged {
    Locks(Vec<Conflict>),
    /// By lines; where that is not clean, the conflicts are marked in the file.
    Lines {
        clean: bool,
        why: String,
    },
}

fn locks(base: &Path, ours: &Path, theirs: &Path) -> Result<Vec<Conflict>, Error> {
    let read = |path: &Path| -> Result<Option<Lock>, Error> {
        let text = disk::read_text(path)?;
        // git gives an empty file where a branch has none.
        if text.is_empty() {
            return Ok(None);
        }
        let lock = Lock::decode(&text).map_err(|fault| workspace::Error::Lock { path: path.into(), fault })?;
        Ok(Some(lock))
    };
    let (Some(one), Some(other)) = (read(ours)?, read(theirs)?) else {
        return Ok(vec![Conflict::Whole("lock")]);
    };
    let merged = lock::merge(read(base)?.as_ref(), &one, &other);
    disk::write(ours, merged.lock.encode().as_bytes(), Access::Public)?;
    Ok(merged.conflicts)
}

fn outline(lock: &Lock) -> String {
    let mut text = String::new();
    let mut line = |depth: usize, what: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}{what}", "  ".repeat(depth));
    };
    line(0, format!("bundle {}", lock.bundle));
    line(0, format!("clock {}", lock.clock));
    if let Some(helm) = lock.helm {
        line(0, format!("helm {helm}"));
    }
    if let Some(kubernetes) = &lock.kubernetes {
        line(0, format!("kubernetes {kubernetes}"));
    }
    for version in &lock.api_versions {
        line(0, format!("api version {version}"));
    }
    for recipient in &lock.recipients {
        line(0, format!("recipient {recipient}"));
    }
    for (name, part) in &lock.parts {
        line(0, format!("part {name} {}", part.version.as_deref().unwrap_or_default()).trim_end().to_owned());
        line(1, format!("{name}: source {} {}", part.source, part.digest));
        if let Some(values) = &part.values {
            line(1, format!("{name}: values {values}"));
        }
        for (pin, it) in &part.pins {
            let what = match (&it.certificate, &it.value) {
                (Some(it), _) => format!(
                    "certificate {} by {} until {} sha256:{}",
                    it.subject, it.issuer, it.not_after, it.fingerprint
                ),
                (None, Some(value)) => format!("value {value}"),
                (None, None) => format!("secret of {}", it.function),
            };
            line(1, format!("{name}: pin {pin}: {what}"));
        }
        for image in &part.images {
            line(1, format!("{name}: image {image}"));
        }
        for (resource, digest) in &part.resources {
            line(1, format!("{name}: {resource} {}", &digest.hex()[..12]));
        }
        line(1, format!("{name}: output {}", part.output));
    }
    text
}
