//! Numeric constants. Mirrors `newNumber` of `text/template/parse/node.go`.

use crate::gotmpl::item::ItemType;
use crate::strconv;

/// A number, held under every type that can represent it: Go's ideal constants in small.
#[derive(Clone, Debug, Default)]
pub(in crate::gotmpl) struct Number {
    pub pos: usize,
    pub int: Option<i64>,
    pub uint: Option<u64>,
    pub float: Option<f64>,
    /// Real and imaginary part.
    pub complex: Option<(f64, f64)>,
    /// As written.
    pub text: Box<str>,
}

impl Number {
    /// Reads an item of type `CharConstant`, `Complex` or `Number`; the error is Go's message.
    pub fn parse(pos: usize, text: &str, kind: ItemType) -> Result<Number, String> {
        let number = Number { pos, text: text.into(), ..Number::default() };
        match kind {
            ItemType::CharConstant => {
                let rune = unquote_char(text)?;
                let int = i64::from(rune);
                Ok(Number { int: Some(int), uint: Some(rune.into()), float: Some(rune.into()), ..number })
            }
            ItemType::Complex => Ok(number.with_complex(scan_complex(text)?)),
            _ => number.parse_plain(),
        }
    }

    fn parse_plain(mut self) -> Result<Number, String> {
        let text = self.text.clone();
        if let Some(imaginary) = text.strip_suffix('i').and_then(|it| strconv::parse_float(it).ok()) {
            return Ok(self.with_complex((0.0, imaginary)));
        }
        self.uint = strconv::parse_uint(&*text, 0, 64).ok();
        self.int = strconv::parse_int(&*text, 0, 64).ok();
        if self.int == Some(0) {
            self.uint = Some(0); // "-0" is no unsigned number to strconv.
        }
        self.float = self.int.map(|it| it as f64).or(self.uint.map(|it| it as f64));
        if self.float.is_none()
            && let Ok(float) = strconv::parse_float(&*text)
        {
            // Read as a float though it looks like an integer: too large for one.
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", strconv::quote(text.as_bytes())));
            }
            self.set_float(float);
        }
        if self.float.is_none() {
            return Err(format!("illegal number syntax: {}", strconv::quote(text.as_bytes())));
        }
        Ok(self)
    }

    /// Every simpler type needs an imaginary part of zero.
    fn with_complex(mut self, complex: (f64, f64)) -> Number {
        self.complex = Some(complex);
        if complex.1 == 0.0 {
            self.set_float(complex.0);
        }
        self
    }

    fn set_float(&mut self, float: f64) {
        const TWO_63: f64 = 9_223_372_036_854_775_808.0;
        self.float = Some(float);
        if float.trunc() == float && (-TWO_63..TWO_63).contains(&float) {
            self.int = Some(float as i64);
        }
        if float.trunc() == float && (0.0..2.0 * TWO_63).contains(&float) {
            self.uint = Some(float as u64);
        }
    }
}

/// The code point of a character constant; `'\xff'` is 255.
fn unquote_char(text: &str) -> Result<u32, String> {
    match strconv::unquote_char(&text.as_bytes()[1..], b'\'') {
        None => Err("invalid syntax".into()),
        Some((rune, b"'")) => Ok(rune.code()),
        Some(_) => Err(format!("malformed character constant: {text}")),
    }
}

/// Real part, sign, imaginary part and `i`, as `fmt.Sscan` reads them.
fn scan_complex(text: &str) -> Result<(f64, f64), String> {
    const SYNTAX: &str = "syntax error scanning complex number";
    let real = float_token(text);
    let rest = &text[real.len()..];
    if !rest.starts_with(['+', '-']) {
        return Err(SYNTAX.into());
    }
    let imaginary = 1 + float_token(&rest[1..]).len();
    if !rest[imaginary..].starts_with('i') {
        return Err(SYNTAX.into());
    }
    Ok((strconv::parse_float(real)?, strconv::parse_float(&rest[..imaginary])?))
}

/// The part at the beginning of the text that `fmt`'s scanner takes for a float.
fn float_token(text: &str) -> &str {
    let bytes = text.as_bytes();
    let skip = |mut at: usize, accepted: fn(u8) -> bool| {
        while bytes.get(at).is_some_and(|it| accepted(*it)) {
            at += 1;
        }
        at
    };
    let one = |at: usize, of: &[u8]| at + usize::from(bytes.get(at).is_some_and(|it| of.contains(it)));
    let mut digits: fn(u8) -> bool = |it| it.is_ascii_digit() || it == b'_';
    let mut exponent: &[u8] = b"eEpP";
    // An i here is taken for the start of "inf".
    let mut at = one(one(0, b"+-"), b"iI");
    if bytes.get(at) == Some(&b'0') {
        at = one(at + 1, b"xX");
        if matches!(bytes[at - 1], b'x' | b'X') {
            digits = |it| it.is_ascii_hexdigit() || it == b'_';
            exponent = b"pP";
        }
    }
    at = skip(at, digits);
    if bytes.get(at) == Some(&b'.') {
        at = skip(at + 1, digits);
    }
    if bytes.get(at).is_some_and(|it| exponent.contains(it)) {
        at = one(at + 1, b"+-");
        at = skip(at, |it| it.is_ascii_digit() || it == b'_');
    }
    &text[..at]
}
