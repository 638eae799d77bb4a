//! `.helmignore`: which files of a chart's folder are no part of the chart.

use crate::helm::glob::{BadPattern, path_match};
use crate::tree::FileTree;

/// The name of the file with the rules.
pub const FILE_NAME: &str = ".helmignore";

/// The rules of one folder, Helm's own included.
#[derive(Clone, Debug)]
pub struct Rules {
    patterns: Vec<Pattern>,
}

/// A line that is no rule; prints in Helm's wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// A line holds `**`.
    #[error("double-star (**) syntax is not supported")]
    DoubleStar,
    /// A line is no pattern of Go's `filepath.Match`: a bracket is left open, for one.
    #[error(transparent)]
    Pattern(#[from] BadPattern),
}

#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    negate: bool,
    only_folders: bool,
    /// The pattern holds a slash, so that it is about whole paths and not only names.
    path: bool,
}

impl Rules {
    /// Reads the text of a `.helmignore`. Dot files in `templates/` are always left out.
    ///
    /// Mirrors `pkg/ignore.Parse` and `AddDefaults`.
    pub fn parse(text: &[u8]) -> Result<Rules, IgnoreError> {
        let mut patterns = Vec::new();
        for line in String::from_utf8_lossy(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)).split('\n') {
            patterns.extend(Pattern::parse(line)?);
        }
        patterns.extend(Pattern::parse("templates/.?*")?);
        Ok(Rules { patterns })
    }

    /// The rules of a folder that is already in memory.
    pub fn of(tree: &FileTree) -> Result<Rules, IgnoreError> {
        Rules::parse(tree.get(FILE_NAME).unwrap_or_default())
    }

    /// Whether a path relative to the chart's folder, with `/` between its parts, is left out. What lies in a folder that
    /// is left out is not asked about.
    pub fn ignores(&self, path: &str, is_folder: bool) -> bool {
        if matches!(path, "" | "." | "./") {
            return false;
        }
        for pattern in &self.patterns {
            if pattern.negate {
                // A negated rule leaves out whatever it does not match, and lets the rest go on to the next rule.
                if (pattern.only_folders && !is_folder) || !pattern.matches(path) {
                    return true;
                }
            } else if (is_folder || !pattern.only_folders) && pattern.matches(path) {
                return true;
            }
        }
        false
    }

    /// Whether a file is left out, by itself or with one of the folders it lies in.
    pub fn leaves_out(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.into_iter().any(|it| self.ignores(it, true)) || self.ignores(path, false)
    }
}

impl Pattern {
    fn parse(line: &str) -> Result<Option<Pattern>, IgnoreError> {
        let rule = line.trim();
        if rule.is_empty() || rule.starts_with('#') {
            return Ok(None);
        }
        if rule.contains("**") {
            return Err(IgnoreError::DoubleStar);
        }
        path_match(rule, "abc")?;
        let (negate, rule) = rule.strip_prefix('!').map_or((false, rule), |rest| (true, rest));
        let (only_folders, rule) = rule.strip_suffix('/').map_or((false, rule), |rest| (true, rest));
        let path = rule.contains('/');
        let text = rule.strip_prefix('/').unwrap_or(rule).to_owned();
        Ok(Some(Pattern { text, negate, only_folders, path }))
    }

    fn matches(&self, path: &str) -> bool {
        let subject = if self.path { path } else { path.rsplit('/').next().unwrap_or(path) };
        path_match(&self.text, subject).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(rules: &str, path: &str) -> bool {
        Rules::parse(rules.as_bytes()).map(|it| it.leaves_out(path)).unwrap_or_default()
    }

    #[test]
    fn names_paths_and_folders() {
        assert!(ignored("*.txt", "a/b/c.txt"));
        assert!(ignored("/a.txt", "a.txt") && !ignored("/a.txt", "b/a.txt"));
        assert!(ignored("a/*.txt", "a/b.txt") && !ignored("a/*.txt", "a/b/c.txt"));
        assert!(ignored("docs/", "docs/x") && !ignored("docs/", "a/docs.txt"));
        assert!(ignored("", "templates/.hidden") && !ignored("", ".hidden"));
    }

    #[test]
    fn a_negated_rule_leaves_out_all_it_does_not_match() {
        assert!(ignored("!*.yaml", "a.txt") && !ignored("!*.yaml", "a.yaml"));
    }

    #[test]
    fn refuses_what_helm_refuses() {
        let refusal = |text: &str| Rules::parse(text.as_bytes()).err().map(|it| it.to_string());
        assert_eq!(refusal("a/**"), Some("double-star (**) syntax is not supported".into()));
        assert_eq!(refusal("[a"), Some("syntax error in pattern".into()));
        assert_eq!(refusal("# **"), None);
    }
}
