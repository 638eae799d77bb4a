//! Base 64, base 32 and checksums.
//!
//! Mirrors `encoding/base64.StdEncoding` and `encoding/base32.StdEncoding`. A text that cannot be decoded gives the text
//! of the error in place of the result, as sprig does it.

use std::fmt::Write as _;

use base32::Alphabet::Rfc4648;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};

use super::arguments::{STRING, function, string, text};
use crate::gotmpl::{Function, Sealed};

static BASE64: [u8; 256] = digits(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
static BASE32: [u8; 256] = digits(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");

/// What stands for a byte that is no digit.
const NONE: u8 = 0xFF;

pub(super) const FUNCTIONS: &[Function] = &[
    function("b64enc", &[STRING], STRING, Sealed::Defer, |args| string(STANDARD.encode(text(args, 0)))),
    function("b32enc", &[STRING], STRING, Sealed::Defer, |args| {
        string(base32::encode(Rfc4648 { padding: true }, &text(args, 0)))
    }),
    function("b64dec", &[STRING], STRING, Sealed::Defer, |args| {
        string(base64_decode(&text(args, 0)).unwrap_or_else(|at| illegal("base64", at)))
    }),
    function("b32dec", &[STRING], STRING, Sealed::Defer, |args| {
        string(base32_decode(&text(args, 0)).unwrap_or_else(|at| illegal("base32", at)))
    }),
    function("sha1sum", &[STRING], STRING, Sealed::Defer, |args| string(hex(&Sha1::digest(&*text(args, 0))))),
    function("sha256sum", &[STRING], STRING, Sealed::Defer, |args| string(hex(&Sha256::digest(&*text(args, 0))))),
    function("sha512sum", &[STRING], STRING, Sealed::Defer, |args| string(hex(&Sha512::digest(&*text(args, 0))))),
    function("adler32sum", &[STRING], STRING, Sealed::Defer, |args| {
        string(adler2::adler32_slice(&text(args, 0)).to_string())
    }),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, it| {
        let _ = write!(out, "{it:02x}");
        out
    })
}

fn illegal(encoding: &str, at: usize) -> Vec<u8> {
    format!("illegal {encoding} data at input byte {at}").into_bytes()
}

/// The bytes, or the offset that Go's error names. Line ends are skipped wherever they stand.
pub(super) fn base64_decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut input = text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n')).peekable();
    while input.peek().is_some() {
        let mut number = 0_u32;
        let mut count = 0;
        while count < 4 {
            let Some((at, byte)) = input.next() else { return Err(text.len() - count) };
            let digit = digit(&BASE64, byte);
            if digit != NONE {
                number = number << 6 | u32::from(digit);
                count += 1;
                continue;
            }
            // Two or three digits may be followed by padding, and that by nothing.
            match (byte, count) {
                (b'=', 2) => match input.next() {
                    None => return Err(text.len()),
                    Some((_, b'=')) => {}
                    Some((at, _)) => return Err(at - 1),
                },
                (b'=', 3) => {}
                _ => return Err(at),
            }
            if let Some((at, _)) = input.next() {
                return Err(at);
            }
            break;
        }
        number <<= 6 * (4 - count);
        out.extend(number.to_be_bytes().into_iter().skip(1).take(count - 1));
    }
    Ok(out)
}

/// The bytes, or the offset that Go's error names, counted without line ends.
fn base32_decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let text = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect::<Vec<_>>();
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    let mut at = 0;
    while at < text.len() {
        let mut number = 0_u64;
        let mut count = 0;
        while count < 8 {
            let Some(&byte) = text.get(at) else { return Err(text.len() - count) };
            at += 1;
            if byte == b'=' && count >= 2 && text.len() - at < 8 {
                // The padding must fill the group, and be as long as some number of bytes asks for.
                let missing = 8 - count - 1;
                if text.len() - at < missing {
                    return Err(text.len());
                }
                if let Some(offset) = text.iter().skip(at).take(missing).position(|it| *it != b'=') {
                    return Err(at + offset - 1);
                }
                if matches!(count, 3 | 6) {
                    return Err(at - 1);
                }
                at = text.len();
                break;
            }
            match digit(&BASE32, byte) {
                NONE => return Err(at - 1),
                digit => number = number << 5 | u64::from(digit),
            }
            count += 1;
        }
        number <<= 5 * (8 - count);
        out.extend(number.to_be_bytes().into_iter().skip(3).take(count * 5 / 8));
    }
    Ok(out)
}

/// The value of each byte in an alphabet.
const fn digits(alphabet: &[u8]) -> [u8; 256] {
    let mut digits = [NONE; 256];
    let mut value = 0;
    while value < alphabet.len() {
        digits[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    digits
}

fn digit(digits: &[u8; 256], byte: u8) -> u8 {
    digits[usize::from(byte)]
}
