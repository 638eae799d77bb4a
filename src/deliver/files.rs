//! The files of a delivery: the one way for a path to get into the folder that a user names.

use std::collections::BTreeSet;
use std::ops::Deref;

use helm_engine::path::{PathError, RelPath, shown};

/// Files by their paths below a folder, in order. No path leaves the folder, and none stands twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(Vec<(RelPath, String)>);

/// Files that cannot go into a folder together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    #[error("no file can be written by this name: {0}")]
    Path(#[from] PathError),
    #[error("two files would be called `{}`: the bundle or a part has the name of something else there", shown(.0.as_str()))]
    Twice(RelPath),
}

impl Files {
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Result<Files, FilesError> {
        let mut seen = BTreeSet::new();
        let mut placed = Vec::new();
        for (path, text) in files {
            let path = RelPath::exact(&path)?;
            if !seen.insert(path.clone()) {
                return Err(FilesError::Twice(path));
            }
            placed.push((path, text));
        }
        Ok(Files(placed))
    }

    /// The files as they were given.
    pub fn into_texts(self) -> Vec<(String, String)> {
        self.0.into_iter().map(|(path, text)| (path.to_string(), text)).collect()
    }
}

impl Deref for Files {
    type Target = [(RelPath, String)];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stay_in_their_folder() {
        let files = |paths: &[&str]| Files::new(paths.iter().map(|it| ((*it).to_owned(), String::new())));
        assert_eq!(files(&["b", "a/b"]).map(|it| it.len()), Ok(2));
        for path in ["../a", "/a", "a/../../b", "", ".", "./a", "a\\b", "a\0", "C:a"] {
            assert!(matches!(files(&[path]), Err(FilesError::Path(_))), "{path}");
        }
        assert!(matches!(files(&["a", "b", "a"]), Err(FilesError::Twice(_))));
    }
}
