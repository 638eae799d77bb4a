//! A quick look at a document of which few entries are wanted.
//!
//! All of it is scanned and parsed, but nothing is made of what is not wanted. Where that could hide a fault, or an entry
//! could come from elsewhere, there is no outline, and the document has to be read as a whole.

use super::parse::{Event, EventKind, Parser};
use super::resolve::{Scalar, Version, resolve_plain};
use super::scan::{Stream, Style};
use crate::value::{List, Map, Str, Type, Value};

/// The wanted entries of a document that is a mapping, their numbers typed. `None` where the document has a fault, is no
/// mapping, has tags, aliases, merge keys or numbers that JSON cannot hold, or a key that is no text.
pub fn outline(text: &[u8], wanted: impl Fn(&[u8]) -> bool) -> Option<Map> {
    let stream = Stream::new(text);
    let mut outliner = Outliner { parser: Parser::new(&stream), open: Vec::new() };
    outliner.expect(EventKind::StreamStart)?;
    outliner.expect(EventKind::DocumentStart)?;
    outliner.expect(EventKind::MappingStart)?;
    let map = Map::any();
    loop {
        outliner.parser.keep_texts(true);
        let event = outliner.next()?;
        if event.kind == EventKind::MappingEnd {
            break;
        }
        let key = key(event)?;
        if wanted(&key) {
            map.insert(key, outliner.value()?);
        } else {
            outliner.parser.keep_texts(false);
            outliner.pass()?;
        }
    }
    outliner.expect(EventKind::DocumentEnd)?;
    Some(map)
}

struct Outliner<'t> {
    parser: Parser<'t>,
    /// The open collections below the root.
    open: Vec<Open>,
}

enum Open {
    Sequence(Vec<Value>),
    Mapping(Map, Option<Str>),
}

impl<'t> Outliner<'t> {
    fn next(&mut self) -> Option<Event<'t>> {
        let event = self.parser.next().ok()?;
        (event.tag.is_empty() && event.kind != EventKind::Alias).then_some(event)
    }

    fn expect(&mut self, kind: EventKind) -> Option<()> {
        (self.next()?.kind == kind).then_some(())
    }

    /// Reads a value.
    fn value(&mut self) -> Option<Value> {
        loop {
            let event = self.next()?;
            let done = match event.kind {
                EventKind::SequenceStart => {
                    self.open.push(Open::Sequence(Vec::new()));
                    continue;
                }
                EventKind::MappingStart => {
                    self.open.push(Open::Mapping(Map::any(), None));
                    continue;
                }
                EventKind::SequenceEnd | EventKind::MappingEnd => match self.open.pop()? {
                    Open::Sequence(items) => List::grown(Type::LIST, items).into(),
                    Open::Mapping(map, _) => Value::Map(map),
                },
                _ => match self.open.last_mut() {
                    Some(Open::Mapping(_, key @ None)) => {
                        *key = Some(self::key(event)?);
                        continue;
                    }
                    _ => scalar(event)?,
                },
            };
            match self.open.last_mut() {
                None => return Some(done),
                Some(Open::Sequence(items)) => items.push(done),
                Some(Open::Mapping(map, key)) => map.insert(key.take()?, done),
            }
        }
    }

    /// Passes over a value, of which only the keys are looked at, and texts such as `.inf`.
    fn pass(&mut self) -> Option<()> {
        // For each open mapping, whether a key comes next; sequences have none.
        let mut open: Vec<Option<bool>> = Vec::new();
        loop {
            let event = self.next()?;
            let is_end = matches!(event.kind, EventKind::SequenceEnd | EventKind::MappingEnd);
            if event.implicit && !event.lost && is_unlimited(&event.value) {
                return None;
            }
            if is_end {
                open.pop();
            } else if let Some(Some(key_is_next)) = open.last_mut() {
                *key_is_next = !*key_is_next;
                if !*key_is_next {
                    check_key(&event)?;
                }
            }
            match event.kind {
                EventKind::SequenceStart => open.push(None),
                EventKind::MappingStart => open.push(Some(true)),
                _ if open.is_empty() => return Some(()),
                _ => {}
            }
        }
    }
}

/// Whether a plain scalar is `.inf` or `.nan`.
fn is_unlimited(text: &[u8]) -> bool {
    text.len() <= 5
        && matches!(text, [.., b'f' | b'F' | b'n' | b'N'])
        && matches!(resolve_plain(text, Version::V2), Scalar::Float(it) if !it.is_finite())
}

/// The text of a key.
fn key(event: Event<'_>) -> Option<Str> {
    check_key(&event)?;
    (!event.lost).then(|| event.value.into())
}

fn check_key(event: &Event<'_>) -> Option<()> {
    let is_text = event.style != Style::Plain
        || !event.lost && *event.value != *b"<<" && resolve_plain(&event.value, Version::V2) == Scalar::Text;
    (event.kind == EventKind::Scalar && is_text).then_some(())
}

fn scalar(event: Event<'_>) -> Option<Value> {
    if event.kind != EventKind::Scalar || event.lost {
        return None;
    }
    let scalar = if event.implicit { resolve_plain(&event.value, Version::V2) } else { Scalar::Text };
    Some(match scalar {
        Scalar::Null => Value::Nil,
        Scalar::Bool(it) => Value::Bool(it),
        Scalar::Int(it) => Value::Int(it),
        Scalar::Uint(it) => Value::Uint64(it),
        Scalar::Float(it) => Value::Float(it),
        Scalar::Timestamp | Scalar::Text => Value::Str(event.value.into()),
        Scalar::Binary(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read_typed;

    fn of(text: &str) -> Option<Map> {
        outline(text.as_bytes(), |key| matches!(key, b"kind" | b"metadata"))
    }

    #[test]
    fn wanted_entries_are_those_of_the_whole() {
        let texts = [
            "kind: A\ndata:\n  a: \"x\\ty\"\n  b: |\n    l\n\n    m\nmetadata: {name: 1, list: [0x10, ~, 'a''b']}\n",
            "\"ki\\x6ed\": A\nmetadata:\n  name: >\n    folded\n    text\n  labels: {}\n",
            "# c\n---\nspec: \"a\n  b\"\nkind: &x one\nmetadata:\nkind: two\n...\nleft: [\n",
        ];
        for text in texts {
            let Value::Map(whole) = read_typed(text.as_bytes()).unwrap() else { panic!("{text:?} is no mapping") };
            whole.entries_mut().retain(|key, _| *key == "kind" || *key == "metadata");
            assert_eq!(format!("{:?}", of(text).unwrap().to_vec()), format!("{:?}", whole.to_vec()), "{text:?}");
        }
    }

    #[test]
    fn what_could_hide_a_fault_is_read_as_a_whole() {
        let texts = [
            "",
            "- a\n",
            "kind: A\nspec: [\n",
            "kind: A\nspec: {a: &x 1, b: *x}\n",
            "kind: A\nspec: {a: !!int x}\n",
            "kind: A\nspec: {1: a}\n",
            "kind: A\nspec: {? [a] : b}\n",
            "kind: A\nspec: {<<: {a: b}}\n",
            "kind: A\nspec: [-.Inf]\n",
            "kind: A\nspec: .nan\n",
            // The key is scanned together with the end of what is passed over.
            "spec:\n  a: b\n\"ki\\x6ed\": A\n",
        ];
        for text in texts {
            assert!(of(text).is_none(), "{text:?}");
        }
    }
}
