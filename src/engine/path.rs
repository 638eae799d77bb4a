//! Relative paths that cannot leave their root.

use std::fmt;

/// A clean relative path with `/` between its parts: never empty, never absolute, no `.`, no `..`, no NUL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

/// Why a path is not a [`RelPath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is empty, or leads to its own root: `.`, `./`.
    #[error("the path is empty")]
    Empty,
    /// It begins with `/`, `\` or a drive of Windows. The path.
    #[error("`{}` is an absolute path", shown(.0))]
    Absolute(String),
    /// One of its parts is `..`, even where that does not lead out. The path.
    #[error("`{}` leaves its folder", shown(.0))]
    Escapes(String),
    /// It holds a NUL byte, which no file system takes. The path.
    #[error("`{}` holds a NUL byte", shown(.0))]
    Nul(String),
    /// It was to be clean as it stands, and is not: it has `.`, `//`, a back slash or a `/` at its end.
    #[error("`{}` is another spelling of `{}`", shown(path), shown(.clean.as_str()))]
    Unclean {
        /// The path as given.
        path: String,
        /// The same place, written clean.
        clean: RelPath,
    },
}

/// A path or name of somebody else's, for a message: on one line, without what a terminal obeys, and no longer than one
/// takes in.
pub fn shown(text: &str) -> String {
    const MOST: usize = 160;
    let plain =
        |it: char| if it == '"' || it == '\'' || it == '\\' { it.to_string() } else { it.escape_debug().to_string() };
    let mut shown: String = text.chars().take(MOST).map(plain).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push_str("...");
    }
    shown
}

impl RelPath {
    /// Cleans `./a//b` to `a/b`. Back slashes are taken as separators, as archives from Windows hold them.
    pub fn new(path: &str) -> Result<Self, PathError> {
        let unified = path.replace('\\', "/");
        if unified.contains('\0') {
            return Err(PathError::Nul(path.into()));
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

    /// Takes a path that is clean as it stands.
    pub fn exact(path: &str) -> Result<Self, PathError> {
        let clean = RelPath::new(path)?;
        if clean.0 == path { Ok(clean) } else { Err(PathError::Unclean { path: path.into(), clean }) }
    }

    /// The path with `/` between its parts.
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
        assert_eq!(RelPath::exact("a/b").map(|it| it.0), Ok("a/b".into()));
        for path in ["./a", "a//b", "a\\b", "a/", "a/."] {
            assert!(matches!(RelPath::exact(path), Err(PathError::Unclean { .. })), "{path}");
        }
        assert_eq!(RelPath::exact("../a"), Err(PathError::Escapes("../a".into())));
    }

    #[test]
    fn shows_what_a_terminal_does_not_obey() {
        assert_eq!(shown("a\n\u{1b}[2J\u{202e}\\'é"), "a\\n\\u{1b}[2J\\u{202e}\\'é");
        assert_eq!(shown(&"a".repeat(1000)).len(), 163);
    }
}
