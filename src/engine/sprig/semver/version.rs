//! One version.

use std::cmp::Ordering;
use std::fmt;

use crate::strconv::{self, NumberError};

/// The longest version that is read, in bytes.
pub(super) const MAX_LENGTH: usize = crate::limits::VERSION.size();

/// A semantic version with the text it was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number; 0 where it was left out.
    pub minor: u64,
    /// The third number; 0 where it was left out.
    pub patch: u64,
    /// What follows the hyphen: `rc.1`.
    pub pre: String,
    /// What follows the plus, which no comparison looks at.
    pub metadata: String,
    /// As it was written, with its `v`.
    pub original: String,
}

/// The text is no version. Prints as Masterminds' errors do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// It is longer than Masterminds reads.
    #[error("version string is too long (max {MAX_LENGTH} bytes)")]
    TooLong,
    /// It has not one to three numbers with dots between them, or its prerelease or metadata holds other characters
    /// than letters, digits and hyphens.
    #[error("invalid semantic version")]
    Invalid,
    /// One of its numbers does not fit into 64 bits.
    #[error("error parsing version segment: {0}")]
    Number(NumberError),
    /// A number in the prerelease has a zero at its head: `1.0.0-01`.
    #[error("version segment starts with 0")]
    StartsWithZero,
    /// A part of the prerelease is empty or holds another character, where a template sets it.
    #[error("invalid prerelease string")]
    Prerelease,
    /// A part of the metadata is empty or holds another character, where a template sets it.
    #[error("invalid metadata string")]
    Metadata,
}

impl Version {
    /// Reads a version as `semver.NewVersion` does: with or without a `v`, of one to three numbers, leading zeros allowed.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        if text.len() > MAX_LENGTH {
            return Err(VersionError::TooLong);
        }
        let plain = text.strip_prefix('v').unwrap_or(text);
        let (plain, metadata) = split_extra(plain, '+');
        let (numbers, pre) = split_extra(plain, '-');
        let extra_is_valid = |it: Option<&str>| it.is_none_or(|it| it.split('.').all(is_identifier));
        if !extra_is_valid(metadata) || !extra_is_valid(pre) {
            return Err(VersionError::Invalid);
        }
        let segments = numbers.split('.').collect::<Vec<_>>();
        if segments.len() > 3 || !segments.iter().all(|it| is_number(it)) {
            return Err(VersionError::Invalid);
        }
        let segment = |at: usize| match segments.get(at) {
            Some(digits) => strconv::parse_uint(digits, 10, 64).map_err(VersionError::Number),
            None => Ok(0),
        };
        let (major, minor, patch) = (segment(0)?, segment(1)?, segment(2)?);
        let pre = pre.unwrap_or_default();
        check_prerelease(pre)?;
        Ok(Version {
            major,
            minor,
            patch,
            pre: pre.to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: text.to_owned(),
        })
    }

    /// Compares by precedence, as the specification has it: metadata does not count.
    pub fn compare(&self, other: &Version) -> Ordering {
        let numbers = |it: &Version| (it.major, it.minor, it.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_prereleases(&self.pre, &other.pre),
        })
    }

    /// The next patch version; of a prerelease its release.
    pub(super) fn next_patch(&self) -> Version {
        let patch = if self.pre.is_empty() { self.patch.wrapping_add(1) } else { self.patch };
        self.next(self.major, self.minor, patch)
    }

    pub(super) fn next_minor(&self) -> Version {
        self.next(self.major, self.minor.wrapping_add(1), 0)
    }

    pub(super) fn next_major(&self) -> Version {
        self.next(self.major.wrapping_add(1), 0, 0)
    }

    /// The version with another prerelease, none where it is empty.
    pub(super) fn with_prerelease(&self, pre: &str) -> Result<Version, VersionError> {
        if !pre.is_empty() {
            check_prerelease(pre)?;
        }
        Ok(Version { pre: pre.to_owned(), ..self.clone() }.rewritten(self))
    }

    /// The version with other metadata, none where they are empty.
    pub(super) fn with_metadata(&self, metadata: &str) -> Result<Version, VersionError> {
        if !metadata.is_empty() && !metadata.split('.').all(is_identifier) {
            return Err(VersionError::Metadata);
        }
        Ok(Version { metadata: metadata.to_owned(), ..self.clone() }.rewritten(self))
    }

    fn next(&self, major: u64, minor: u64, patch: u64) -> Version {
        Version { major, minor, patch, ..Version::default() }.rewritten(self)
    }

    /// Takes its own text for the original, with the `v` of `before`.
    fn rewritten(mut self, before: &Version) -> Version {
        let prefix = if before.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{prefix}{self}");
        self
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

/// Checks dot-separated identifiers, of which a number may not start with 0.
pub(super) fn check_prerelease(pre: &str) -> Result<(), VersionError> {
    for part in pre.split('.').filter(|_| !pre.is_empty()) {
        if is_number(part) {
            if part.len() > 1 && part.starts_with('0') {
                return Err(VersionError::StartsWithZero);
            }
        } else if !is_identifier(part) {
            return Err(VersionError::Prerelease);
        }
    }
    Ok(())
}

pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

fn split_extra(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Compares part by part; a prerelease that another one starts with comes first.
pub(super) fn compare_prereleases(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => compare_parts(a, b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers come before words. A number too great for 64 bits counts as a word.
fn compare_parts(left: &str, right: &str) -> Ordering {
    let number = |it: &str| if is_number(it) { it.parse::<u64>().ok() } else { None };
    match (number(left), number(right)) {
        _ if left == right => Ordering::Equal,
        (Some(a), Some(b)) if a > b => Ordering::Greater,
        (Some(_), Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.cmp(right),
    }
}
