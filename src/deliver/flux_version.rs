//! Which Helm a Flux renders with.

use std::fmt;
use std::str::FromStr;

use helm_engine::helm::HelmVersion;

/// A minor version of Flux, such as 2.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FluxVersion {
    minor: u32,
}

/// A text that names no Flux whose Helm is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the Helm of Flux `{text}` is not known here; known are those of {}", known())]
pub struct UnknownFlux {
    text: String,
}

/// Minor versions of Flux 2, and the Helm of the newest of each, as their release notes name it.
const RENDERS_WITH: &[(u32, HelmVersion)] =
    &[(7, HelmVersion::new(3, 19, 0)), (8, HelmVersion::new(4, 1, 1)), (9, HelmVersion::new(4, 2, 4))];

impl FluxVersion {
    /// The newest that is known.
    pub const NEWEST: FluxVersion = FluxVersion { minor: 9 };

    /// The Helm that it renders with.
    pub fn helm(self) -> HelmVersion {
        RENDERS_WITH.iter().find(|(minor, _)| *minor == self.minor).map_or(HelmVersion::NEWEST, |(_, helm)| *helm)
    }
}

impl FromStr for FluxVersion {
    type Err = UnknownFlux;

    /// `2.9`, or a version such as `v2.9.5`.
    fn from_str(text: &str) -> Result<Self, UnknownFlux> {
        let number = |it: &str| it.parse::<u32>().ok().filter(|number| number.to_string() == it);
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.').map(number);
        let found = match (parts.next().flatten(), parts.next().flatten(), parts.next(), parts.next()) {
            (Some(2), Some(minor), None | Some(Some(_)), None) => Some(minor),
            _ => None,
        };
        let known = found.filter(|it| RENDERS_WITH.iter().any(|(minor, _)| minor == it));
        known.map(|minor| FluxVersion { minor }).ok_or_else(|| UnknownFlux { text: text.into() })
    }
}

impl fmt::Display for FluxVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "2.{}", self.minor)
    }
}

fn known() -> String {
    let all: Vec<String> = RENDERS_WITH.iter().map(|(minor, _)| format!("2.{minor}")).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flux_is_known_by_its_minor_version() {
        let helm = |text: &str| text.parse::<FluxVersion>().map(|it| it.helm().to_string());
        assert_eq!(helm("2.7"), Ok("3.19.0".into()));
        assert_eq!(helm("v2.9.5"), Ok("4.2.4".into()));
        for text in ["2", "2.6", "1.9", "2.9.5.1", "2.x", "2.9.x", "", "2.09"] {
            assert_eq!(helm(text), Err(UnknownFlux { text: text.into() }));
        }
        assert_eq!(FluxVersion::NEWEST.minor, RENDERS_WITH.last().expect("one").0);
    }
}
