//! Versions and constraints, as Helm resolves them.

use crate::engine::sprig::semver::{Constraint, ConstraintError, Version};

/// Whether this names one version and no range: three numbers, with or without a `v`. `1.2` is a range.
pub fn is_exact(text: &str) -> bool {
    let numbers = text.split(['-', '+']).next().unwrap_or_default();
    Version::parse(text).is_ok() && numbers.split('.').count() == 3
}

/// Whether a version is what was asked for; pre-releases only where the constraint names one, or names itself.
pub fn satisfies(constraint: &str, version: &str) -> Result<bool, ConstraintError> {
    let parsed = Constraint::parse(constraint)?;
    Ok(is_same(constraint, version) || Version::parse(version).is_ok_and(|it| parsed.matches(&it)))
}

/// Whether two texts are one version: a leading `v` does not count.
pub fn is_same(one: &str, other: &str) -> bool {
    one.trim_start_matches('v') == other.trim_start_matches('v')
}

/// The newest of `versions` that satisfies a constraint; without one, the newest release. What is no version counts
/// for nothing.
///
/// Mirrors `registry.GetTagMatchingVersionOrConstraint` and `repo.IndexFile.Get`: an exact match wins over all.
pub fn newest<'v>(
    versions: impl IntoIterator<Item = &'v str>,
    constraint: Option<&str>,
) -> Result<Option<&'v str>, ConstraintError> {
    let wanted = Constraint::parse(constraint.unwrap_or("*"))?;
    let mut best: Option<(Version, &str)> = None;
    for text in versions {
        if constraint == Some(text) {
            return Ok(Some(text));
        }
        let Ok(version) = Version::parse(text) else { continue };
        if !is_exact(text) || !wanted.matches(&version) {
            continue;
        }
        // What differs in its metadata alone is ordered by its text, so that the choice does not hang on the order.
        let better = best.as_ref().is_none_or(|(it, old)| version.compare(it).then_with(|| text.cmp(old)).is_gt());
        if better {
            best = Some((version, text));
        }
    }
    Ok(best.map(|(_, text)| text))
}

/// A version as a registry's tag: tags take no `+`.
pub fn tag(version: &str) -> String {
    version.replace('+', "_")
}

/// The version a registry's tag stands for.
pub fn version_of_tag(tag: &str) -> String {
    tag.replace('_', "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: [&str; 7] = ["1.2.0", "v1.10.1", "1.9.9", "2.0.0-rc.1", "latest", "1.2.0+b", "1"];

    fn choose(constraint: Option<&str>) -> Option<&'static str> {
        newest(VERSIONS, constraint).expect("a constraint")
    }

    #[test]
    fn takes_the_newest_that_fits() {
        assert_eq!(choose(None), Some("v1.10.1"));
        assert_eq!(choose(Some("~1.9")), Some("1.9.9"));
        assert_eq!(choose(Some("1.2")), Some("1.2.0+b"));
        assert_eq!(choose(Some("1.2.0")), Some("1.2.0"));
        assert_eq!(choose(Some(">1.10.1")), None);
        assert_eq!(choose(Some(">1.10.1-0")), Some("2.0.0-rc.1"));
        assert!(newest(VERSIONS, Some("a b")).is_err());
    }

    #[test]
    fn tells_versions_from_ranges() {
        assert!(is_exact("1.2.3") && is_exact("v1.2.3-rc.1+x"));
        assert!(!is_exact("1.2") && !is_exact("^1.2.3") && !is_exact("1.2.x"));
        assert_eq!(satisfies("1.2.3-rc.1", "v1.2.3-rc.1"), Ok(true));
        assert_eq!(satisfies("^1.2", "1.3.0-rc.1"), Ok(false));
        assert_eq!(version_of_tag(&tag("1.2.3+a.b")), "1.2.3+a.b");
    }
}
