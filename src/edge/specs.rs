//! The specs of a tree.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk;

/// A spec that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    /// The name of its bundle, as far as one line tells.
    pub bundle: String,
}

impl Found {
    /// A name for a file that is of this spec.
    pub fn file_name(&self) -> String {
        self.bundle.replace('/', "-").trim_start_matches('.').to_owned()
    }
}

/// Folders that hold no specs of the user's.
const NOT_ENTERED: &[&str] = &["lockfiles", "node_modules", "results", "target", "vendor"];

/// Every spec in a folder and in those below it, sorted by path: what is called `ichor.yaml`, and every other YAML file
/// that names a bundle and its parts. Hidden folders, charts, links and what ichor itself writes are passed over.
pub fn find(folder: &Path) -> Result<Vec<Found>, disk::Error> {
    let mut found = Vec::new();
    enter(folder, &mut found)?;
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn enter(folder: &Path, found: &mut Vec<Found>) -> Result<(), disk::Error> {
    let failed = |source| disk::Error { action: "list", path: folder.into(), source };
    let entries = fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    if entries.iter().any(|it| it.file_name() == "Chart.yaml") {
        return Ok(());
    }
    for entry in entries {
        let (name, kind) = (entry.file_name(), entry.file_type().map_err(failed)?);
        let name = name.to_string_lossy();
        let path = if folder == Path::new(".") { PathBuf::from(&*name) } else { entry.path() };
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() && !NOT_ENTERED.contains(&&*name) {
            enter(&path, found)?;
        } else if kind.is_file() && (name.ends_with(".yaml") || name.ends_with(".yml")) {
            let is_named = name == "ichor.yaml";
            // Whoever reads it as a spec will say what is wrong with it.
            let text = match disk::read(&path) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(_) if is_named => String::new(),
                Err(fault) if fault.is_input() => continue,
                Err(fault) => return Err(fault),
            };
            let bundle = bundle(&text);
            if is_named || bundle.is_some() && value_of(&text, "parts").is_some() {
                let unnamed = || path.display().to_string();
                found.push(Found { bundle: bundle.filter(|it| !it.is_empty()).unwrap_or_else(unnamed), path });
            }
        }
    }
    Ok(())
}

/// The name of the bundle in a spec's text, as far as one line tells.
pub fn bundle(spec: &str) -> Option<String> {
    value_of(spec, "bundle")
}

/// What stands behind a key at the start of a line.
fn value_of(text: &str, key: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
    let value = value.split(" #").next().unwrap_or_default().trim();
    Some(value.trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_told_from_other_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write("b/ichor.yaml", "bundle: \"two\" # the second\nparts: []\n");
        write("a.yaml", "# x\nbundle: one\nparts:\n");
        write("broken/ichor.yaml", "nothing of it\n");
        write("values.yaml", "bundle: one\n");
        write("chart/Chart.yaml", "name: c\n");
        write("chart/ichor.yaml", "bundle: c\nparts: []\n");
        write("vendor/x.yaml", "bundle: v\nparts: []\n");
        write(".hidden/x.yaml", "bundle: h\nparts: []\n");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).expect("linked");
        let found = find(folder.path()).expect("found");
        let names: Vec<_> = found.iter().map(|it| it.bundle.clone()).collect();
        let broken = folder.path().join("broken/ichor.yaml").display().to_string();
        assert_eq!(names, ["one".to_owned(), "two".to_owned(), broken]);
        assert!(find(&folder.path().join("none")).is_err());
    }
}
