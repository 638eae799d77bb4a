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
        if let Err(fault) = yaml::check_json(text) {
            return Err(match fault {
                SyntaxError::UnexpectedEnd if text.iter().all(u8::is_ascii_whitespace) => "EOF".into(),
                SyntaxError::AfterValue { .. } => "invalid character after top-level value".into(),
                // At the end Go's check reads a blank, its decoder does not.
                fault if fault.is_at_end() => "unexpected EOF".into(),
                fault => fault.to_string(),
            });
        }
        parse_value(text)
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

/// The text is known to be well-formed, so that what cannot be does not need a message.
fn parse_value(text: &[u8]) -> Result<Json, String> {
    let mut reader = Reader { text, at: 0 };
    reader.value(0).ok_or_else(|| "unexpected EOF".into())
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

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
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
                while !self.take(b'}') {
                    self.take(b',');
                    self.peek()?;
                    let key = self.string()?;
                    if !self.take(b':') {
                        return None;
                    }
                    let value = self.value(depth + 1)?;
                    entries.push((key, value));
                }
                Json::Object(sorted(entries))
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.take(b']') {
                    self.take(b',');
                    items.push(self.value(depth + 1)?);
                }
                Json::Array(items)
            }
            b'"' => Json::String(self.string()?),
            b't' | b'f' | b'n' => {
                let first = self.text.get(self.at).copied()?;
                self.at += if first == b'f' { 5 } else { 4 };
                if first == b'n' { Json::Null } else { Json::Bool(first == b't') }
            }
            _ => {
                let rest = self.text.get(self.at..)?;
                let length =
                    rest.iter().take_while(|it| matches!(it, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
                self.at += length.max(1);
                Json::Number(String::from_utf8_lossy(rest.get(..length)?).into_owned())
            }
        })
    }

    /// A string, unescaped by the reader that judged it well-formed.
    fn string(&mut self) -> Option<String> {
        let start = self.at;
        let mut end = start + 1;
        loop {
            match self.text.get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.at = end + 1;
        let inner = self.text.get(start + 1..end)?;
        if memchr::memchr(b'\\', inner).is_none()
            && let Ok(text) = std::str::from_utf8(inner)
        {
            return Some(text.to_owned());
        }
        match yaml::read_json(self.text.get(start..=end)?) {
            Ok(Value::Str(text)) => Some(text.to_text().into_owned()),
            _ => None,
        }
    }
}
