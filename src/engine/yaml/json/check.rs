//! The syntax of JSON, and what Go says where a text breaks it.

use std::fmt;

/// The greatest depth Go's decoder takes.
const DEPTH_LIMIT: usize = crate::limits::JSON_DEPTH.size();

#[derive(Clone, Copy)]
enum State {
    BeginValue,
    BeginValueOrEnd,
    BeginKey,
    BeginKeyOrEnd,
    EndValue,
    InString,
    InEscape,
    /// Hexadecimal digits still to come.
    InUnicode(u8),
    AfterMinus,
    AfterZero,
    InInteger,
    AfterPoint,
    InFraction,
    AfterExponent,
    AfterExponentSign,
    InExponent,
    /// A literal, and how many of its bytes were read.
    InLiteral(&'static str, usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    ObjectKey,
    ObjectValue,
    Array,
}

/// Checks a whole text.
///
/// Mirrors `encoding/json.checkValid`.
pub fn check(text: &[u8]) -> Result<(), SyntaxError> {
    let mut checker = Checker { state: State::BeginValue, open: Vec::new() };
    let mut index = 0;
    while let Some(&byte) = text.get(index) {
        checker.step(byte)?;
        index += 1;
        if matches!(checker.state, State::InString) {
            // Most of a text lies in strings.
            let rest = text.get(index..).unwrap_or_default();
            index += rest.iter().position(|it| ENDS_TEXT[usize::from(*it)]).unwrap_or(rest.len());
        } else if byte == b' ' {
            let rest = text.get(index..).unwrap_or_default();
            index += rest.iter().position(|&it| it != b' ').unwrap_or(rest.len());
        }
    }
    // Go sees a space after the end, so that a number can end there.
    let complete = |it: &Checker| it.open.is_empty() && matches!(it.state, State::EndValue);
    if !complete(&checker) {
        checker.step(b' ').map_err(SyntaxError::at_end)?;
        if !complete(&checker) {
            return Err(SyntaxError::UnexpectedEnd);
        }
    }
    Ok(())
}

/// The bytes that end a string, begin an escape in it, or may not stand in it.
static ENDS_TEXT: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < ends.len() {
        ends[byte] = byte < 0x20 || byte == b'"' as usize || byte == b'\\' as usize;
        byte += 1;
    }
    ends
};

struct Checker {
    state: State,
    open: Vec<Open>,
}

impl Checker {
    fn step(&mut self, byte: u8) -> Result<(), SyntaxError> {
        let digit = byte.is_ascii_digit();
        self.state = match self.state {
            State::BeginValue | State::BeginValueOrEnd | State::BeginKey | State::BeginKeyOrEnd if is_space(byte) => {
                return Ok(());
            }
            State::BeginValueOrEnd if byte == b']' => return self.end_value(byte),
            State::BeginValue | State::BeginValueOrEnd => return self.begin_value(byte),
            State::BeginKeyOrEnd if byte == b'}' => {
                if let Some(last) = self.open.last_mut() {
                    *last = Open::ObjectValue;
                }
                return self.end_value(byte);
            }
            State::BeginKey | State::BeginKeyOrEnd if byte == b'"' => State::InString,
            State::BeginKey | State::BeginKeyOrEnd => return fail(byte, "looking for beginning of object key string"),
            State::EndValue => return self.end_value(byte),
            State::InString => match byte {
                b'"' => State::EndValue,
                b'\\' => State::InEscape,
                0..0x20 => return fail(byte, "in string literal"),
                _ => State::InString,
            },
            State::InEscape => match byte {
                b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => State::InString,
                b'u' => State::InUnicode(4),
                _ => return fail(byte, "in string escape code"),
            },
            State::InUnicode(left) if byte.is_ascii_hexdigit() => match left {
                1 => State::InString,
                _ => State::InUnicode(left - 1),
            },
            State::InUnicode(_) => return fail(byte, "in \\u hexadecimal character escape"),
            State::AfterMinus if byte == b'0' => State::AfterZero,
            State::AfterMinus if digit => State::InInteger,
            State::AfterMinus => return fail(byte, "in numeric literal"),
            State::InInteger if digit => State::InInteger,
            State::AfterZero | State::InInteger if byte == b'.' => State::AfterPoint,
            State::AfterZero | State::InInteger | State::InFraction if matches!(byte, b'e' | b'E') => {
                State::AfterExponent
            }
            State::AfterPoint | State::InFraction if digit => State::InFraction,
            State::AfterPoint => return fail(byte, "after decimal point in numeric literal"),
            State::AfterExponent if matches!(byte, b'+' | b'-') => State::AfterExponentSign,
            State::AfterExponent | State::AfterExponentSign | State::InExponent if digit => State::InExponent,
            State::AfterExponent | State::AfterExponentSign => return fail(byte, "in exponent of numeric literal"),
            State::AfterZero | State::InInteger | State::InFraction | State::InExponent => {
                return self.end_value(byte);
            }
            State::InLiteral(word, read) => {
                let expected = word.as_bytes().get(read).copied().unwrap_or(0);
                if byte != expected {
                    let expected = char::from(expected);
                    return Err(SyntaxError::Literal { byte, word, expected, at_end: false });
                }
                if read + 1 == word.len() { State::EndValue } else { State::InLiteral(word, read + 1) }
            }
        };
        Ok(())
    }

    fn begin_value(&mut self, byte: u8) -> Result<(), SyntaxError> {
        self.state = match byte {
            b'{' => {
                self.push(byte, Open::ObjectKey)?;
                State::BeginKeyOrEnd
            }
            b'[' => {
                self.push(byte, Open::Array)?;
                State::BeginValueOrEnd
            }
            b'"' => State::InString,
            b'-' => State::AfterMinus,
            b'0' => State::AfterZero,
            b'1'..=b'9' => State::InInteger,
            b't' => State::InLiteral("true", 1),
            b'f' => State::InLiteral("false", 1),
            b'n' => State::InLiteral("null", 1),
            _ => return fail(byte, "looking for beginning of value"),
        };
        Ok(())
    }

    /// What follows a value.
    fn end_value(&mut self, byte: u8) -> Result<(), SyntaxError> {
        self.state = State::EndValue;
        if is_space(byte) {
            return Ok(());
        }
        match (self.open.last_mut(), byte) {
            (None, _) => return Err(SyntaxError::AfterValue { byte }),
            (Some(last @ Open::ObjectKey), b':') => {
                *last = Open::ObjectValue;
                self.state = State::BeginValue;
            }
            (Some(Open::ObjectKey), _) => return fail(byte, "after object key"),
            (Some(last @ Open::ObjectValue), b',') => {
                *last = Open::ObjectKey;
                self.state = State::BeginKey;
            }
            (Some(Open::Array), b',') => self.state = State::BeginValue,
            (Some(Open::ObjectValue), b'}') | (Some(Open::Array), b']') => {
                self.open.pop();
            }
            (Some(Open::ObjectValue), _) => return fail(byte, "after object key:value pair"),
            (Some(Open::Array), _) => return fail(byte, "after array element"),
        }
        Ok(())
    }

    fn push(&mut self, byte: u8, open: Open) -> Result<(), SyntaxError> {
        self.open.push(open);
        if self.open.len() > DEPTH_LIMIT { fail(byte, "exceeded max depth") } else { Ok(()) }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn fail(byte: u8, context: &'static str) -> Result<(), SyntaxError> {
    Err(SyntaxError::Character { byte, context, at_end: false })
}

/// How a text breaks the syntax of JSON, shown in Go's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// More should follow.
    #[error("unexpected end of JSON input")]
    UnexpectedEnd,
    /// A byte that may not stand there.
    #[error("invalid character '{}' {context}", Quoted(*byte))]
    Character {
        /// The byte.
        byte: u8,
        /// Where it stands: `looking for beginning of value`.
        context: &'static str,
        /// Whether it is the blank that Go reads after the last byte.
        at_end: bool,
    },
    /// A byte that is not the next one of the literal that begins there.
    #[error("invalid character '{}' in literal {word} (expecting '{expected}')", Quoted(*byte))]
    Literal {
        /// The byte.
        byte: u8,
        /// The literal: `true`, `false` or `null`.
        word: &'static str,
        /// What the literal has there.
        expected: char,
        /// Whether it is the blank that Go reads after the last byte.
        at_end: bool,
    },
    /// Something follows the value.
    #[error("invalid character '{}' after top-level value", Quoted(*byte))]
    AfterValue {
        /// The first byte of it that is no blank.
        byte: u8,
    },
}

impl SyntaxError {
    /// Whether more text could still make it right.
    pub fn is_at_end(self) -> bool {
        match self {
            SyntaxError::UnexpectedEnd => true,
            SyntaxError::Character { at_end, .. } | SyntaxError::Literal { at_end, .. } => at_end,
            SyntaxError::AfterValue { .. } => false,
        }
    }

    fn at_end(self) -> SyntaxError {
        match self {
            SyntaxError::Character { byte, context, .. } => SyntaxError::Character { byte, context, at_end: true },
            SyntaxError::Literal { byte, word, expected, .. } => {
                SyntaxError::Literal { byte, word, expected, at_end: true }
            }
            other => other,
        }
    }
}

/// A byte as Go quotes it.
struct Quoted(u8);

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'"' => f.write_str("\""),
            b'\'' => f.write_str(r"\'"),
            byte => {
                let quoted = crate::strconv::quote(char::from(byte).encode_utf8(&mut [0; 4]).as_bytes());
                f.write_str(&quoted[1..quoted.len() - 1])
            }
        }
    }
}
