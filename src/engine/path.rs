//! Relative paths that cannot leave their root.

use std::fmt;

/// A clean relative path with `/` between its parts: never empty, never absolute, no `.`, no `..`, no NUL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

/// Why a path is not a [`RelPath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("the path is empty")]
    Empty,
    #[error("`{0}` is an absolute path")]
    Absolute(String),
    #[error("`{0}` leaves its folder")]
    Escapes(String),
    #[error("`{0}` holds a NUL byte")]
    Nul(String),
}

impl RelPath {
    /// Cleans `./a//b` to `a/b`. Back slashes are taken as separators, as archives from Windows hold them.
    pub fn new(path: &str) -> Result<Self, PathError> {
        let unified = path.replace('\\', "/");
        if unified.contains('\0') {
            return Err(PathError::Nul(path.replace('\0', "\\0")));
        }
        let drive = unified.as_bytes().get(1) == Some(&b':') && unified.as_bytes()[0].is_ascii_alphabetic();
        if unified.starts_with('/') || drive {
            return Err(PathError::Absolute(path.into()));
        }
        let parts: Vec<&str> = unified.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return Err(PathError::Escapes(path.into()));
        }
        if parts.is_empty() {
            return Err(PathError::Empty);
        }
        Ok(RelPath(parts.join("/")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The path below `folder`, where it is below it.
    pub fn strip_prefix(&self, folder: &str) -> Option<RelPath> {
        let rest = self.0.strip_prefix(folder)?.strip_prefix('/')?;
        RelPath::new(rest).ok()
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_and_refuses() {
        assert_eq!(RelPath::new("./a//b").map(|it| it.0), Ok("a/b".into()));
        assert_eq!(RelPath::new("a\\b").map(|it| it.0), Ok("a/b".into()));
        assert_eq!(RelPath::new("/a"), Err(PathError::Absolute("/a".into())));
        assert_eq!(RelPath::new("C:\\a"), Err(PathError::Absolute("C:\\a".into())));
        assert_eq!(RelPath::new("a/../../b"), Err(PathError::Escapes("a/../../b".into())));
        assert_eq!(RelPath::new("./"), Err(PathError::Empty));
    }
}
