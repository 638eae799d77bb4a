//! `.Release`: the release a chart is rendered for.

use crate::strconv;
use crate::value::{Map, Value};

/// Which release, where, and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// `.Release.Name`: DNS labels joined by dots, at most 53 bytes.
    pub name: String,
    /// `.Release.Namespace`, which nothing checks.
    pub namespace: String,
    /// `.Release.IsUpgrade`; `.Release.IsInstall` is the opposite.
    pub is_upgrade: bool,
}

/// A text that Helm takes for no release name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("release name {}: {}", strconv::quote(.name.as_bytes()), reason(.name))]
pub struct ReleaseNameError {
    /// The name that was given.
    pub name: String,
}

const MAX_LENGTH: usize = crate::limits::RELEASE_NAME.size();

impl Release {
    /// Mirrors `ValidateReleaseName`: DNS labels joined by dots, at most 53 bytes in all.
    pub(super) fn check_name(&self) -> Result<(), ReleaseNameError> {
        let edge = |it: &u8| it.is_ascii_lowercase() || it.is_ascii_digit();
        let label = |it: &str| {
            let bytes = it.as_bytes();
            bytes.first().is_some_and(edge)
                && bytes.last().is_some_and(edge)
                && bytes.iter().all(|it| edge(it) || *it == b'-')
        };
        if self.name.len() <= MAX_LENGTH && self.name.split('.').all(label) {
            Ok(())
        } else {
            Err(ReleaseNameError { name: self.name.clone() })
        }
    }

    /// What templates see as `.Release`.
    pub(super) fn to_map(&self) -> Map {
        Map::from_entries([
            ("Name".into(), Value::from(self.name.as_str())),
            ("Namespace".into(), Value::from(self.namespace.as_str())),
            ("IsUpgrade".into(), Value::Bool(self.is_upgrade)),
            ("IsInstall".into(), Value::Bool(!self.is_upgrade)),
            ("Revision".into(), Value::Int(1)),
            ("Service".into(), Value::from("Helm")),
        ])
    }
}

fn reason(name: &str) -> &'static str {
    if name.is_empty() {
        "no name provided"
    } else {
        r"invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_labels() {
        let valid = |name: &str| {
            let release = Release { name: name.into(), namespace: String::new(), is_upgrade: false };
            release.check_name().is_ok()
        };
        assert!(valid("a") && valid("a-b.c0") && valid(&"x".repeat(53)));
        assert!(
            !valid("") && !valid("A") && !valid("a_b") && !valid("-a") && !valid("a..b") && !valid(&"x".repeat(54))
        );
    }
}
