//! Reading a git repository through git itself: revisions, and files as they stood in them. Nothing is checked out.
//!
//! Only plumbing is called, so that no hook, filter or configured driver runs.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{files, process};
use crate::stage::resolve::{ChartSource, ManifestSource, Remote, SourceError, Sources};
use crate::stage::spec::Source;
use helm_engine::helm::chart::ignore::Rules;
use helm_engine::path::RelPath;
use helm_engine::tree::FileTree;

/// A repository on this machine.
#[derive(Clone, Debug)]
pub struct Git {
    /// The top of the work tree.
    pub top: PathBuf,
}

/// git failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error("git is not installed, or not on the PATH")]
    Missing,
    #[error("git cannot be run: {0}")]
    Run(String),
    #[error("git does not read the repository `{top}`, which is another user's")]
    Owner { top: String },
    #[error("git {action} failed: {message}")]
    Failed { action: String, message: String },
}

/// The files of one revision.
#[derive(Clone, Debug)]
pub struct Revision {
    git: Git,
    pub commit: String,
    /// Mode and object by path from the top.
    entries: BTreeMap<String, (String, String)>,
}

impl Git {
    /// The repository a folder lies in, where it lies in one. What git has against reading it is a fault.
    pub fn find(folder: &Path) -> Result<Option<Git>, Error> {
        let output = process::output(command(folder).args(["rev-parse", "--show-toplevel"])).map_err(Error::of)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            // The end of the search for one; where git names a path instead, that should be one and is not.
            let is_none = said.contains("not a git repository (or any") || said.contains("must be run in a work tree");
            return if is_none { Ok(None) } else { Err(failed("rev-parse", &output)) };
        }
        let top = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        Ok((!top.is_empty()).then(|| Git { top: top.into() }))
    }

    /// The commit a revision names.
    pub fn commit(&self, revision: &str) -> Result<Option<String>, Error> {
        let wanted = format!("{revision}^{{commit}}");
        let output =
            process::output(command(&self.top).args(["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]))
                .map_err(Error::of)?;
        Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned()))
    }

    /// Where two commits part; `None` where they have nothing in common.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, Error> {
        let output = process::output(command(&self.top).args(["merge-base", one, other])).map_err(Error::of)?;
        match output.status.code() {
            Some(0) => Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())),
            Some(1) => Ok(None),
            _ => Err(failed("merge-base", &output)),
        }
    }

    /// Whether older commits were left out when this was cloned.
    pub fn is_shallow(&self) -> Result<bool, Error> {
        Ok(self.run(&["rev-parse", "--is-shallow-repository"])?.starts_with(b"true"))
    }

    /// The content behind `REVISION:PATH`.
    pub fn show(&self, object: &str) -> Result<Option<Vec<u8>>, Error> {
        let output = process::output(command(&self.top).args(["cat-file", "blob", object])).map_err(Error::of)?;
        Ok(output.status.success().then_some(output.stdout))
    }

    /// The files of a commit.
    pub fn revision(&self, commit: &str) -> Result<Revision, Error> {
        let listed = self.run(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let mut entries = BTreeMap::new();
        for entry in String::from_utf8_lossy(&listed).split_terminator('\0') {
            let Some((about, path)) = entry.split_once('\t') else { continue };
            let mut about = about.split(' ');
            if let (Some(mode), Some("blob"), Some(object)) = (about.next(), about.next(), about.next()) {
                entries.insert(path.to_owned(), (mode.to_owned(), object.to_owned()));
            }
        }
        Ok(Revision { git: self.clone(), commit: commit.to_owned(), entries })
    }

    /// The addresses that it is fetched from.
    pub fn remotes(&self) -> Vec<String> {
        let listed = self.run(&["config", "--get-regexp", r"^remote\..*\.url$"]).unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed).into_owned();
        listed.lines().filter_map(|line| line.split_once(' ')).map(|(_, url)| url.to_owned()).collect()
    }

    /// Sets or, without a value, removes a setting of this repository; removing what is not set is no fault.
    pub fn configure(&self, key: &str, value: Option<&str>) -> Result<(), Error> {
        match value {
            Some(value) => self.run(&["config", "--local", key, value]).map(drop),
            None => {
                let output = process::output(command(&self.top).args(["config", "--local", "--unset-all", key]))
                    .map_err(Error::of)?;
                // 5: there is no such setting.
                if output.status.success() || output.status.code() == Some(5) {
                    Ok(())
                } else {
                    Err(failed("config", &output))
                }
            }
        }
    }

    /// Drops a section of settings; where there is none, nothing happens.
    pub fn forget(&self, section: &str) -> Result<(), Error> {
        process::output(command(&self.top).args(["config", "--local", "--remove-section", section]))
            .map_err(Error::of)?;
        Ok(())
    }

    /// The file of attributes that belongs to this repository and is not committed.
    pub fn attributes(&self) -> Result<PathBuf, Error> {
        let path = self.run(&["rev-parse", "--git-path", "info/attributes"])?;
        Ok(self.top.join(String::from_utf8_lossy(&path).trim_end()))
    }

    fn run(&self, args: &[&str]) -> Result<Vec<u8>, Error> {
        let output = process::output(command(&self.top).args(args)).map_err(Error::of)?;
        let action = args.first().copied().unwrap_or_default();
        if output.status.success() { Ok(output.stdout) } else { Err(failed(action, &output)) }
    }

    /// Many objects at once.
    fn blobs(&self, objects: &[&str]) -> Result<Vec<Vec<u8>>, Error> {
        let mut cat = command(&self.top);
        cat.args(["cat-file", "--batch=%(objectsize)"]);
        cat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = process::spawn(&mut cat).map_err(Error::of)?;
        let wanted: String = objects.iter().map(|it| format!("{it}\n")).collect();
        let stdin = child.stdin.take();
        // git answers while it is asked: who only asks and does not read would wait for ever.
        let asking = std::thread::spawn(move || stdin.map(|mut it| it.write_all(wanted.as_bytes())));
        let output = process::collect(child).map_err(Error::of)?;
        let _ = asking.join();
        let mut rest = output.stdout.as_slice();
        let mut blobs = Vec::new();
        let short = || Error::Failed { action: "cat-file".into(), message: "it ended too soon".into() };
        for _ in objects {
            let end = rest.iter().position(|it| *it == b'\n').ok_or_else(short)?;
            let size: usize = String::from_utf8_lossy(&rest[..end]).parse().map_err(|_| short())?;
            blobs.push(rest.get(end + 1..end + 1 + size).ok_or_else(short)?.to_vec());
            rest = rest.get(end + size + 2..).ok_or_else(short)?;
        }
        Ok(blobs)
    }
}

impl Revision {
    /// A file by its path from the top; `None` where there is none.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some((mode, object)) = self.entries.get(path) else { return Ok(None) };
        let bytes = self.git.blobs(&[object])?.pop().unwrap_or_default();
        if mode != "120000" {
            return Ok(Some(bytes));
        }
        // A link leads to its target once; links to links are not followed.
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = clean(folder, &String::from_utf8_lossy(&bytes));
        match target.and_then(|it| self.entries.get(&it)) {
            Some((mode, object)) if mode != "120000" => self.git.blobs(&[object]).map(|mut it| it.pop()),
            _ => Ok(None),
        }
    }

    /// Whether a path is a folder with files in it. The empty path is the top.
    pub fn is_folder(&self, path: &str) -> bool {
        let below = format!("{path}/");
        path.is_empty() || self.entries.range(below.clone()..).next().is_some_and(|(it, _)| it.starts_with(&below))
    }

    /// The sources of a spec in this folder, from the top. What lies elsewhere is looked up with a function.
    pub fn sources<'a>(
        &'a self,
        folder: &str,
        remote: &'a dyn Fn(&str, &Source, &str) -> Result<Remote, SourceError>,
    ) -> Committed<'a> {
        Committed { revision: self, folder: folder.into(), remote }
    }

    /// Every file, by its path from the top; a link is what it leads to.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let entries: Vec<(&String, &str)> = self
            .entries
            .iter()
            .filter(|(_, (mode, _))| mode != "120000")
            .map(|(path, (_, it))| (path, it.as_str()))
            .collect();
        let blobs = self.git.blobs(&entries.iter().map(|(_, it)| *it).collect::<Vec<_>>())?;
        Ok(entries.into_iter().map(|(path, _)| path.clone()).zip(blobs).collect())
    }

    /// The addresses that the repository is fetched from.
    pub fn remotes(&self) -> Vec<String> {
        self.git.remotes()
    }

    fn tree(&self, path: &str) -> Result<FileTree, Error> {
        let below = format!("{path}/");
        let files = self.entries.range(below.clone()..).take_while(|(it, _)| it.starts_with(&below));
        let files: Vec<(&str, &str)> = files
            .filter(|(_, (mode, _))| mode != "120000")
            .map(|(path, (_, it))| (path.as_str(), it.as_str()))
            .collect();
        let blobs = self.git.blobs(&files.iter().map(|(_, it)| *it).collect::<Vec<_>>())?;
        let mut tree = FileTree::new();
        for ((file, _), bytes) in files.iter().zip(blobs) {
            if let Ok(place) = RelPath::new(&file[below.len()..]) {
                tree.insert(place, bytes);
            }
        }
        Ok(tree)
    }
}

/// Sources as they stood in a revision.
pub struct Committed<'a> {
    revision: &'a Revision,
    folder: String,
    remote: &'a dyn Fn(&str, &Source, &str) -> Result<Remote, SourceError>,
}

impl Sources for Committed<'_> {
    fn chart(&self, path: &str) -> Result<ChartSource, SourceError> {
        let full = self.place(path)?;
        if !self.revision.is_folder(&full) {
            return self.file(path).map(ChartSource::Archive);
        }
        let tree = self.revision.tree(&full).map_err(|it| fault(&it))?;
        let rules = Rules::of(&tree).map_err(|it| SourceError::Path { fault: it.to_string(), leads_out: false })?;
        let mut kept = FileTree::new();
        for (path, bytes) in tree {
            if !rules.leaves_out(path.as_str()) {
                kept.insert(path, bytes);
            }
        }
        Ok(ChartSource::Folder(kept))
    }

    fn manifest(&self, path: &str) -> Result<ManifestSource, SourceError> {
        let full = self.place(path)?;
        if !self.revision.is_folder(&full) {
            return self.file(path).map(ManifestSource::File);
        }
        let tree = self.revision.tree(&full).map_err(|it| fault(&it))?;
        Ok(ManifestSource::Folder(files::manifests(tree)))
    }

    fn remote(&self, key: &str, source: &Source, text: &str) -> Result<Remote, SourceError> {
        (self.remote)(key, source, text)
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let full = self.place(path)?;
        let found = self.revision.read(&full).map_err(|it| fault(&it))?;
        let commit = self.revision.commit.get(..12).unwrap_or_default();
        let (path, commit) = (path.to_owned(), commit.to_owned());
        let Some(found) = found else { return Err(SourceError::NotInGit { path, commit }) };
        if found.starts_with(b"version https://git-lfs.github.com/") {
            return Err(SourceError::InLfs { path, commit });
        }
        Ok(found)
    }
}

impl Committed<'_> {
    fn place(&self, path: &str) -> Result<String, SourceError> {
        clean(&self.folder, path).ok_or_else(|| SourceError::OutsideGit { path: path.into() })
    }
}

/// A file as the last commit has it; `None` where git, or a commit, does not have it.
pub fn committed(path: &Path) -> Option<Vec<u8>> {
    let path = path.canonicalize().ok()?;
    let object = format!("HEAD:./{}", path.file_name()?.to_str()?);
    let output = process::output(command(path.parent()?).args(["cat-file", "blob", &object])).ok()?;
    output.status.success().then_some(output.stdout)
}

/// Merges two texts line by line into `ours`; says whether that was clean.
pub fn merge_lines(base: &Path, ours: &Path, theirs: &Path) -> Result<bool, Error> {
    let names = ["-L", "ours", "-L", "base", "-L", "theirs"];
    let output = process::output(command(Path::new(".")).arg("merge-file").args(names).args([ours, base, theirs]))
        .map_err(Error::of)?;
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1..=127) => Ok(false),
        _ => Err(failed("merge-file", &output)),
    }
}

/// A path from the top, of a path from a folder; `None` where it leaves the top.
pub fn clean(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A fault of git as one of a source.
pub fn fault(fault: &Error) -> SourceError {
    SourceError::Git { fault: fault.to_string(), help: fault.help() }
}

impl Error {
    fn of(fault: io::Error) -> Error {
        if fault.kind() == io::ErrorKind::NotFound { Error::Missing } else { Error::Run(fault.to_string()) }
    }

    /// What to do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Missing => Some("install git; locks, bundles and specs compare without it".into()),
            Error::Owner { top } => Some(format!(
                "if you trust it, run `git config --global --add safe.directory {top}`; in a container, work as its owner"
            )),
            Error::Failed { message, .. } if message.contains("not a git repository: ") => {
                Some("this is a work tree or submodule whose repository is not here: mount that as well".into())
            }
            Error::Run(_) | Error::Failed { .. } => None,
        }
    }
}

/// What git itself says, in one line.
fn failed(action: &str, output: &std::process::Output) -> Error {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines = || said.lines().map(str::trim).filter(|it| !it.is_empty());
    // As git says it since 2.35.2, and as it said it first.
    for (before, after) in
        [("detected dubious ownership in repository at '", "'"), ("unsafe repository ('", "' is owned")]
    {
        let top = said.split_once(before).and_then(|(_, it)| it.split_once(after));
        if let Some((top, _)) = top {
            return Error::Owner { top: top.into() };
        }
    }
    // Warnings and hints come before and after what counts.
    let fatal = lines().find_map(|it| it.strip_prefix("fatal: ").or_else(|| it.strip_prefix("error: ")));
    let message = fatal.map_or_else(|| lines().collect::<Vec<_>>().join("; "), str::to_owned);
    Error::Failed { action: action.into(), message }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C").stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_top() {
        assert_eq!(clean("a/b", "../c/./d"), Some("a/c/d".into()));
        assert_eq!(clean("a", "../../c"), None);
        assert_eq!(clean("", "./x"), Some("x".into()));
        assert_eq!(clean("a", "/etc/passwd"), None);
    }
}
