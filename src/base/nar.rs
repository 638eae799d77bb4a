//! Nix archives, as far as hashing a file tree needs them.
//!
//! Mirrors the NAR format of the Nix thesis, section 5.2.1, with plain files that are not executable.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::base::digest::Digest;
use helm_engine::tree::FileTree;

/// The SHA-256 of a tree's NAR.
pub fn digest(tree: &FileTree) -> Digest {
    let mut root = Folder::default();
    for (path, bytes) in tree.iter() {
        let mut folder = &mut root;
        let mut parts = path.as_str().split('/').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                folder.entries.insert(part, Entry::File(bytes));
                break;
            }
            let entry = folder.entries.entry(part).or_insert_with(|| Entry::Folder(Folder::default()));
            match entry {
                Entry::Folder(inner) => folder = inner,
                // A path below a file cannot be on a disk; the file gives way.
                Entry::File(_) => {
                    *entry = Entry::Folder(Folder::default());
                    let Entry::Folder(inner) = entry else { break };
                    folder = inner;
                }
            }
        }
    }
    let mut sink = Sink(Sha256::new());
    sink.string(b"nix-archive-1");
    sink.folder(&root);
    Digest::from_bytes(sink.0.finalize().into())
}

/// A digest in the SRI form that `nix hash path` prints: `sha256-` and base64.
pub(crate) fn sri(digest: &Digest) -> String {
    format!("sha256-{}", STANDARD.encode(digest.as_bytes()))
}

#[derive(Default)]
struct Folder<'a> {
    entries: BTreeMap<&'a str, Entry<'a>>,
}

enum Entry<'a> {
    File(&'a [u8]),
    Folder(Folder<'a>),
}

struct Sink(Sha256);

impl Sink {
    /// A length of eight bytes, little endian, the bytes, and zeros up to a multiple of eight.
    fn string(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self.0.update(&[0; 8][..(8 - bytes.len() % 8) % 8]);
    }

    fn strings(&mut self, all: &[&str]) {
        for it in all {
            self.string(it.as_bytes());
        }
    }

    fn folder(&mut self, folder: &Folder<'_>) {
        self.strings(&["(", "type", "directory"]);
        for (name, entry) in &folder.entries {
            self.strings(&["entry", "(", "name", name, "node"]);
            match entry {
                Entry::File(bytes) => {
                    self.strings(&["(", "type", "regular", "contents"]);
                    self.string(bytes);
                    self.string(b")");
                }
                Entry::Folder(inner) => self.folder(inner),
            }
            self.string(b")");
        }
        self.string(b")");
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;
    use helm_engine::path::RelPath;

    /// What `nix hash path` prints for these trees.
    #[test]
    fn digests_as_nix_does() {
        let mut tree = FileTree::new();
        for (path, bytes) in [("b/c.txt", &b"hello\n"[..]), ("a", b""), ("b/d", b"12345678"), ("b.txt", b"x")] {
            tree.insert(RelPath::new(path).expect("clean"), bytes.to_vec());
        }
        let folder = tempfile::tempdir().expect("a folder");
        for (path, bytes) in tree.iter() {
            let path = folder.path().join(path.as_str());
            std::fs::create_dir_all(path.parent().expect("below the root")).expect("made");
            std::fs::write(path, bytes).expect("written");
        }
        let mut nar = Vec::new();
        std::io::copy(&mut nix_nar::Encoder::new(folder.path()).expect("an encoder"), &mut nar).expect("encoded");
        assert_eq!(digest(&tree), Digest::of(&nar));
    }
}
