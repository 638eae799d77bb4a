//! Go's `strconv`: numbers and quoted strings as text.
//!
//! Text is bytes, as a Go string is, and need not be UTF-8.

mod float;
mod float_parse;
mod integer;
mod printable;
mod quote;
mod rune;
mod unquote;

pub(crate) use self::float::format_float;
pub(crate) use self::float_parse::parse_float;
pub(crate) use self::integer::{atoi, parse_int, parse_uint};
pub use self::quote::quote;
pub(crate) use self::quote::{can_backquote, quote_rune, quote_rune_to_ascii, quote_to_ascii};
pub(crate) use self::rune::{decode_rune, is_print, rune_count};
pub use self::unquote::unquote;
pub(crate) use self::unquote::{Unquoted, unquote_char};

/// Go's `*strconv.NumError`, shown in its words: `strconv.ParseInt: parsing "x": invalid syntax`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("strconv.{function}: parsing {}: {reason}", quote(text))]
pub struct NumberError {
    function: &'static str,
    text: Vec<u8>,
    /// Why the text gives no number.
    pub reason: NumberFault,
}

/// Why a text gives no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// It is not of the form of a number.
    #[error("invalid syntax")]
    Syntax,
    /// The number is greater or less than the type holds.
    #[error("value out of range")]
    Range,
    /// There is no such base; 2 to 36 are.
    #[error("invalid base {0}")]
    Base(u32),
    /// No type has so many bits; 0 to 64 are taken.
    #[error("invalid bit size {0}")]
    BitSize(u32),
}

impl NumberError {
    fn new(function: &'static str, text: &[u8], reason: NumberFault) -> NumberError {
        NumberError { function, text: text.to_vec(), reason }
    }

    /// What Go gives beside the error: the nearest 64-bit number where the text is out of range, else zero.
    pub fn nearest(&self) -> i64 {
        match self.reason {
            NumberFault::Range if self.text.starts_with(b"-") => i64::MIN,
            NumberFault::Range => i64::MAX,
            _ => 0,
        }
    }
}

impl From<NumberError> for String {
    fn from(error: NumberError) -> String {
        error.to_string()
    }
}

/// Whether every underscore stands between digits, or between a base prefix and a digit.
fn underscores_separate_digits(text: &[u8]) -> bool {
    let number = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let prefix = match number {
        [b'0', letter, ..] => letter.to_ascii_lowercase(),
        _ => 0,
    };
    let prefixed = matches!(prefix, b'b' | b'o' | b'x');
    let digits = if prefixed { number.get(2..).unwrap_or_default() } else { number };
    let is_digit = |it: u8| it.is_ascii_digit() || prefix == b'x' && it.is_ascii_hexdigit();
    let (mut after_digit, mut after_underscore) = (prefixed, false);
    for &byte in digits {
        if byte == b'_' && !after_digit || byte != b'_' && after_underscore && !is_digit(byte) {
            return false;
        }
        after_underscore = byte == b'_';
        after_digit = is_digit(byte);
    }
    !after_underscore
}
