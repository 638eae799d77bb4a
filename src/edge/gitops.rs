//! Trees of GitOps: on this machine's disk, and as they stood in a revision of git. Nothing is written into them.

use std::cell::OnceCell;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::git::{self, Git, Revision};
use super::process;
use crate::gitops::{Fault, Tree, Trees};

/// Files larger than this are no objects that GitOps refers to.
const MAX_SIZE: u64 = crate::base::limits::GITOPS_FILE.most;
/// Folders that hold none.
const PASSED_OVER: [&str; 3] = ["vendor", "node_modules", "lockfiles"];
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Trees by the paths of a spec in a folder.
pub struct DiskTrees {
    folder: PathBuf,
}

impl DiskTrees {
    /// `folder` is that of the spec.
    pub fn new(folder: &Path) -> DiskTrees {
        DiskTrees { folder: real(folder) }
    }
}

impl Trees for DiskTrees {
    fn open(&self, path: &str) -> Result<(Box<dyn Tree>, String), Fault> {
        let full = real(&self.folder.join(path));
        if !full.exists() {
            return Err(Fault::NoPath(path.into()));
        }
        let folder = if full.is_dir() { full.as_path() } else { full.parent().unwrap_or(Path::new("/")) };
        let repository = folder.ancestors().find(|it| it.join(".git").exists());
        let top = repository.map_or_else(|| common(&self.folder, folder), Path::to_path_buf);
        let inner = full.strip_prefix(&top).unwrap_or(&full).to_string_lossy().into_owned();
        let remotes = repository.and_then(|it| Git::find(it).ok().flatten()).map(|it| it.remotes()).unwrap_or_default();
        Ok((Box::new(DiskTree { top, spec: self.folder.clone(), remotes, files: OnceCell::new() }), inner))
    }
}

/// Trees as they stood in a revision, by the paths of a spec in a folder of it.
pub struct CommittedTrees<'r> {
    revision: &'r Revision,
    folder: String,
    copy: OnceCell<TempDir>,
}

impl<'r> CommittedTrees<'r> {
    /// `folder` is that of the spec, from the top.
    pub fn new(revision: &'r Revision, folder: &str) -> Self {
        CommittedTrees { revision, folder: folder.into(), copy: OnceCell::new() }
    }

    fn copy(&self) -> Result<&Path, Fault> {
        if let Some(copy) = self.copy.get() {
            return Ok(copy.path());
        }
        let copy = tempfile::Builder::new().prefix("ichor-").tempdir().map_err(|it| surroundings(&it))?;
        for (path, bytes) in self.revision.files().map_err(|it| Fault::Surroundings(it.to_string()))? {
            let full = copy.path().join(&path);
            let folder = full.parent().unwrap_or(copy.path());
            fs::create_dir_all(folder).and_then(|()| fs::write(&full, bytes)).map_err(|it| surroundings(&it))?;
        }
        Ok(self.copy.get_or_init(|| copy).path())
    }
}

impl Trees for CommittedTrees<'_> {
    fn open(&self, path: &str) -> Result<(Box<dyn Tree>, String), Fault> {
        let inner = git::clean(&self.folder, path).ok_or_else(|| Fault::NoPath(path.into()))?;
        let top = real(self.copy()?);
        if !top.join(&inner).exists() {
            return Err(Fault::NoPath(path.into()));
        }
        let remotes = self.revision.remotes();
        let spec = top.join(&self.folder);
        Ok((Box::new(DiskTree { top, spec, remotes, files: OnceCell::new() }), inner))
    }
}

struct DiskTree {
    top: PathBuf,
    /// The folder of the spec.
    spec: PathBuf,
    remotes: Vec<String>,
    files: OnceCell<Vec<String>>,
}

impl Tree for DiskTree {
    fn files(&self) -> Result<Vec<String>, Fault> {
        if let Some(files) = self.files.get() {
            return Ok(files.clone());
        }
        let mut found = Vec::new();
        let mut folders = vec![self.top.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(|it| surroundings(&it))? {
                let entry = entry.map_err(|it| surroundings(&it))?;
                let (name, kind) = (entry.file_name(), entry.file_type().map_err(|it| surroundings(&it))?);
                let name = name.to_string_lossy();
                if kind.is_dir() {
                    // A chart's templates are no objects yet.
                    let is_chart = entry.path().join("Chart.yaml").is_file();
                    if !name.starts_with('.') && !is_chart && !PASSED_OVER.contains(&name.as_ref()) {
                        folders.push(entry.path());
                    }
                } else if kind.is_file()
                    && (name.ends_with(".yaml") || name.ends_with(".yml"))
                    && entry.metadata().is_ok_and(|it| it.len() <= MAX_SIZE)
                    && let Ok(inner) = entry.path().strip_prefix(&self.top)
                {
                    found.push(inner.to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        Ok(self.files.get_or_init(|| found).clone())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        let full = real(&self.top.join(path));
        if !full.starts_with(&self.top) {
            let message = "it leads out of the repository".into();
            return Err(Fault::Unreadable { path: self.as_written(path), message });
        }
        match fs::metadata(&full) {
            Ok(about) if about.is_file() => fs::read(&full).map(Some).map_err(|it| surroundings(&it)),
            _ => Ok(None),
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        self.top.join(path).is_dir()
    }

    fn kustomize(&self, folder: &str, kustomization: Option<&[u8]>) -> Result<Vec<u8>, Fault> {
        let shown = self.as_written(folder);
        match kustomization {
            None => kustomize(&self.top.join(folder), &shown),
            Some(text) => {
                let shadow = tempfile::Builder::new().prefix("ichor-").tempdir().map_err(|it| surroundings(&it))?;
                let root = real(shadow.path());
                let inside = cast(&self.top, &root, folder).map_err(|it| surroundings(&it))?;
                fs::write(inside.join("kustomization.yaml"), text).map_err(|it| surroundings(&it))?;
                kustomize(&inside, &shown)
            }
        }
    }

    fn as_written(&self, path: &str) -> String {
        relative(&self.spec, &self.top.join(path))
    }

    fn remotes(&self) -> Vec<String> {
        self.remotes.clone()
    }
}

/// Folders on the way to a folder, each with links to what else is in it, so that a kustomization can be put into the last
/// one and its paths still lead where they led.
fn cast(top: &Path, shadow: &Path, folder: &str) -> io::Result<PathBuf> {
    let (mut real, mut shadow) = (top.to_path_buf(), shadow.to_path_buf());
    let mut steps = folder.split('/').filter(|it| !it.is_empty() && *it != ".");
    loop {
        let next = steps.next();
        for entry in fs::read_dir(&real)? {
            let name = entry?.file_name();
            let is_own = next.is_none() && KUSTOMIZATIONS.iter().any(|it| name == *it);
            if next.is_some_and(|it| name == it) || is_own || name == ".git" {
                continue;
            }
            symlink(real.join(&name), shadow.join(&name))?;
        }
        let Some(next) = next else { return Ok(shadow) };
        real.push(next);
        shadow.push(next);
        fs::create_dir(&shadow)?;
    }
}

/// Runs the user's kustomize, which Flux lets read files of the whole repository too.
fn kustomize(folder: &Path, shown: &str) -> Result<Vec<u8>, Fault> {
    let restrictor = ["--load-restrictor", "LoadRestrictionsNone"];
    let mut first = Command::new("kustomize");
    first.arg("build").args(restrictor).arg(folder);
    let mut second = Command::new("kubectl");
    second.arg("kustomize").args(restrictor).arg(folder);
    for mut command in [first, second] {
        let output = match process::output(&mut command) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => continue,
            Err(fault) => return Err(surroundings(&fault)),
            Ok(output) => output,
        };
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let words: Vec<&str> = said.split_whitespace().collect();
        let said = words.join(" ").chars().take(600).collect();
        return Err(Fault::Kustomize { folder: shown.into(), said });
    }
    Err(Fault::NoKustomize(shown.into()))
}

/// A path without links and without `..`, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                clean = clean.canonicalize().unwrap_or(clean);
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean.canonicalize().unwrap_or(clean)
}

/// The innermost folder that holds both.
fn common(one: &Path, other: &Path) -> PathBuf {
    one.components().zip(other.components()).take_while(|(one, other)| one == other).map(|(it, _)| it).collect()
}

/// The path that leads from a folder to another path.
fn relative(folder: &Path, path: &Path) -> String {
    let shared = common(folder, path);
    let up = folder.strip_prefix(&shared).map_or(0, |it| it.components().count());
    let down = path.strip_prefix(&shared).unwrap_or(path).to_string_lossy();
    let mut steps = vec![".."; up];
    steps.extend(down.split('/').filter(|it| !it.is_empty()));
    if steps.is_empty() { ".".into() } else { steps.join("/") }
}

fn surroundings(fault: &io::Error) -> Fault {
    Fault::Surroundings(format!("the tree of GitOps cannot be read: {fault}"))
}
