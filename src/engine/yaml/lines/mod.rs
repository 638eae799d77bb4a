//! Documents in the plain form that most are in, read line by line.
//!
//! What this form cannot say, and every fault, is left to the scanner and the parser. So no message comes from here.

mod scalar;

use memchr::memchr;

use super::resolve::Numbers;
use crate::value::{List, Map, Str, Type, Value};
use scalar::{is_over, is_text, plain_end, short_quoted, starts_plain};

/// Deeper documents are left to the parser, which knows the limit.
const DEPTH: usize = 500;
/// Longer keys are left to the scanner, which knows the limit.
const KEY_LENGTH: usize = 1000;

/// The wanted entries of a document that is a block mapping, of block collections, short flow collections and scalars without
/// tags, anchors and aliases. `None` where the document has another form, a fault, a key that is no text, or a number that
/// JSON cannot hold.
pub fn read(text: &[u8], numbers: Numbers, wanted: impl Fn(&[u8]) -> bool) -> Option<Map> {
    if !is_plain(text) {
        return None;
    }
    let mut lines = Lines { text, end: 0, at: 0, levels: Vec::new(), numbers, is_passing: false, may_go_on: false };
    let mut is_marked = false;
    while lines.at < text.len() {
        let start = lines.at;
        lines.end = end_of_line(text, start);
        lines.at = lines.end + 1;
        let line = &text[start..lines.end];
        let column = line.iter().position(|it| *it != b' ').unwrap_or(line.len());
        match line[column..] {
            [] => {}
            [b'#', ..] => lines.may_go_on = false,
            [b'-', b'-', b'-', ref rest @ ..] if column == 0 => {
                let is_first = !std::mem::replace(&mut is_marked, true) && lines.levels.is_empty();
                if !is_first || !rest.iter().all(|it| *it == b' ') {
                    return None;
                }
            }
            [b'.', b'.', b'.', ..] if column == 0 => return None,
            _ => lines.content(column, start + column, &wanted)?,
        }
    }
    lines.finish()
}

/// Whether no character is forbidden, and none but line feeds breaks a line. May say no where the text is not ASCII.
fn is_plain(text: &[u8]) -> bool {
    let suspect = |it: u8| it < b' ' && !matches!(it, b'\t' | b'\n') || matches!(it, 0x7F | 0xC2 | 0xEF);
    if text.iter().fold(false, |found, &it| found | suspect(it)) {
        return false;
    }
    let breaks = |at: usize| matches!(text.get(at + 2), Some(0xA8 | 0xA9));
    text.is_ascii() || std::str::from_utf8(text).is_ok() && !memchr::memmem::find_iter(text, b"\xE2\x80").any(breaks)
}

fn end_of_line(text: &[u8], from: usize) -> usize {
    memchr(b'\n', &text[from..]).map_or(text.len(), |it| from + it)
}

struct Lines<'t> {
    text: &'t [u8],
    /// Where the line that is read ends.
    end: usize,
    /// Where the next line starts.
    at: usize,
    /// The open collections, outermost first.
    levels: Vec<Level>,
    numbers: Numbers,
    /// Whether the entry of the root that is read is not wanted.
    is_passing: bool,
    /// Whether a plain scalar was just read, which may go on in the next line.
    may_go_on: bool,
}

struct Level {
    /// The column of its keys or dashes.
    indent: usize,
    /// Whether the value behind the last key or dash has still to come.
    awaits: bool,
    node: Node,
}

enum Node {
    Sequence(Vec<Value>),
    /// The entries so far, and the last key.
    Mapping(Map, Option<Str>),
    PassedSequence,
    PassedMapping,
}

impl Lines<'_> {
    /// Reads what stands in a line from this column and this byte on.
    fn content(&mut self, mut column: usize, mut from: usize, wanted: &impl Fn(&[u8]) -> bool) -> Option<()> {
        while self.levels.last().is_some_and(|it| it.indent > column) {
            self.close()?;
        }
        if let Some(level) = self.levels.last()
            && level.indent < column
            && !level.awaits
        {
            return self.go_on(from);
        }
        self.may_go_on = false;
        loop {
            let text = self.text;
            let line = &text[from..self.end];
            if let [b'-'] | [b'-', b' ', ..] = line {
                self.dash(column)?;
                let rest = line[1..].iter().position(|it| *it != b' ').map_or(line.len(), |it| it + 1);
                if is_over(&line[1..]) {
                    return Some(());
                }
                column += rest;
                from += rest;
                continue;
            }
            let is_inside = self.levels.last().is_some_and(|it| it.indent < column);
            let (key, end) = match line.first()? {
                quote @ (b'"' | b'\'') => match short_quoted(line, *quote) {
                    Some(end) if matches!(line[end..], [b':'] | [b':', b' ', ..]) => (&line[1..end - 1], end),
                    _ if is_inside => return self.scalar(from),
                    _ => return None,
                },
                _ => match starts_plain(line).then(|| plain_end(line)) {
                    Some(Some((end, true))) => {
                        let key = line[..end].trim_ascii_end();
                        if !is_text(key) || key == b"<<" {
                            return None;
                        }
                        (key, end)
                    }
                    _ if is_inside => return self.scalar(from),
                    _ => return None,
                },
            };
            self.key(column, key, wanted)?;
            let rest = &line[end + 1..];
            if is_over(rest) {
                return Some(());
            }
            let from = from + end + 1 + rest.iter().position(|it| *it != b' ')?;
            return self.scalar(from);
        }
    }

    /// Goes on with a plain scalar, whose text nobody wants.
    fn go_on(&mut self, from: usize) -> Option<()> {
        let (end, is_key) = plain_end(&self.text[from..self.end])?;
        let goes_on = self.may_go_on && self.passes() && !is_key;
        self.may_go_on = from + end == self.end;
        goes_on.then_some(())
    }

    fn dash(&mut self, column: usize) -> Option<()> {
        let level = self.levels.last_mut()?;
        if level.indent == column && matches!(level.node, Node::Sequence(_) | Node::PassedSequence) {
            if level.awaits {
                self.put(Value::Nil)?;
            }
        } else {
            // A sequence may stand in the column of the key that it belongs to.
            let node = if self.passes() { Node::PassedSequence } else { Node::Sequence(Vec::new()) };
            self.open(column, node)?;
        }
        self.levels.last_mut()?.awaits = true;
        Some(())
    }

    fn key(&mut self, column: usize, key: &[u8], wanted: &impl Fn(&[u8]) -> bool) -> Option<()> {
        if key.len() > KEY_LENGTH {
            return None;
        }
        if let Some(level) = self.levels.last()
            && level.indent == column
            && matches!(level.node, Node::Sequence(_) | Node::PassedSequence)
        {
            self.close()?;
        }
        match self.levels.last() {
            Some(level) if level.indent == column => {
                if matches!(level.node, Node::Sequence(_) | Node::PassedSequence) {
                    return None;
                }
                if level.awaits {
                    self.put(Value::Nil)?;
                }
            }
            _ => {
                let node = if self.passes() { Node::PassedMapping } else { Node::Mapping(Map::any(), None) };
                self.open(column, node)?;
            }
        }
        if self.levels.len() == 1 {
            self.is_passing = !wanted(key);
        }
        let passes = self.passes();
        let level = self.levels.last_mut()?;
        level.awaits = true;
        if let (Node::Mapping(_, last), false) = (&mut level.node, passes) {
            *last = Some(key.into());
        }
        Some(())
    }

    /// Whether the value that comes next is not wanted.
    fn passes(&self) -> bool {
        match self.levels.last() {
            Some(level) => match level.node {
                Node::PassedSequence | Node::PassedMapping => true,
                Node::Sequence(_) | Node::Mapping(..) => self.is_passing,
            },
            None => false,
        }
    }

    fn open(&mut self, indent: usize, node: Node) -> Option<()> {
        match self.levels.last_mut() {
            Some(level) if !level.awaits => return None,
            Some(level) => level.awaits = false,
            None => {}
        }
        if self.levels.len() >= DEPTH {
            return None;
        }
        self.levels.push(Level { indent, awaits: false, node });
        Some(())
    }

    /// Ends the innermost collection, which is not the root.
    fn close(&mut self) -> Option<()> {
        self.may_go_on = false;
        if self.levels.len() < 2 {
            return None;
        }
        if self.levels.last()?.awaits {
            self.put(Value::Nil)?;
        }
        match self.levels.pop()?.node {
            Node::Sequence(items) => self.put(List::grown(Type::LIST, items).into()),
            Node::Mapping(map, _) => self.put(Value::Map(map)),
            Node::PassedSequence | Node::PassedMapping => Some(()),
        }
    }

    fn finish(mut self) -> Option<Map> {
        while self.levels.len() > 1 {
            self.close()?;
        }
        if self.levels.last()?.awaits {
            self.put(Value::Nil)?;
        }
        match self.levels.pop()?.node {
            Node::Mapping(map, _) => Some(map),
            _ => None,
        }
    }

    /// Takes a value into the innermost collection.
    fn put(&mut self, value: Value) -> Option<()> {
        let passes = self.passes();
        let level = self.levels.last_mut()?;
        level.awaits = false;
        match &mut level.node {
            Node::Sequence(items) => items.push(value),
            Node::Mapping(map, key) if !passes => map.insert(key.take()?, value),
            _ => {}
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{decode, node};

    /// What the parser makes of a text, as [`read`] would give it.
    fn parsed(text: &[u8], numbers: Numbers) -> Option<Value> {
        let document = node::parse(text).ok()??;
        decode::decode(&document, document.root, numbers, false).ok()
    }

    /// How many of the texts have the plain form. Panics where the result differs from the parser's.
    fn compare(texts: impl Iterator<Item = Vec<u8>>) -> (usize, usize) {
        let (mut taken, mut all) = (0, 0);
        for text in texts {
            all += 1;
            let all_texts = read(&text, Numbers::Json, |_| true);
            if let Some(map) = &all_texts {
                taken += 1;
                let expected = parsed(&text, Numbers::Json).map(|it| format!("{it:?}"));
                assert_eq!(Some(format!("{:?}", Value::Map(map.clone()))), expected, "{}", text.escape_ascii());
            }
            let wanted = |key: &[u8]| key.len() < 2;
            if let Some(map) = read(&text, Numbers::Typed, wanted) {
                let Some(Value::Map(expected)) = parsed(&text, Numbers::Typed) else {
                    panic!("the parser finds no mapping in {}", text.escape_ascii());
                };
                expected.entries_mut().retain(|key, _| wanted(key));
                assert_eq!(
                    format!("{:?}", map.to_vec()),
                    format!("{:?}", expected.to_vec()),
                    "{}",
                    text.escape_ascii()
                );
            }
        }
        (taken, all)
    }

    #[test]
    fn the_plain_form_is_read_as_the_parser_reads_it() {
        let texts = [
            "a: 1\nb:\n  c: x y\n  d: [1, 0x10, 'z', {e: null}]\nf: {}\n",
            "---\na:\n- b: c\n  d:\n  - - 1\n    - 2\n-\n- \"x\\ty\" # comment\nb: ~\n",
            "a: |\n\n  l\n\n    m\n\nb: |-\n    x\n     \n\nc: |+\n x\n\nd: 'it''s'\ne: \"\\u0041\"\n",
            "a : b\n\"c d\": -1\n'e': .5\nf: http://x/#y\n  # comment\ng: 2001-01-01\nh: -\u{e9}\n",
        ];
        for text in texts {
            assert_eq!(compare(std::iter::once(text.as_bytes().to_vec())), (1, 1), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_wanted_is_read_over() {
        let texts = [
            "a: x\nspec:\n  - \"s\\\n  \\u00e9t\n  u\"\n  - >\n   folded\n\n   text\n  - plain\n    goes on\nb: y\n",
            "long: 'one\n\n  two'\na: b\nlong: one\n  two # c\n",
        ];
        for text in texts {
            let map = read(text.as_bytes(), Numbers::Typed, |key| key.len() < 2);
            assert!(map.is_some_and(|it| it.len() == text.matches("\nb").count() + 1), "{text:?}");
        }
        assert_eq!(compare(texts.iter().map(|it| it.as_bytes().to_vec())).0, 0);
    }

    #[test]
    fn other_forms_and_faults_are_left_to_the_parser() {
        let texts = [
            "",
            "- a\n",
            "a: [\n",
            "a: &x 1\n",
            "a: !!int 1\n",
            "1: a\n",
            "a: .inf\n",
            "<<: {a: b}\n",
            "? a\n: b\n",
            "a: b: c\n",
            "a: b\n c: d\n",
            "a:\n  b: 1\n c: 2\n",
            "a: 'x'y\n",
            "a:\tb\n",
            "a: |2\n   x\n",
            "a: |\n    \n  x\n",
            "a: \"\\q\"\n",
            "a:\nb\n",
            "a: b\n---\nc: d\n",
            "a: b\n...\n",
            "%YAML 1.1\n---\na: b\n",
            "a: \u{85}\n",
            "a: \u{2028}\n",
            "a: \u{feff}\n",
            "a: b\r\n",
            "a: @\n",
        ];
        for text in texts {
            assert!(read(text.as_bytes(), Numbers::Json, |_| true).is_none(), "{text:?}");
        }
    }

    /// Texts of pieces that mean something, in an order that chance gives: most are faulty, and many are nearly right.
    #[test]
    fn texts_by_chance_are_read_as_the_parser_reads_them() {
        const PIECES: [&str; 40] = [
            "a", "b: ", "c:", "\n", "\n  ", "\n    ", "\n ", "- ", "-", "|", ">", "|-", "|+", "\"", "'", "\\", "\\n",
            "\\\"", "#", " # x", ": ", " ", "  ", "[", "]", "{", "}", ", ", "~", "1", ".5", "yes", "<<", "---\n",
            "...", "\u{e9}", "\t", "\nd: e", "\n- f", "\n  g: h",
        ];
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        };
        let texts = std::iter::repeat_with(|| {
            let mut text = String::from("a: b\n");
            for _ in 0..next(14) {
                text.push_str(PIECES[next(PIECES.len())]);
            }
            text.into_bytes()
        });
        let (taken, all) = compare(texts.take(TEXTS));
        assert!(taken * 20 > all, "{taken} of {all} have the plain form");
    }

    const TEXTS: usize = 20_000;
}
