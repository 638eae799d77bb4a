//! Folders that are written again and again: what an earlier run wrote and this one does not must not linger.
//!
//! A file `.ichor` in the folder notes what was written, a line each: bundle, target, SHA-256, path. Only what stands there
//! is ever removed, and only where it still has the bytes that were written; of other bundles and targets, nothing is.
//! Beside a machine config it notes the manifests that were put into it, too: their target is `inline-manifest`, and their
//! path the config's name and theirs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::disk::{self, Access, Error};
use super::landing::{self, Landing, landing};
use super::unfinished;
use crate::base::digest::Digest;
use crate::deliver::files::Files;
use crate::deliver::machine_config::Earlier;
use crate::stage::pack::Manifest;
use helm_engine::path::RelPath;

/// The name of the file that notes what was written.
pub const NOTES: &str = ".ichor";

/// The target of manifests that were put into a machine config.
const INLINE: &str = "inline-manifest";

/// What an earlier run wrote and this one did not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Removed.
    pub removed: Vec<PathBuf>,
    /// Changed since by somebody else, and left where they are.
    pub kept: Vec<PathBuf>,
}

/// A line of the notes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Note {
    bundle: String,
    target: String,
    /// In hexadecimal digits.
    digest: String,
    path: String,
}

/// Writes files into a folder, which is made where it is missing, and removes what an earlier run for the same bundle and
/// target wrote there beyond them. `bundle` and `target` hold no white space.
pub fn write(folder: &Path, (bundle, target): (&str, &str), files: &Files, access: Access) -> Result<Leftovers, Error> {
    disk::folder(folder, access)?;
    for (path, text) in files.iter() {
        disk::write(&folder.join(path.as_str()), text.as_bytes(), access)?;
    }
    let notes = folder.join(NOTES);
    let before = disk::read_text_if_any(&notes)?.unwrap_or_default();
    let fresh: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    let own = |it: &Note| (it.bundle.as_str(), it.target.as_str()) == (bundle, target);
    let (old, mut lines): (Vec<Note>, Vec<Note>) = before.lines().filter_map(Note::read).partition(own);
    let mut leftovers = Leftovers::default();
    for note in old.into_iter().filter(|it| !fresh.contains(it.path.as_str())) {
        if lines.iter().any(|it| it.path == note.path) {
            continue;
        }
        let path = landing::behind_links(&folder.join(&note.path));
        match disk::read(&path) {
            Ok(bytes) if Digest::of(&bytes).hex() == note.digest => {
                fs::remove_file(&path).map_err(|source| Error { action: "remove", path: path.clone(), source })?;
                leftovers.removed.push(path);
            }
            Ok(_) => leftovers.kept.push(path),
            Err(_) => {}
        }
    }
    for folder in leftovers.removed.iter().filter_map(|it| it.parent()) {
        // One that is not empty stays.
        let _ = fs::remove_dir(folder);
    }
    lines.extend(files.iter().map(|(path, text)| Note {
        bundle: bundle.into(),
        target: target.into(),
        digest: Digest::of(text.as_bytes()).hex(),
        path: path.to_string(),
    }));
    save(&notes, lines, &before, access)?;
    Ok(leftovers)
}

/// What earlier runs put into a machine config, as far as it is noted beside it.
pub fn inserted(config: &Path, bundle: &str) -> Result<Earlier, Error> {
    let mut earlier = Earlier::default();
    let Some((notes, name)) = notes_beside(config) else { return Ok(earlier) };
    let text = disk::read_text_if_any(&notes)?.unwrap_or_default();
    for note in text.lines().filter_map(Note::read).filter(|it| it.target == INLINE) {
        let Some(manifest) = note.path.strip_prefix(&name).and_then(|it| it.strip_prefix('/')) else { continue };
        if note.bundle == bundle {
            earlier.own.insert(manifest.into(), note.digest);
        } else {
            earlier.others.insert(manifest.into());
        }
    }
    Ok(earlier)
}

/// Notes beside a machine config what is in it for a bundle now.
pub fn note_inserted(config: &Path, bundle: &str, manifests: &[Manifest], access: Access) -> Result<(), Error> {
    let Some((notes, name)) = notes_beside(config) else { return Ok(()) };
    let before = disk::read_text_if_any(&notes)?.unwrap_or_default();
    let inside = format!("{name}/");
    let own = |it: &Note| it.bundle == bundle && it.target == INLINE && it.path.starts_with(&inside);
    let mut lines: Vec<Note> = before.lines().filter_map(Note::read).filter(|it| !own(it)).collect();
    lines.extend(manifests.iter().map(|it| Note {
        bundle: bundle.into(),
        target: INLINE.into(),
        digest: Digest::of(it.contents.as_bytes()).hex(),
        path: format!("{inside}{}", it.name),
    }));
    save(&notes, lines, &before, access)
}

/// The notes beside a file, and the file's name; `None` for what is no plain file, and for names that no note holds.
fn notes_beside(file: &Path) -> Option<(PathBuf, String)> {
    let Ok(Landing::File(file)) = landing(file) else { return None };
    let name = file.file_name()?.to_str().filter(|it| RelPath::exact(it).is_ok())?.to_owned();
    Some((unfinished::folder_of(&file).join(NOTES), name))
}

/// Writes notes where they are others than before.
fn save(notes: &Path, mut lines: Vec<Note>, before: &str, access: Access) -> Result<(), Error> {
    lines.sort();
    let line = |it: &Note| format!("{} {} {} {}\n", it.bundle, it.target, it.digest, it.path);
    let text: String = lines.iter().map(line).collect();
    if text == before { Ok(()) } else { disk::replace(notes, text.as_bytes(), access) }
}

impl Note {
    /// `None` for what is no line of ours, and for a path that leaves the folder.
    fn read(line: &str) -> Option<Note> {
        let mut words = line.splitn(4, ' ').map(str::to_owned);
        let note = Note { bundle: words.next()?, target: words.next()?, digest: words.next()?, path: words.next()? };
        RelPath::exact(&note.path).is_ok().then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(folder: &Path, owner: (&str, &str), files: &[(&str, &str)]) -> Leftovers {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        let files = Files::new(files).expect("paths");
        let mut found = write(folder, owner, &files, Access::Owner).expect("written");
        for path in found.removed.iter_mut().chain(&mut found.kept) {
            *path = path.strip_prefix(folder).expect("inside").to_path_buf();
        }
        found
    }

    fn leftovers(removed: &[&str], kept: &[&str]) -> Leftovers {
        let paths = |it: &[&str]| it.iter().map(PathBuf::from).collect();
        Leftovers { removed: paths(removed), kept: paths(kept) }
    }

    #[test]
    fn what_an_earlier_run_wrote_goes_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        fs::write(folder.join("theirs.yaml"), "x").expect("written");
        let own = ("matrix", "files");
        assert_eq!(run(folder, own, &[("a", "1"), ("m/b", "2"), ("m/c", "3")]), leftovers(&[], &[]));
        assert_eq!(run(folder, ("matrix", "omni"), &[("m/c", "3"), ("o", "5")]), leftovers(&[], &[]));
        assert_eq!(run(folder, ("other", "files"), &[("p", "6")]), leftovers(&[], &[]));
        fs::write(folder.join("m/b"), "changed").expect("written");
        assert_eq!(run(folder, own, &[("d", "4")]), leftovers(&["a"], &["m/b"]));
        for kept in ["theirs.yaml", "m/b", "m/c", "o", "p", "d"] {
            assert!(folder.join(kept).is_file(), "{kept}");
        }
        assert_eq!(run(folder, own, &[("d", "4")]), leftovers(&[], &[]), "it is said once");
        assert_eq!(run(folder, ("matrix", "omni"), &[("o", "5")]), leftovers(&["m/c"], &[]));
        fs::remove_file(folder.join("m/b")).expect("removed");
        assert_eq!(run(folder, own, &[("n/e", "7")]), leftovers(&["d"], &[]));
        assert_eq!(run(folder, own, &[]), leftovers(&["n/e"], &[]));
        assert!(!folder.join("n").exists(), "an empty folder goes too");
    }

    #[test]
    fn notes_of_others_harm_nothing() {
        let outer = tempfile::tempdir().expect("a folder");
        let folder = outer.path().join("in");
        fs::create_dir(&folder).expect("made");
        fs::write(outer.path().join("precious"), "1").expect("written");
        let digest = Digest::of(b"1").hex();
        for path in ["../precious", "/etc/hostname", "./x", "in/../../precious", ""] {
            fs::write(folder.join(NOTES), format!("b t {digest} {path}\nno line of ours\n")).expect("written");
            assert_eq!(run(&folder, ("b", "t"), &[]), leftovers(&[], &[]), "{path}");
        }
        assert!(outer.path().join("precious").is_file());
    }
}
