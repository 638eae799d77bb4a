//! A folder's files in memory, in path order.

use std::collections::BTreeMap;

use crate::path::RelPath;

/// Files by path. Folders exist only by what they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTree {
    files: BTreeMap<RelPath, Vec<u8>>,
}

impl FileTree {
    /// A tree without files.
    pub fn new() -> Self {
        FileTree::default()
    }

    /// Puts a file; gives back what stood there.
    pub fn insert(&mut self, path: RelPath, bytes: Vec<u8>) -> Option<Vec<u8>> {
        self.files.insert(path, bytes)
    }

    /// The contents of the file at a path, however that is written; `None` where there is no file, or the path is no
    /// [`RelPath`].
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(&RelPath::new(path).ok()?).map(Vec::as_slice)
    }

    /// Each file with its contents, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path, bytes.as_slice()))
    }

    /// How many files there are; folders do not count.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl IntoIterator for FileTree {
    type Item = (RelPath, Vec<u8>);
    type IntoIter = std::collections::btree_map::IntoIter<RelPath, Vec<u8>>;
    fn into_iter(self) -> Self::IntoIter {
        self.files.into_iter()
    }
}

impl FromIterator<(RelPath, Vec<u8>)> for FileTree {
    fn from_iter<I: IntoIterator<Item = (RelPath, Vec<u8>)>>(files: I) -> Self {
        FileTree { files: files.into_iter().collect() }
    }
}
