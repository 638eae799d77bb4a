//! Versions and constraints, as Helm resolves them.

use helm_engine::sprig::semver::{Constraint, ConstraintError, Version};

/// Whether this names one version and no range: three numbers, with or without a `v`. `1.2` is a range.
pub(crate) fn is_exact(text: &str) -> bool {
    let numbers = text.split(['-', '+']).next().unwrap_or_default();
    Version::parse(text).is_ok() && numbers.split('.').count() == 3
}

/// Whether a version is what was asked for; pre-releases only where the constraint names one, or names itself.
pub fn satisfies(constraint: &str, version: &str) -> Result<bool, ConstraintError> {
    let parsed = Constraint::parse(constraint)?;
    Ok(is_same(constraint, version) || Version::parse(version).is_ok_and(|it| parsed.matches(&it)))
}

/// Whether two texts are one version: a leading `v` does not count.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.trim_start_matches('v') == other.trim_start_matches('v')
}

/// Where versions are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Among the tags of a registry, which may be anything: Helm looks at three numbers without a `v` alone. Where none of
    /// those will do, those with a `v` are looked at here.
    Tags,
    /// In the index of a repository, where `v1.2.3` and `1.2` are versions, too.
    Index,
}

/// The newest of `versions` that satisfies a constraint; without one, the newest release. What is no version counts
/// for nothing.
///
/// Mirrors `registry.Client.Tags` with `registry.GetTagMatchingVersionOrConstraint`, and `repo.IndexFile.Get`: an exact
/// match wins over all.
pub fn newest<'v>(
    listing: Listing,
    versions: &'v [String],
    constraint: Option<&str>,
) -> Result<Option<&'v str>, ConstraintError> {
    let all = || versions.iter().map(String::as_str);
    match listing {
        Listing::Index => newest_of(all(), constraint),
        Listing::Tags => match newest_of(all().filter(|it| is_exact(it) && !it.starts_with('v')), constraint)? {
            Some(found) => Ok(Some(found)),
            None => newest_of(all().filter(|it| is_exact(it)), constraint),
        },
    }
}

fn newest_of<'v>(
    versions: impl Iterator<Item = &'v str>,
    constraint: Option<&str>,
) -> Result<Option<&'v str>, ConstraintError> {
    let wanted = Constraint::parse(constraint.unwrap_or("*"))?;
    let mut best: Option<(Version, &str)> = None;
    for text in versions {
        if constraint == Some(text) {
            return Ok(Some(text));
        }
        let Ok(version) = Version::parse(text) else { continue };
        if !wanted.matches(&version) {
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
pub(crate) fn version_of_tag(tag: &str) -> String {
    tag.replace('_', "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(listing: Listing, versions: &[&str], constraint: &str) -> String {
        let versions: Vec<String> = versions.iter().map(|it| (*it).to_owned()).collect();
        let constraint = Some(constraint).filter(|it| !it.is_empty());
        newest(listing, &versions, constraint).expect("a constraint").unwrap_or("none").to_owned()
    }

    /// What the Helm 4.2 SDK pulls from a repository whose index lists these. Of versions that differ in their metadata
    /// alone it takes whichever its sorting leaves first.
    #[test]
    fn takes_from_an_index_what_helm_takes() {
        let listed =
            ["1.0.0", "1.1.0", "1.1.0-rc.1", "v2.1.0", "2.0.0", "2.2.0-beta", "1.3.0+b.1", "3", "1.4", "2.0.0-alpha"];
        let cases = "1.3.0 1.3.0+b.1, 1.3 1.3.0+b.1, 1 1.4, 1.4 1.4, 1.4.0 1.4, 3 3, 3.0.0 3, ^2 v2.1.0, ~2.1 v2.1.0, \
                     v2.1.0 v2.1.0, 2.1.0 v2.1.0, >=2.2.0-0 3, 2.x v2.1.0, * 3, >0.0.0-0 3, =1.1.0 1.1.0, \
                     1.1.0-rc.1 1.1.0-rc.1, ^1.1.0-0 1.4, <2 1.4, !=3 v2.1.0";
        for case in cases.split(", ") {
            let (constraint, expected) = case.split_once(' ').expect("two words");
            assert_eq!(choose(Listing::Index, &listed, constraint), expected, "{constraint}");
        }
        assert_eq!(choose(Listing::Index, &listed, ">1 <3"), "v2.1.0");
        assert_eq!(choose(Listing::Index, &listed, "1.0.0 - 1.2.0"), "1.1.0");
        assert_eq!(choose(Listing::Index, &listed, ""), "3");
        assert_eq!(choose(Listing::Index, &["1.0.0+a", "1.0.0+c", "1.0.0+b"], "^1"), "1.0.0+c");
        assert!(newest(Listing::Index, &[], Some("a b")).is_err());
    }

    /// What the Helm 4.2 SDK pulls from a registry with these tags, and what it does not find.
    #[test]
    fn takes_from_tags_what_helm_takes() {
        let two = ["v2.1.0", "2.0.0+build.5", "latest", "1"];
        for constraint in ["^2", ">=2.0.0", "*", ""] {
            assert_eq!(choose(Listing::Tags, &two, constraint), "2.0.0+build.5", "{constraint}");
        }
        let one = ["1.1.0", "1.0.0", "1.2.0-rc.1"];
        for (constraint, expected) in [("^1", "1.1.0"), (">1.1.0-0", "1.2.0-rc.1"), ("1.x", "1.1.0"), ("", "1.1.0")] {
            assert_eq!(choose(Listing::Tags, &one, constraint), expected, "{constraint}");
        }
        assert_eq!(choose(Listing::Tags, &two, "~2.1"), "v2.1.0", "Helm finds nothing here");
        assert_eq!(choose(Listing::Tags, &two, "~1.0"), "none");
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
