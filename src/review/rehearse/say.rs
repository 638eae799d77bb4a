//! Notes refusals below one path.

use super::fate::{Refusal, Remedy, Rule};

/// Where refusals go, and the path that theirs begin with.
pub(super) struct Say<'a, 'f> {
    pub(super) path: &'a str,
    pub(super) found: &'f mut Vec<Refusal>,
}

impl Say<'_, '_> {
    /// A value that is not allowed.
    pub(super) fn invalid(&mut self, field: &str, why: String) {
        let path = match (self.path.is_empty(), field.is_empty()) {
            (true, _) => field.to_owned(),
            (_, true) => self.path.to_owned(),
            _ => format!("{}.{field}", self.path),
        };
        self.found.push(Refusal { rule: Rule::Invalid, path, why, remedy: Remedy::Rewrite });
    }
}
