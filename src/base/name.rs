//! Names, and what they may be made of. Each is checked where it is read, so that a name is always safe in a path.

use helm_engine::path::shown;

/// The longest label: Helm takes no longer name for a release.
const LONGEST_LABEL: usize = 53;
/// The longest name of a pin or subchart; a file may be called by it.
const LONGEST_WORD: usize = 200;

/// A text that is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot be `{}`", shown(name))]
pub struct BadName {
    /// What the text was meant to name.
    pub what: &'static str,
    /// What it is instead; may be too long and hold anything.
    pub name: String,
}

/// A DNS-1123 label, as bundles, parts and namespaces are called: lower-case letters, digits and inner hyphens.
pub fn label(what: &'static str, name: &str) -> Result<(), BadName> {
    accept(is_label(name), what, name)
}

/// A manifest: the number it sorts by, a hyphen, and the label of its part.
pub fn manifest(name: &str) -> Result<(), BadName> {
    let parts = name.split_once('-');
    let is_number = |it: &str| (1..=9).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
    accept(parts.is_some_and(|(number, part)| is_number(number) && is_label(part)), "the name of a manifest", name)
}

/// A word: letters, digits, `.`, `_` and `-`. Pins and subcharts are called so.
pub fn word(what: &'static str, name: &str) -> Result<(), BadName> {
    let allowed = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    let length = (1..=LONGEST_WORD).contains(&name.len());
    accept(length && name != "." && name != ".." && name.bytes().all(allowed), what, name)
}

/// A secret: a part, a slash and a pin, `cilium/cilium-ca.key`.
pub fn secret(name: &str) -> Result<(), BadName> {
    let what = "the name of a secret";
    let (part, pin) = name.split_once('/').ok_or_else(|| BadName { what, name: name.into() })?;
    accept(is_label(part) && word(what, pin).is_ok(), what, name)
}

/// A text that is shown and is no name, such as where a part comes from: one line, and nothing a terminal obeys.
pub fn line(what: &'static str, text: &str) -> Result<(), BadName> {
    let is_obeyed = |it: char| {
        it.is_control() || ('\u{2028}'..='\u{202e}').contains(&it) || ('\u{2066}'..='\u{2069}').contains(&it)
    };
    accept(!text.contains(is_obeyed), what, text)
}

fn is_label(name: &str) -> bool {
    let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    let edges = !name.starts_with('-') && !name.ends_with('-');
    (1..=LONGEST_LABEL).contains(&name.len()) && edges && name.bytes().all(inner)
}

fn accept(good: bool, what: &'static str, name: &str) -> Result<(), BadName> {
    if good { Ok(()) } else { Err(BadName { what, name: name.into() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_and_nothing_else() {
        let longest = "a".repeat(53);
        for name in ["a", "a-b", "0", "kube-system", &longest] {
            assert_eq!(label("it", name), Ok(()));
            assert_eq!(manifest(&format!("00-{name}")), Ok(()));
        }
        let longer = "a".repeat(54);
        for name in ["", "-a", "a-", "A", "a.b", "a_b", "a/b", "..", "a\n", "é", &longer] {
            assert!(label("it", name).is_err(), "{name}");
            assert!(manifest(&format!("00-{name}")).is_err() && manifest(name).is_err(), "{name}");
        }
        assert_eq!(manifest("0-namespaces"), Ok(()));
        for name in ["-a", "a-b", "00", "0123456789-a", "٠-a", "+1-a"] {
            assert!(manifest(name).is_err(), "{name}");
        }
        for name in ["a", "randAlphaNum", "values.db.pass_word", "a..b", ".a", "a."] {
            assert_eq!(word("it", name), Ok(()));
            assert_eq!(secret(&format!("part/{name}")), Ok(()));
        }
        for name in ["", ".", "..", "a/b", "../a", "a b", "a\\b", "a\0", "é"] {
            assert!(word("it", name).is_err() && secret(&format!("part/{name}")).is_err(), "{name}");
        }
        assert!(secret("part").is_err() && secret("../x").is_err());
        assert!(line("it", "https://é").is_ok() && line("it", "a\u{1b}b").is_err());
    }
}
