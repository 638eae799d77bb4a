//! A fleet: the specs of a tree, each known by the name of its bundle.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::base::digest::Digest;
use crate::edge::disk;
use crate::edge::specs::{self, Found};

/// One of its specs.
pub type Member = Found;

/// Why a folder is no fleet.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error(transparent)]
    Disk(#[from] disk::Error),
    #[error("`{}` holds no spec", .0.display())]
    NoSpec(PathBuf),
    #[error("{} specs are called `{name}`", specs.len())]
    SameName { name: String, specs: Vec<PathBuf> },
}

impl FleetError {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        match self {
            FleetError::Disk(fault) => Diagnostic::new(fault.code(), self.to_string()),
            FleetError::NoSpec(_) => Diagnostic::new(Code::E007, self.to_string())
                .help("a spec is a file `ichor.yaml`, or another YAML file with `bundle:` and `parts:`"),
            FleetError::SameName { specs, .. } => {
                let specs: Vec<String> = specs.iter().map(|it| format!("`{}`", it.display())).collect();
                let help = format!("give each a name of its own in `bundle:`: {}", specs.join(", "));
                Diagnostic::new(Code::E008, self.to_string()).help(help)
            }
        }
    }
}

/// The specs in a folder and those below it, by path; each has a name of its own.
pub fn members(folder: &Path) -> Result<Vec<Member>, FleetError> {
    let found = specs::find(folder)?;
    if found.is_empty() {
        return Err(FleetError::NoSpec(folder.into()));
    }
    let mut named: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for it in &found {
        named.entry(&it.bundle).or_default().push(it.path.clone());
    }
    let twice = named.into_iter().find(|(_, specs)| specs.len() > 1);
    match twice.map(|(name, specs)| FleetError::SameName { name: name.into(), specs }) {
        Some(fault) => Err(fault),
        None => Ok(found),
    }
}

/// One of so many shares of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 on.
    number: u64,
    of: u64,
}

/// A text is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not like `2/4`: the number of a share, from 1 on, and how many there are")]
pub struct BadShard;

impl FromStr for Shard {
    type Err = BadShard;

    fn from_str(text: &str) -> Result<Self, BadShard> {
        let (number, of) = text.split_once('/').ok_or(BadShard)?;
        let [number, of] = [number, of].map(str::parse);
        let (number, of) = (number.map_err(|_| BadShard)?, of.map_err(|_| BadShard)?);
        if (1..=of).contains(&number) { Ok(Shard { number, of }) } else { Err(BadShard) }
    }
}

impl Shard {
    /// Whether a spec of this name is in the share. It is in exactly one, whatever other specs there are.
    pub fn has(&self, name: &str) -> bool {
        let hash = Digest::of(name.as_bytes()).hex();
        let hash = hash.get(..15).and_then(|it| u64::from_str_radix(it, 16).ok()).unwrap_or_default();
        hash % self.of == self.number - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_one_share() {
        let shards: Vec<Shard> = (1..=4).map(|it| format!("{it}/4").parse().expect("a share")).collect();
        let mut counts = [0; 4];
        for name in (0..1000).map(|it| format!("cluster-{it}")) {
            let holders: Vec<usize> = (0..4).filter(|it| shards[*it].has(&name)).collect();
            assert_eq!(holders.len(), 1);
            counts[holders[0]] += 1;
        }
        assert!(counts.iter().all(|it| (200..300).contains(it)), "{counts:?}");
        for wrong in ["", "1", "0/4", "5/4", "1/0", "a/b", "-1/2", "1/2/3"] {
            assert_eq!(wrong.parse::<Shard>(), Err(BadShard), "{wrong}");
        }
        assert!("1/1".parse::<Shard>().expect("a share").has("all"));
    }
}
