//! The style in which go-yaml writes a string.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::yaml::chars::{at, is_blank, is_blank_or_end, is_break, is_printable, width};
use crate::yaml::resolve::{Scalar, Version, is_old_bool, resolve_plain};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// The longest key that is written without `?`, in bytes.
const SIMPLE_KEY: usize = 128;

/// A string with all that decides on its style.
pub struct Text<'t> {
    bytes: Cow<'t, [u8]>,
    wanted: Style,
    binary: bool,
    multiline: bool,
    plain_allowed: bool,
    single_quoted_allowed: bool,
    literal_allowed: bool,
}

impl<'t> Text<'t> {
    /// Mirrors `encoder.stringv`, and libyaml's analysis of scalars.
    pub fn new(text: &'t [u8], version: Version) -> Self {
        let binary = std::str::from_utf8(text).is_err();
        let bytes = if binary { Cow::Owned(base64_lines(text)) } else { Cow::Borrowed(text) };
        let is_string = binary
            || resolve_plain(text, version) == Scalar::Text
                && !is_base60(text)
                && !(version == Version::V3 && is_old_bool(text));
        let wanted = if bytes.contains(&b'\n') {
            Style::Literal
        } else if is_string {
            Style::Plain
        } else {
            Style::DoubleQuoted
        };
        let mut text = Text {
            bytes,
            wanted,
            binary,
            multiline: false,
            plain_allowed: true,
            single_quoted_allowed: true,
            literal_allowed: true,
        };
        text.analyze(version);
        text
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is base64 of bytes that are no text.
    pub fn is_binary(&self) -> bool {
        self.binary
    }

    /// Puts quotes around it.
    pub fn quote(&mut self) {
        self.wanted = Style::SingleQuoted;
    }

    pub fn is_simple_key(&self) -> bool {
        let tag = if self.binary { b"!!binary".len() } else { 0 };
        !self.multiline && self.bytes.len() + tag <= SIMPLE_KEY
    }

    pub fn style(&self, simple_key: bool) -> Style {
        let mut style = self.wanted;
        if style == Style::Plain && (!self.plain_allowed || self.bytes.is_empty() && simple_key) {
            style = Style::SingleQuoted;
        }
        if style == Style::SingleQuoted && !self.single_quoted_allowed {
            style = Style::DoubleQuoted;
        }
        if style == Style::Literal && (!self.literal_allowed || simple_key) {
            style = Style::DoubleQuoted;
        }
        style
    }

    fn analyze(&mut self, version: Version) {
        let value = &*self.bytes;
        if value.is_empty() {
            self.literal_allowed = false;
            return;
        }
        let mut indicators = value.starts_with(b"---") || value.starts_with(b"...");
        let (mut special, mut tab, mut edge, mut trailing_space) = (false, false, false, false);
        let (mut break_space, mut space_break, mut line_breaks) = (false, false, false);
        let (mut after_blank, mut after_space, mut after_break) = (true, false, false);
        let mut index = 0;
        while index < value.len() {
            let next = index + width(value[index]);
            let (first, last) = (index == 0, next >= value.len());
            let before_blank = last || is_blank(value[next]);
            indicators |= match value[index] {
                b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
                | b'`' => first,
                b'?' | b'-' => first && before_blank,
                b':' => before_blank,
                b'#' => first || after_blank,
                _ => false,
            };
            if value[index] == b'\t' && version == Version::V3 {
                tab = true;
            } else {
                special |= !is_printable(value, index);
            }
            let (space, line_break) = (value[index] == b' ', is_break(value, index));
            edge |= (space || line_break) && (first || last);
            trailing_space |= space && last;
            break_space |= space && after_break;
            space_break |= line_break && after_space;
            line_breaks |= line_break;
            (after_space, after_break) = (space, line_break);
            after_blank = is_blank_or_end(value, index);
            index = next;
        }
        let unquotable = break_space || space_break || special || tab;
        self.multiline = line_breaks;
        self.plain_allowed = !(edge || unquotable || line_breaks || indicators);
        self.single_quoted_allowed = !unquotable;
        self.literal_allowed = !(trailing_space || space_break || special);
    }
}

/// Whether a string is another after it was written as JSON and read as YAML, or is refused there.
pub fn changes_by_json(text: &[u8]) -> bool {
    let odd = |index: usize| match text[index] {
        0x7F => true,
        0xC2 => at(text, index + 1) < 0xA0,
        0xEF => at(text, index + 1) == 0xBF && at(text, index + 2) >= 0xBE,
        _ => false,
    };
    let ascii = text.iter().take_while(|&&it| it < 0x7F).count();
    ascii < text.len() && ((ascii..text.len()).any(odd) || std::str::from_utf8(&text[ascii..]).is_err())
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: YAML 1.1 takes it for a number to the base of 60.
fn is_base60(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    if !unsigned.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let mut parts = unsigned.split(|it| *it == b':');
    let digits = |it: &[u8]| it.iter().all(|it| it.is_ascii_digit() || *it == b'_');
    if !parts.next().is_some_and(digits) {
        return false;
    }
    let mut rest = parts.peekable();
    if rest.peek().is_none() {
        return false;
    }
    while let Some(part) = rest.next() {
        let (part, fraction) = match part.iter().position(|it| *it == b'.') {
            Some(point) if rest.peek().is_none() => part.split_at(point),
            _ => (part, [].as_slice()),
        };
        let fits = match part {
            [digit] => digit.is_ascii_digit(),
            [b'0'..=b'5', digit] => digit.is_ascii_digit(),
            _ => false,
        };
        if !fits || !digits(fraction.get(1..).unwrap_or_default()) {
            return false;
        }
    }
    true
}

/// Base64 in lines of 70 characters, each ended where there is more than one.
fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    const LINE: usize = 70;
    let text = STANDARD.encode(bytes).into_bytes();
    if text.len() < LINE {
        return text;
    }
    let mut out = Vec::with_capacity(text.len() + text.len() / LINE + 1);
    for line in text.chunks(LINE) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out
}
