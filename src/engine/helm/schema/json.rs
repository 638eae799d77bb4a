//! JSON as schemas hold it: numbers keep their text, since messages show it.

use crate::value::Value;
use crate::yaml::{self, SyntaxError};

/// Entries that are found sooner one after the other.
const FEW: usize = 8;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    String(String),
    Array(Vec<Json>),
    /// Sorted by key; of equal keys the last stays.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Parses one value. The error is that of Go's `jsonschema.UnmarshalJSON`.
    pub(super) fn parse(text: &[u8]) -> Result<Json, String> {
        let mut reader = Reader { text, at: 0 };
        if let Some(json) = reader.value(0)
            && reader.peek().is_none()
        {
            return Ok(json);
        }
        Err(match yaml::check_json(text) {
            Err(SyntaxError::UnexpectedEnd) if text.iter().all(u8::is_ascii_whitespace) => "EOF".into(),
            Err(SyntaxError::AfterValue { .. }) => "invalid character after top-level value".into(),
            Err(fault) if !fault.is_at_end() => fault.to_string(),
            // At the end Go's check reads a blank, its decoder does not.
            _ => "unexpected EOF".into(),
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        let Json::Object(entries) = self else { return None };
        if entries.len() <= FEW {
            return entries.iter().find(|(name, _)| name == key).map(|it| &it.1);
        }
        entries.binary_search_by(|(name, _)| name.as_str().cmp(key)).ok().and_then(|at| entries.get(at)).map(|it| &it.1)
    }

    pub(super) fn entries(&self) -> &[(String, Json)] {
        if let Json::Object(entries) = self { entries } else { &[] }
    }

    pub(super) fn items(&self) -> &[Json] {
        if let Json::Array(items) = self { items } else { &[] }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        if let Json::String(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        if let Json::Bool(it) = self { Some(*it) } else { None }
    }

    /// A number that counts.
    pub(super) fn as_count(&self) -> Option<usize> {
        let Json::Number(text) = self else { return None };
        text.parse().ok().or_else(|| text.parse::<f64>().ok().map(|it| it as usize))
    }
}

/// By key, and of equal keys the last.
fn sorted(mut entries: Vec<(String, Json)>) -> Vec<(String, Json)> {
    if !entries.is_sorted_by(|a, b| a.0 < b.0) {
        entries.reverse();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.dedup_by(|later, kept| later.0 == kept.0);
    }
    entries
}

/// Go's `encoding/json` nests no deeper.
const MAX_DEPTH: usize = crate::limits::JSON_DEPTH.size();

/// Reads what is well-formed, and nothing else.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > MAX_DEPTH {
            return None;
        }
        Some(match self.peek()? {
            b'{' => {
                self.at += 1;
                let mut entries = Vec::new();
                let mut is_over = self.take(b'}');
                while !is_over {
                    let key = (self.peek()? == b'"').then(|| self.string())??;
                    if !self.take(b':') {
                        return None;
                    }
                    entries.push((key, self.value(depth + 1)?));
                    is_over = self.ends(b'}')?;
                }
                Json::Object(sorted(entries))
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                let mut is_over = self.take(b']');
                while !is_over {
                    items.push(self.value(depth + 1)?);
                    is_over = self.ends(b']')?;
                }
                Json::Array(items)
            }
            b'"' => Json::String(self.string()?),
            b't' => self.word(b"true", Json::Bool(true))?,
            b'f' => self.word(b"false", Json::Bool(false))?,
            b'n' => self.word(b"null", Json::Null)?,
            _ => self.number()?,
        })
    }

    /// Passes what comes behind an item: whether it is the end of the collection.
    fn ends(&mut self, end: u8) -> Option<bool> {
        if self.take(b',') {
            return Some(false);
        }
        self.take(end).then_some(true)
    }

    fn word(&mut self, word: &[u8], json: Json) -> Option<Json> {
        let is_there = self.text.get(self.at..)?.starts_with(word);
        self.at += word.len();
        is_there.then_some(json)
    }

    fn number(&mut self) -> Option<Json> {
        let rest = self.text.get(self.at..)?;
        let is_part = |it: &u8| matches!(it, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|it| !is_part(it)).unwrap_or(rest.len());
        let text = rest.get(..length)?;
        yaml::check_json(text).ok()?;
        self.at += length;
        Some(Json::Number(String::from_utf8_lossy(text).into_owned()))
    }

    /// A string; what has escapes is unescaped by the reader of JSON.
    fn string(&mut self) -> Option<String> {
        let start = self.at + 1;
        let stop = |from: usize| {
            let is_stop = |it: &u8| matches!(it, b'"' | b'\\' | 0..0x20);
            Some(from + self.text.get(from..)?.iter().position(is_stop)?)
        };
        let mut end = stop(start)?;
        let has_escapes = self.text.get(end) == Some(&b'\\');
        while self.text.get(end) == Some(&b'\\') {
            end = stop(end + 2)?;
        }
        if self.text.get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        if !has_escapes && let Ok(text) = std::str::from_utf8(self.text.get(start..end)?) {
            return Some(text.to_owned());
        }
        match yaml::read_json(self.text.get(start - 1..=end)?) {
            Ok(Value::Str(text)) => Some(text.to_text().into_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that are nearly JSON: each is read where the checker finds no fault, and only there.
    #[test]
    fn what_is_read_is_what_is_well_formed() {
        const PIECES: [&str; 24] = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"\\n\"",
            "\"\\q\"",
            "\"\\u00e9\"",
            "\"",
            "\\",
            " ",
            "\n",
            "\t",
            "\x0C",
            "1",
            "-0.5e+3",
            "01",
            "-",
            "true",
            "nul",
            "null",
            "\u{e9}",
        ];
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        };
        let mut taken = 0;
        for _ in 0..50_000 {
            let text: String = (0..next(7)).map(|_| PIECES[next(PIECES.len())]).collect();
            for text in [format!("{{\"a\":{text}}}"), format!("[{text}]"), text] {
                let read = Json::parse(text.as_bytes());
                assert_eq!(read.is_ok(), yaml::check_json(text.as_bytes()).is_ok(), "{text:?} {read:?}");
                taken += usize::from(read.is_ok());
            }
        }
        assert!(taken > 5_000, "{taken}");
    }
}
