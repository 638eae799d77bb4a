//! The versions a spec names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A version of Talos Linux, `1.12` or `1.12.3`; only major and minor matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TalosVersion {
    /// The first number.
    pub major: u32,
    /// The second number; a third one is not kept.
    pub minor: u32,
}

/// A version of Kubernetes, `1.34` or `1.34.1`, without the `v`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesVersion(String);

/// The text is no such version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version such as `{1}`")]
pub struct ParseVersionError(String, &'static str);

impl TalosVersion {
    /// Whether inline manifests are documents of their own (from 1.14) and no longer a list under `cluster`.
    pub(crate) fn has_manifest_documents(&self) -> bool {
        (self.major, self.minor) >= (1, 14)
    }
}

impl FromStr for TalosVersion {
    type Err = ParseVersionError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match numbers(text).as_deref() {
            Some([major, minor] | [major, minor, _]) => Ok(TalosVersion { major: *major, minor: *minor }),
            _ => Err(ParseVersionError(text.into(), "1.12")),
        }
    }
}

impl FromStr for KubernetesVersion {
    type Err = ParseVersionError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match numbers(text).as_deref() {
            Some([_, _] | [_, _, _]) => Ok(KubernetesVersion(text.trim_start_matches('v').into())),
            _ => Err(ParseVersionError(text.into(), "1.34.1")),
        }
    }
}

impl KubernetesVersion {
    /// The version as written, without the `v`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TalosVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for TalosVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TalosVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn numbers(text: &str) -> Option<Vec<u32>> {
    text.strip_prefix('v').unwrap_or(text).split('.').map(|it| it.parse().ok()).collect()
}
