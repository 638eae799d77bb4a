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
use crate::encoding::{base32_decode, base64_decode};
use crate::gotmpl::{Function, Gives, Sealed};

pub(super) const FUNCTIONS: &[Function] = &[
    function("b64enc", &[STRING], STRING, Sealed::Known(Gives::Code), |args| string(STANDARD.encode(text(args, 0)))),
    function("b32enc", &[STRING], STRING, Sealed::Known(Gives::Code), |args| {
        string(base32::encode(Rfc4648 { padding: true }, &text(args, 0)))
    }),
    function("b64dec", &[STRING], STRING, Sealed::Defer, |args| {
        string(base64_decode(&text(args, 0)).unwrap_or_else(|at| illegal("base64", at)))
    }),
    function("b32dec", &[STRING], STRING, Sealed::Defer, |args| {
        string(base32_decode(&text(args, 0)).unwrap_or_else(|at| illegal("base32", at)))
    }),
    function("sha1sum", &[STRING], STRING, Sealed::Known(Gives::Code), |args| {
        string(hex(&Sha1::digest(&*text(args, 0))))
    }),
    function("sha256sum", &[STRING], STRING, Sealed::Known(Gives::Code), |args| {
        string(hex(&Sha256::digest(&*text(args, 0))))
    }),
    function("sha512sum", &[STRING], STRING, Sealed::Known(Gives::Code), |args| {
        string(hex(&Sha512::digest(&*text(args, 0))))
    }),
    function("adler32sum", &[STRING], STRING, Sealed::Known(Gives::Code), |args| {
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
