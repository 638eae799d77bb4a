//! Reads the table of kinds and types.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The minors of Kubernetes 1 that the objects may go to: the spec's, else all of its Talos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::review::rules) struct Release {
    pub oldest: u32,
    pub newest: u32,
}

/// Whether servers know a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::review::rules) enum Served {
    /// They do, or it is not Kubernetes' own.
    Yes,
    /// From this minor on.
    Later(u32),
    /// No more since this minor.
    Gone(u32),
}

/// The minors in which something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    /// The first with it; 0 where it was there before all.
    pub since: u32,
    /// The first without it.
    pub gone: Option<u32>,
}

/// A field of a type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'t> {
    pub name: &'t str,
    pub must: bool,
    pub life: Lifetime,
    pub what: &'t str,
}

pub(super) struct Table {
    kinds: BTreeMap<(&'static str, &'static str), (Lifetime, &'static str)>,
    types: BTreeMap<&'static str, &'static str>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("kubernetes.txt")));

impl Table {
    fn read(text: &'static str) -> Table {
        let mut table = Table { kinds: BTreeMap::new(), types: BTreeMap::new() };
        for line in text.lines() {
            let mut words = line.splitn(4, ' ');
            match (words.next(), words.next(), words.next(), words.next()) {
                (Some(word), Some(version), Some(kind), Some(name)) if word.starts_with("kind") => {
                    table.kinds.insert((version, kind), (named(word).life, name));
                }
                (Some("type"), Some(name), Some(_), _) => {
                    let fields = line.get("type ".len() + name.len() + 1..).unwrap_or_default();
                    table.types.insert(name, fields);
                }
                _ => {}
            }
        }
        table
    }

    /// When servers know a kind in a version, and the type it is of.
    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<(Lifetime, &'static str)> {
        self.kinds.get(&(api_version, kind)).copied()
    }

    /// The fields of a type; `None` where it is not known or not looked into.
    pub(super) fn fields(&self, name: &str) -> Option<impl Iterator<Item = Field<'static>>> {
        let fields = *self.types.get(name)?;
        (fields != "any").then(|| fields.split(' ').filter_map(field))
    }
}

/// Whether the servers of a release know a kind in this version of its API.
pub(in crate::review::rules) fn served(api_version: &str, kind: &str, release: Release) -> Served {
    match TABLE.kind(api_version, kind) {
        Some((life, _)) if life.is_later_than(release) => Served::Later(life.since),
        Some((Lifetime { gone: Some(gone), .. }, _)) if gone <= release.oldest => Served::Gone(gone),
        _ => Served::Yes,
    }
}

fn field(word: &'static str) -> Option<Field<'static>> {
    let (name, what) = word.split_once('=')?;
    Some(Field { what, ..named(name) })
}

/// A name with its marks.
fn named(word: &'static str) -> Field<'static> {
    let end = word.find(['!', '+', '~']).unwrap_or(word.len());
    let (name, marks) = word.split_at(end);
    let number = |sign: char| {
        let (_, after) = marks.split_once(sign)?;
        after.split(['+', '~']).next()?.parse().ok()
    };
    let life = Lifetime { since: number('+').unwrap_or(0), gone: number('~') };
    Field { name, must: marks.starts_with('!'), life, what: "*" }
}

impl Lifetime {
    /// Whether none of the servers knows it yet.
    pub(super) fn is_later_than(self, release: Release) -> bool {
        self.since > release.newest
    }

    /// Whether none of them knows it any more.
    pub(super) fn is_over_at(self, release: Release) -> bool {
        self.gone.is_some_and(|gone| gone <= release.oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_there() {
        for (_, name) in TABLE.kinds.values() {
            assert!(TABLE.types.contains_key(name), "{name}");
        }
        for fields in TABLE.types.values().filter(|it| **it != "any") {
            for word in fields.split(' ') {
                let field = field(word).unwrap_or_else(|| panic!("{word}"));
                let inner = field.what.trim_start_matches(['[', '{']).split('#').next().unwrap_or_default();
                let plain = inner.contains('|') || ["s", "b", "i", "l", "n", "q", "x", "y", "t", "*"].contains(&inner);
                assert!(plain || TABLE.types.contains_key(inner), "{word}");
            }
        }
    }

    #[test]
    fn marks_are_read() {
        let it = field("x-work!+35~36=[s").expect("a field");
        assert_eq!((it.name, it.must, it.life.since, it.life.gone, it.what), ("x-work", true, 35, Some(36), "[s"));
        let it = field("name=a|b").expect("a field");
        assert_eq!((it.name, it.must, it.life.since, it.life.gone, it.what), ("name", false, 0, None, "a|b"));
    }
}
