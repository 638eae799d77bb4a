//! What `template` reads and writes: charts, values files, and the folder of `--output-dir`.

// With `disk`, this is where files are reached.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{self, MAX_INPUT, Takes};
use helm_engine::helm::chart::ignore::{self, IgnoreError, Rules};
use helm_engine::helm::chart::{MAX_FILE_SIZE, looks_like_archive};
use helm_engine::path::{PathError, RelPath};
use helm_engine::strconv;
use helm_engine::tree::FileTree;

/// A chart as it lies on disk.
#[derive(Clone, Debug)]
pub enum ChartFiles {
    /// The files of a folder, without those `.helmignore` names.
    Folder(FileTree),
    /// The bytes of an archive.
    Archive(Vec<u8>),
}

/// A file that cannot be read or written; prints in Helm's wording where Helm has one.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("path {} not found", strconv::quote(.0.as_bytes()))]
    NotFound(String),
    #[error("`{0}` is no folder and no file here; elsewhere it is `oci://HOST/{0}`, or `--repo ADDRESS {0}`")]
    NotLocal(String),
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    #[error("cannot load irregular file {} as it has file mode type bits set", .0.display())]
    Irregular(PathBuf),
    #[error("chart file {} is larger than the maximum file size {MAX_FILE_SIZE}", strconv::quote(.0.as_bytes()))]
    TooLarge(String),
    #[error("error evaluating symlink {}: lstat {}: no such file or directory", path.display(), target.display())]
    BrokenLink { path: PathBuf, target: PathBuf },
    #[error("`{}` leads back to itself, or lies below more than {MAX_DEPTH} folders, and a chart has no more", .0.display())]
    Cycle(PathBuf),
    #[error("the link `{}` leads out of its folder, to `{}`", link.display(), target.display())]
    LeadsOut { link: PathBuf, target: PathBuf },
    #[error("the files of `{}` have more than {} MiB, and no input may have more", .0.display(), MAX_INPUT >> 20)]
    FolderTooLarge(PathBuf),
    #[error("no file can be written for a template by this name: {0}")]
    Outside(#[from] PathError),
    #[error("file '{0}' seems to be a YAML file, but expected a gzipped archive")]
    YamlForArchive(String),
    #[error("file '{name}' does not appear to be a gzipped archive; got '{found}'")]
    NoArchive { name: String, found: &'static str },
    #[error("`{0}`: values are not fetched; give a file")]
    RemoteValues(String),
    #[error("{action} {}: {}", path.display(), go_text(source))]
    Io { action: &'static str, path: PathBuf, source: io::Error },
}

impl FilesError {
    /// Whether disk or permissions failed, and not what the user gave.
    pub fn is_surroundings(&self) -> bool {
        matches!(self, FilesError::Io { source, .. }
            if !disk::is_no_input(source.kind()))
    }
}

/// Reads the chart that a user names: a folder or an archive.
///
/// Mirrors `LocateChart` and the file half of `pkg/chart/v2/loader`.
pub fn chart(name: &str) -> Result<ChartFiles, FilesError> {
    let name = name.trim();
    let path = Path::new(name);
    let Ok(about) = fs::metadata(path) else {
        let local = path.is_absolute() || name.starts_with('.');
        return Err(if local { FilesError::NotFound(name.into()) } else { FilesError::NotLocal(name.into()) });
    };
    if about.is_dir() {
        let root = std::path::absolute(path).unwrap_or_else(|_| path.into());
        return chart_folder(&root).map(ChartFiles::Folder);
    }
    let bytes = read(path, Takes::Anything)?;
    if !looks_like_archive(&bytes) {
        let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        return Err(if yaml {
            FilesError::YamlForArchive(name.into())
        } else {
            FilesError::NoArchive { name: name.into(), found: content_type(&bytes) }
        });
    }
    Ok(ChartFiles::Archive(bytes))
}

/// Reads a values file; `-` is the standard input.
pub fn values(name: &str) -> Result<Vec<u8>, FilesError> {
    if name.trim() == "-" {
        let failed = |source| FilesError::Io { action: "read", path: "/dev/stdin".into(), source };
        return disk::bounded(io::stdin().lock()).map_err(failed);
    }
    if ["http://", "https://", "oci://"].iter().any(|it| name.starts_with(it)) {
        return Err(FilesError::RemoteValues(name.into()));
    }
    read(Path::new(name), Takes::Anything)
}

/// Whether a values file is a file on the disk, and neither a pipe nor the standard input.
pub fn is_plain(name: &str) -> bool {
    Path::new(name).is_file()
}

/// Writes a file below a folder whole or not at all, making folders as needed; with `append`, at the end of what is there.
pub fn write_below(folder: &Path, path: &RelPath, text: &[u8], append: bool) -> Result<(), FilesError> {
    let file = folder.join(path.as_str());
    disk::write_quickly(&file, text, append).map_err(|source| FilesError::Io {
        action: "open",
        path: file.clone(),
        source,
    })
}

/// Where the links of a folder may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Links {
    /// Wherever Helm follows them to.
    Anywhere,
    /// To what lies in the folder, too.
    Inside,
}

/// No folder of a chart lies deeper; a link that leads upwards would never end.
const MAX_DEPTH: usize = crate::base::limits::FOLDERS.size();

/// The files of a chart's folder, without those its `.helmignore` names. Links are followed, wherever they lead.
///
/// Mirrors `pkg/chart/v2/loader.LoadDir`.
pub fn chart_folder(root: &Path) -> Result<FileTree, FilesError> {
    chart_files(root, Links::Anywhere)
}

/// Like [`chart_folder`], with links that stay in the folder: what it holds becomes public.
pub fn closed_chart_folder(root: &Path) -> Result<FileTree, FilesError> {
    chart_files(root, Links::Inside)
}

fn chart_files(root: &Path, links: Links) -> Result<FileTree, FilesError> {
    let rules_file = root.join(ignore::FILE_NAME);
    let rules = if rules_file.exists() { Rules::parse(&read(&rules_file, Takes::Plain)?)? } else { Rules::parse(b"")? };
    Walk::of(root, rules, links)
}

/// The YAML and JSON files of a folder and those below it; what begins with a dot is left out. Links are followed within
/// the folder.
pub fn manifest_folder(root: &Path) -> Result<FileTree, FilesError> {
    Walk::of(root, Rules::parse(b".*\n")?, Links::Inside).map(manifests)
}

/// The YAML and JSON files of a tree, but those that a dot hides.
pub fn manifests(tree: FileTree) -> FileTree {
    let hidden = |path: &RelPath| path.as_str().split('/').any(|it| it.starts_with('.'));
    let named = |path: &RelPath| [".yaml", ".yml", ".json"].iter().any(|it| path.as_str().ends_with(it));
    tree.into_iter().filter(|(path, _)| named(path) && !hidden(path)).collect()
}

/// A folder that is being read.
struct Walk<'r> {
    root: &'r Path,
    rules: Rules,
    /// The real place of the root, where links must stay in it.
    bound: Option<PathBuf>,
    tree: FileTree,
    size: u64,
}

impl Walk<'_> {
    fn of(root: &Path, rules: Rules, links: Links) -> Result<FileTree, FilesError> {
        let real =
            || root.canonicalize().map_err(|source| FilesError::Io { action: "open", path: root.into(), source });
        let bound = if links == Links::Inside { Some(real()?) } else { None };
        let mut walk = Walk { root, rules, bound, tree: FileTree::new(), size: 0 };
        walk.folder(root, "", 0)?;
        Ok(walk.tree)
    }

    fn folder(&mut self, folder: &Path, below: &str, depth: usize) -> Result<(), FilesError> {
        if depth > MAX_DEPTH {
            return Err(FilesError::Cycle(folder.into()));
        }
        let failed = |source| FilesError::Io { action: "open", path: folder.into(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name());
        }
        names.sort();
        for name in names {
            let path = folder.join(&name);
            let relative = format!("{below}{}", name.to_string_lossy());
            // Links are followed, and known by their own place.
            let about = match fs::metadata(&path) {
                Ok(it) => it,
                Err(source) => return Err(broken(path, source)),
            };
            if self.rules.ignores(&relative, about.is_dir()) {
                continue;
            }
            self.stays(&path)?;
            if about.is_dir() {
                self.folder(&path, &format!("{relative}/"), depth + 1)?;
                continue;
            }
            if !about.is_file() {
                return Err(FilesError::Irregular(path));
            }
            if about.len() > MAX_FILE_SIZE {
                return Err(FilesError::TooLarge(name.to_string_lossy().into_owned()));
            }
            self.size += about.len();
            if self.size > MAX_INPUT {
                return Err(FilesError::FolderTooLarge(self.root.into()));
            }
            if let Ok(place) = RelPath::new(&relative) {
                self.tree.insert(place, read(&path, Takes::Plain)?);
            }
        }
        Ok(())
    }

    /// Refuses a link that leads out. What lies in a folder that was looked at is in the root itself.
    fn stays(&self, path: &Path) -> Result<(), FilesError> {
        let Some(bound) = self.bound.as_ref().filter(|_| path.is_symlink()) else { return Ok(()) };
        let failed = |source| FilesError::Io { action: "open", path: path.into(), source };
        let target = path.canonicalize().map_err(failed)?;
        if target.starts_with(bound) { Ok(()) } else { Err(FilesError::LeadsOut { link: path.into(), target }) }
    }
}

/// What is wrong with a link or file that cannot be looked at.
fn broken(path: PathBuf, source: io::Error) -> FilesError {
    /// Linux's ELOOP.
    const LOOP: i32 = 40;
    if source.raw_os_error() == Some(LOOP) {
        return FilesError::Cycle(path);
    }
    match fs::read_link(&path) {
        Ok(target) if source.kind() == io::ErrorKind::NotFound => {
            let target = path.parent().unwrap_or(Path::new("/")).join(target);
            FilesError::BrokenLink { path, target }
        }
        _ => FilesError::Io { action: "lstat", path, source },
    }
}

fn read(path: &Path, takes: Takes) -> Result<Vec<u8>, FilesError> {
    disk::contents(path, takes).map_err(|source| {
        let action = if source.kind() == io::ErrorKind::IsADirectory { "read" } else { "open" };
        FilesError::Io { action, path: path.into(), source }
    })
}

/// What Go's `http.DetectContentType` says of the likeliest files. Helm hands it 512 bytes, a shorter file filled up with
/// zeros, which no text holds.
fn content_type(bytes: &[u8]) -> &'static str {
    let signatures: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "application/zip"),
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF8", "image/gif"),
        (b"\xff\xd8\xff", "image/jpeg"),
    ];
    if let Some((_, name)) = signatures.iter().find(|(start, _)| bytes.starts_with(start)) {
        return name;
    }
    let Some(head) = bytes.get(..512) else { return "application/octet-stream" };
    let binary = |it: &u8| matches!(it, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    if head.iter().any(binary) { "application/octet-stream" } else { "text/plain; charset=utf-8" }
}

/// An error of the system as Go prints it.
fn go_text(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    if error.raw_os_error().is_some() { plain.to_lowercase() } else { plain.into() }
}
