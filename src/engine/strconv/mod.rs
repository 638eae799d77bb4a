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

/// The text of Go's `*strconv.NumError`.
fn number_error(function: &str, text: &[u8], reason: &str) -> String {
    format!("strconv.{function}: parsing {}: {reason}", quote(text))
}

const SYNTAX: &str = "invalid syntax";
const RANGE: &str = "value out of range";

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
