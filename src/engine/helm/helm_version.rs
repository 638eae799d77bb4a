//! Which Helm: the versions this engine renders as.

use std::fmt;
use std::str::FromStr;

use super::behaviour::{Behaviour, SERIES, Series};

/// A version of Helm that this engine knows, such as 4.3.1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HelmVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

/// What somebody asks for: a version, or the newest of a series such as 4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelmWish {
    major: u32,
    minor: u32,
    patch: Option<u32>,
}

/// A text that names no Helm this engine knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Helm `{text}` is not known here; known are {}", known())]
pub struct UnknownHelm {
    /// What was given instead.
    pub text: String,
}

impl HelmVersion {
    /// The newest that is known.
    pub const NEWEST: HelmVersion = HelmVersion::new(4, 3, 1);
    /// The one that locks were rendered as before they named one.
    pub const UNNAMED: HelmVersion = HelmVersion::new(4, 2, 3);

    /// A version that is known to be known; others read one from a text.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        HelmVersion { major, minor, patch }
    }

    /// How this version differs from others.
    pub fn behaviour(self) -> &'static Behaviour {
        let classes = series(self.major, self.minor).map_or(SERIES[SERIES.len() - 1].classes, |it| it.classes);
        let since = classes.iter().rev().find(|(since, _)| *since <= self.patch);
        since.map_or(&classes[0].1, |(_, behaviour)| behaviour)
    }
}

/// What somebody gets who does not say.
impl Default for HelmVersion {
    fn default() -> Self {
        HelmVersion::NEWEST
    }
}

impl HelmWish {
    /// The version that is meant where nothing else is settled yet.
    pub fn newest(self) -> HelmVersion {
        let patch = self.patch.or_else(|| series(self.major, self.minor).map(|it| it.newest));
        HelmVersion::new(self.major, self.minor, patch.unwrap_or_default())
    }

    /// Whether the version is the one asked for, or of the series asked for.
    pub fn allows(self, version: HelmVersion) -> bool {
        (self.major, self.minor) == (version.major, version.minor) && self.patch.is_none_or(|it| it == version.patch)
    }
}

impl FromStr for HelmWish {
    type Err = UnknownHelm;

    fn from_str(text: &str) -> Result<Self, UnknownHelm> {
        let unknown = || UnknownHelm { text: text.into() };
        let number = |it: &str| match it.bytes().all(|it| it.is_ascii_digit()) && (it == "0" || !it.starts_with('0')) {
            true => it.parse::<u32>().map_err(|_| unknown()),
            false => Err(unknown()),
        };
        let parts = text.strip_prefix('v').unwrap_or(text).split('.').map(number).collect::<Result<Vec<_>, _>>()?;
        let (major, minor, patch) = match *parts.as_slice() {
            [major, minor] => (major, minor, None),
            [major, minor, patch] => (major, minor, Some(patch)),
            _ => return Err(unknown()),
        };
        let series = series(major, minor).ok_or_else(unknown)?;
        match patch {
            Some(patch) if patch < series.oldest || patch > series.newest => Err(unknown()),
            _ => Ok(HelmWish { major, minor, patch }),
        }
    }
}

impl FromStr for HelmVersion {
    type Err = UnknownHelm;

    /// The version, or the newest of a series.
    fn from_str(text: &str) -> Result<Self, UnknownHelm> {
        text.parse::<HelmWish>().map(HelmWish::newest)
    }
}

impl fmt::Display for HelmVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl fmt::Debug for HelmVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for HelmWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |it| write!(f, ".{it}"))
    }
}

fn series(major: u32, minor: u32) -> Option<&'static Series> {
    SERIES.iter().find(|it| (it.major, it.minor) == (major, minor))
}

/// Every series with its patch versions: `3.17 (3.17.0 to 3.17.4)`.
/// Every series that is known, as text.
pub fn known() -> String {
    let texts: Vec<String> = SERIES.iter().map(Series::to_string).collect();
    texts.join(", ")
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Series { major, minor, oldest, newest, .. } = self;
        match oldest == newest {
            true => write!(f, "{major}.{minor}.{newest}"),
            false => write!(f, "{major}.{minor}.{oldest} to {major}.{minor}.{newest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_means_its_newest_version() {
        let newest = |text: &str| text.parse::<HelmVersion>().map(|it| it.to_string()).map_err(|it| it.text);
        assert_eq!(newest("3.19"), Ok("3.19.5".into()));
        assert_eq!(newest("v4.2.3"), Ok("4.2.3".into()));
        for unknown in ["2.17", "3.16.4", "4.9", "4.3.99", "4", "4.x", "", "4.03", "4.3.1.0", "newest", "3.18.0"] {
            assert_eq!(newest(unknown), Err(unknown.to_owned()));
        }
    }

    #[test]
    fn an_unknown_version_lists_the_known_ones() {
        let text = UnknownHelm { text: "9.9".into() }.to_string();
        assert!(text.contains("3.17.0 to 3.17.4") && text.contains("4.3.0 to 4.3.1"), "{text}");
    }

    #[test]
    fn the_newest_is_the_newest() {
        let last = SERIES.last().expect("a series");
        assert_eq!(HelmVersion::NEWEST, HelmVersion::new(last.major, last.minor, last.newest));
    }
}
