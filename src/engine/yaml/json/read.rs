//! JSON to values.

use super::check::{SyntaxError, check};
use crate::strconv;
use crate::value::{List, Map, Str, Type, Value};

/// Why a text gives no value, shown in Go's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is no JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A number or a value that its place does not hold.
    #[error("{0}")]
    Unfit(String),
}

impl From<JsonError> for String {
    fn from(error: JsonError) -> String {
        error.to_string()
    }
}

/// Reads a text into an `interface{}`. Numbers are float64.
///
/// Mirrors `encoding/json.Unmarshal`.
pub fn read(text: &[u8]) -> Result<Value, JsonError> {
    match decode(text)? {
        (value, None) => Ok(value),
        (_, Some(problem)) => Err(JsonError::Unfit(problem)),
    }
}

/// Reads a text into a `map[string]interface{}`, `nil` for `null`. With an error stands what Go had decoded by then.
pub fn read_map(text: &[u8]) -> (Map, Option<String>) {
    match decode(text) {
        Err(problem) => (Map::any(), Some(problem.to_string())),
        Ok((Value::Map(map), problem)) => (map, problem),
        Ok((Value::Nil, None)) => (Map::nil(Type::MAP), None),
        Ok((value, _)) => (Map::any(), Some(mismatch(&value, Type::MAP))),
    }
}

/// Reads a text into an `[]interface{}`, `nil` for `null`.
pub fn read_list(text: &[u8]) -> Result<List, JsonError> {
    match decode(text)? {
        (Value::List(list), None) => Ok(list),
        (Value::List(_), Some(problem)) => Err(JsonError::Unfit(problem)),
        (Value::Nil, None) => Ok(List::nil(Type::LIST)),
        (value, _) => Err(JsonError::Unfit(mismatch(&value, Type::LIST))),
    }
}

/// What Go says of a value of the wrong type.
pub fn mismatch(value: &Value, wanted: Type) -> String {
    let found = match value {
        Value::Map(_) => "object",
        Value::List(_) => "array",
        Value::Str(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    };
    format!("json: cannot unmarshal {found} into Go value of type {wanted}")
}

/// The value, and the first number that is none of float64; such a number is nil.
fn decode(text: &[u8]) -> Result<(Value, Option<String>), SyntaxError> {
    check(text)?;
    let mut decoder = Decoder { text, pos: 0, problem: None };
    let value = decoder.run();
    Ok((value, decoder.problem))
}

/// Decodes a text that was checked.
struct Decoder<'a> {
    text: &'a [u8],
    pos: usize,
    problem: Option<String>,
}

enum Frame {
    List(Vec<Value>),
    Map(Map, Option<Str>),
}

impl Decoder<'_> {
    fn run(&mut self) -> Value {
        let mut stack: Vec<Frame> = Vec::new();
        loop {
            let Some(&byte) = self.text.get(self.pos) else { return Value::Nil };
            let mut done = match byte {
                b'[' => {
                    self.pos += 1;
                    stack.push(Frame::List(Vec::new()));
                    continue;
                }
                b'{' => {
                    self.pos += 1;
                    stack.push(Frame::Map(Map::any(), None));
                    continue;
                }
                b']' | b'}' => {
                    self.pos += 1;
                    match stack.pop() {
                        Some(Frame::List(items)) => List::grown(Type::LIST, items).into(),
                        Some(Frame::Map(map, _)) => Value::Map(map),
                        None => return Value::Nil,
                    }
                }
                b'"' => Value::Str(self.string()),
                b't' | b'f' | b'n' => {
                    let word = self.word();
                    match word {
                        b"true" => Value::Bool(true),
                        b"false" => Value::Bool(false),
                        _ => Value::Nil,
                    }
                }
                b'-' | b'0'..=b'9' => self.number(),
                _ => {
                    self.pos += 1;
                    continue;
                }
            };
            match stack.last_mut() {
                None => return done,
                Some(Frame::List(items)) => items.push(done),
                Some(Frame::Map(map, key)) => match (key.take(), &mut done) {
                    (Some(key), _) => map.insert(key, done),
                    (None, Value::Str(text)) => *key = Some(text.clone()),
                    (None, _) => {}
                },
            }
        }
    }

    /// A literal or number.
    fn word(&mut self) -> &[u8] {
        let start = self.pos;
        let rest = &self.text[start..];
        let is_word = |it: &u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'-' | b'.');
        self.pos += rest.iter().take_while(|it| is_word(it)).count();
        &self.text[start..self.pos]
    }

    fn number(&mut self) -> Value {
        let word = self.word();
        // Up to 15 digits are exact.
        if word.len() <= 15 && word.iter().all(u8::is_ascii_digit) {
            let integer = word.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
            return Value::Float(integer as f64);
        }
        if let Ok(float) = strconv::parse_float(word) {
            return Value::Float(float);
        }
        let word = String::from_utf8_lossy(word).into_owned();
        let problem = || format!("json: cannot unmarshal number {word} into Go value of type float64");
        self.problem.get_or_insert_with(problem);
        Value::Nil
    }

    fn string(&mut self) -> Str {
        let start = self.pos + 1;
        let rest = &self.text[start..];
        let plain = rest.iter().take_while(|&&it| it != b'"' && it != b'\\').count();
        if rest.get(plain) == Some(&b'"') {
            self.pos = start + plain + 1;
            return super::to_valid_utf8(&rest[..plain]).as_ref().into();
        }
        let mut out = rest[..plain].to_vec();
        self.pos = start + plain;
        while let Some(&byte) = self.text.get(self.pos) {
            self.pos += 1;
            match byte {
                b'"' => break,
                b'\\' => self.escape(&mut out),
                _ => out.push(byte),
            }
        }
        super::to_valid_utf8(&out).as_ref().into()
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let letter = self.text.get(self.pos).copied().unwrap_or(b'\\');
        self.pos += 1;
        out.push(match letter {
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let character = self.unicode_escape();
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return;
            }
            other => other,
        });
    }

    /// The character of the digits after `\u`, and of a second escape where both are halves of one.
    fn unicode_escape(&mut self) -> char {
        let first = self.hex(self.pos).unwrap_or(0);
        self.pos += 4;
        if let Some(character) = char::from_u32(first) {
            return character;
        }
        let second = match self.text.get(self.pos..self.pos + 2) {
            Some(b"\\u") => self.hex(self.pos + 2),
            _ => None,
        };
        match second {
            Some(low @ 0xDC00..=0xDFFF) if first < 0xDC00 => {
                self.pos += 6;
                char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00)).unwrap_or('\u{FFFD}')
            }
            _ => '\u{FFFD}',
        }
    }

    fn hex(&self, start: usize) -> Option<u32> {
        let digits = std::str::from_utf8(self.text.get(start..start + 4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    }
}
