//! JSON as Go's `encoding/json` reads and writes it.

mod check;
mod read;
mod write;

use std::borrow::Cow;

pub use check::{SyntaxError, check};
pub use read::{JsonError, mismatch, read, read_list, read_map};
pub use write::{Form, float_text, write};

/// The bytes with U+FFFD for each byte that is part of no valid UTF-8 sequence, as Go does when it walks the runes of a
/// string.
pub fn to_valid_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(bytes).is_ok() {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for _ in chunk.invalid() {
            out.extend_from_slice("\u{FFFD}".as_bytes());
        }
    }
    Cow::Owned(out)
}
