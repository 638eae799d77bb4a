//! What others made or broke: names that lead elsewhere, links that lead out, damaged stores, inputs without an end.

mod bundles;
mod delivered;
mod extremes;
mod forged;
mod inputs;
mod inventories;
mod kept;
mod killed;
mod limits;
mod links;
mod locks;
mod memory;
mod outputs;
mod recorded;
mod registries;
mod reread;
mod specs;
mod stored;
mod tokens;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Every path below a folder with what lies there, without following links. Of a store or cache, nothing is listed.
fn listing(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut folders = vec![folder.to_path_buf()];
    let mut found = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let about = path.symlink_metadata().expect("it is there");
            let name = path.display().to_string();
            if about.is_dir() {
                if !["store", "cache", ".git"].iter().any(|it| path.ends_with(it)) {
                    folders.push(path);
                    found.insert(name, Vec::new());
                }
            } else if about.is_symlink() {
                let target = fs::read_link(&path).expect("a link");
                found.insert(name, target.as_os_str().as_encoded_bytes().to_vec());
            } else if about.file_type().is_fifo() {
                found.insert(name, b"a pipe".to_vec());
            } else {
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

/// The bits of a file's mode that say who may do what.
fn mode(path: &Path) -> u32 {
    path.symlink_metadata().expect("it is there").mode() & 0o7777
}
