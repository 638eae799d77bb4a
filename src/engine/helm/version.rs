//! Semantic versions and constraints, as charts name them.

use crate::sprig::semver::{Constraint, Version};

/// Whether Helm takes this as a chart's version.
pub(super) fn is_version(text: &str) -> bool {
    Version::parse(text).is_ok()
}

/// Whether a version satisfies a constraint. What does not parse is not compatible.
///
/// Mirrors Helm's `IsCompatibleRange`.
pub(super) fn is_compatible(constraint: &str, version: &str) -> bool {
    match (Version::parse(version), Constraint::parse(constraint)) {
        (Ok(version), Ok(constraint)) => constraint.matches(&version),
        _ => false,
    }
}
