//! What API servers know: the kinds of Kubernetes, their fields, and the types of those.
//!
//! `schema.txt` is written by `tests/generate_kubernetes.py`; its head says what its signs mean.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The minors of Kubernetes 1 that the objects may go to: the spec's, else all of its Talos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    pub oldest: u32,
    pub newest: u32,
}

/// Whether servers know a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// They do, or it is not Kubernetes' own.
    Yes,
    /// From this minor on.
    Later(u32),
    /// No more since this minor.
    Gone(u32),
}

/// The minors in which something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The first with it; 0 where it was there before all.
    pub since: u32,
    /// The first without it.
    pub gone: Option<u32>,
}

/// A field of a type.
#[derive(Clone, Copy, Debug)]
pub struct Field<'t> {
    pub name: &'t str,
    pub must: bool,
    pub life: Lifetime,
    pub shape: Shape<'t>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape<'t>(&'t str);

/// A shape taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What<'t> {
    Text,
    /// One of these words.
    Words(&'t str),
    Base64,
    Flag,
    Whole,
    Number,
    Quantity,
    NumberOrText,
    /// Anything at all.
    Free,
    Map(Shape<'t>),
    /// With the keys that tell its items apart; one without a name is the item itself.
    List(Shape<'t>, Option<&'t str>),
    /// A type by its name.
    Fields(&'t str),
}

/// The first minor of the table and the last.
pub const KNOWN: (u32, u32) = (28, 37);

struct Table {
    kinds: BTreeMap<(&'static str, &'static str), (Lifetime, &'static str)>,
    types: BTreeMap<&'static str, &'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("schema.txt")));

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
}

/// The shape of a whole object; nothing where its kind is not one of Kubernetes' own.
pub fn object(api_version: &str, kind: &str) -> Option<Shape<'static>> {
    TABLE.kinds.get(&(api_version, kind)).map(|(_, name)| Shape(name))
}

/// The fields of a type; `None` where it is not known or not looked into.
pub fn fields(name: &str) -> Option<impl Iterator<Item = Field<'static>>> {
    let fields = *TABLE.types.get(name)?;
    (fields != "any").then(|| fields.split(' ').filter_map(field))
}

/// What every object has beside what its kind has.
pub const METADATA: Shape<'static> = Shape("meta.v1.ObjectMeta");

impl<'t> Shape<'t> {
    pub fn what(self) -> What<'t> {
        match self.0 {
            "s" | "t" => What::Text,
            "y" => What::Base64,
            "b" => What::Flag,
            "i" | "l" => What::Whole,
            "n" => What::Number,
            "q" => What::Quantity,
            "x" => What::NumberOrText,
            "*" => What::Free,
            text => match (text.strip_prefix('{'), text.strip_prefix('[')) {
                (Some(inner), _) => What::Map(Shape(inner)),
                (_, Some(inner)) => {
                    let (inner, keys) = inner.split_once('#').map_or((inner, None), |(inner, it)| (inner, Some(it)));
                    What::List(Shape(inner), keys)
                }
                _ if text.contains('|') => What::Words(text),
                _ => What::Fields(text),
            },
        }
    }
}

/// Whether the servers of a release know a kind in this version of its API.
pub fn served(api_version: &str, kind: &str, release: Release) -> Served {
    match TABLE.kinds.get(&(api_version, kind)) {
        Some((life, _)) if life.is_later_than(release) => Served::Later(life.since),
        Some((Lifetime { gone: Some(gone), .. }, _)) if *gone <= release.oldest => Served::Gone(*gone),
        _ => Served::Yes,
    }
}

fn field(word: &'static str) -> Option<Field<'static>> {
    let (name, what) = word.split_once('=')?;
    Some(Field { shape: Shape(what), ..named(name) })
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
    Field { name, must: marks.starts_with('!'), life, shape: Shape("*") }
}

impl Lifetime {
    /// Whether none of the servers knows it yet.
    pub fn is_later_than(self, release: Release) -> bool {
        self.since > release.newest
    }

    /// Whether none of them knows it any more.
    pub fn is_over_at(self, release: Release) -> bool {
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
                let mut shape = field.shape;
                while let What::Map(inner) | What::List(inner, _) = shape.what() {
                    shape = inner;
                }
                if let What::Fields(inner) = shape.what() {
                    assert!(TABLE.types.contains_key(inner), "{word}");
                }
            }
        }
    }

    #[test]
    fn marks_are_read() {
        let it = field("x-work!+35~36=[s").expect("a field");
        assert_eq!(
            (it.name, it.must, it.life.since, it.life.gone, it.shape.what()),
            ("x-work", true, 35, Some(36), What::List(Shape("s"), None))
        );
        let it = field("name=a|b").expect("a field");
        assert_eq!(
            (it.name, it.must, it.life.since, it.life.gone, it.shape.what()),
            ("name", false, 0, None, What::Words("a|b"))
        );
    }
}
