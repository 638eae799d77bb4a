//! Lines, indentation and scalars, as libyaml's emitter puts them in block style.

use super::scalar::{Style, Text};
use crate::yaml::chars::{at, is_break, is_printable, width};
use crate::yaml::resolve::Version;

pub const INDENT: isize = 2;
const BOM: &[u8] = b"\xEF\xBB\xBF";

pub struct Emitter {
    pub out: Vec<u8>,
    pub version: Version,
    /// The current column of block collections, -1 outside of any.
    pub indent: isize,
    /// Whether the line holds nothing but indentation and indicators.
    pub indention: bool,
    /// Whether a space or the start of a line came last.
    whitespace: bool,
    column: usize,
    /// The column after which go-yaml v2 folds at the next space; v3 does not.
    best_width: usize,
}

impl Emitter {
    pub fn new(version: Version) -> Self {
        let best_width = if version == Version::V2 { 80 } else { usize::MAX };
        Emitter { out: Vec::new(), version, indent: -1, indention: true, whitespace: true, column: 0, best_width }
    }

    /// Moves to the current indentation, on a new line where this one holds something already.
    pub fn indent_line(&mut self) {
        let indent = self.indent.max(0) as usize;
        if !self.indention || self.column > indent || self.column == indent && !self.whitespace {
            self.put_break();
        }
        if let Some(missing) = indent.checked_sub(self.column) {
            self.out.resize(self.out.len() + missing, b' ');
            self.column = indent;
        }
        self.whitespace = true;
        if self.version == Version::V2 {
            self.indention = true;
        }
    }

    pub fn indicator(&mut self, indicator: &[u8], need_whitespace: bool, is_whitespace: bool, is_indention: bool) {
        if need_whitespace && !self.whitespace {
            self.put(b' ');
        }
        self.out.extend_from_slice(indicator);
        self.column += indicator.len();
        self.whitespace = is_whitespace;
        self.indention &= is_indention;
    }

    /// An empty collection.
    pub fn empty(&mut self, open: u8, close: u8) {
        self.indicator(&[open], true, true, false);
        self.indicator(&[close], false, false, false);
    }

    /// A plain scalar that needs no look.
    pub fn word(&mut self, word: &str) {
        if !self.whitespace {
            self.put(b' ');
        }
        self.out.extend_from_slice(word.as_bytes());
        self.column += word.len();
        self.whitespace = false;
        self.indention = false;
    }

    /// A string.
    pub fn scalar(&mut self, text: &Text, simple_key: bool) {
        if text.is_binary() {
            if !self.whitespace {
                self.put(b' ');
            }
            self.out.extend_from_slice(b"!!binary");
            self.column += b"!!binary".len();
            self.whitespace = false;
            self.indention = false;
        }
        let outer = self.indent;
        self.indent = if outer < 0 { INDENT } else { outer + INDENT };
        match text.style(simple_key) {
            Style::Plain => self.plain(text.bytes(), !simple_key),
            Style::SingleQuoted => self.single_quoted(text.bytes(), !simple_key),
            Style::DoubleQuoted => self.double_quoted(text.bytes(), !simple_key),
            Style::Literal => self.literal(text.bytes()),
        }
        self.indent = outer;
    }

    fn plain(&mut self, value: &[u8], may_fold: bool) {
        if !self.whitespace {
            self.put(b' ');
        }
        let mut after_space = false;
        let mut index = 0;
        while index < value.len() {
            if value[index] == b' ' {
                let fold = may_fold && !after_space && self.column > self.best_width && at(value, index + 1) != b' ';
                self.space(fold, value, &mut index);
                after_space = true;
            } else {
                self.copy(value, &mut index);
                self.indention = false;
                after_space = false;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, value: &[u8], may_fold: bool) {
        self.indicator(b"'", true, false, false);
        let (mut after_space, mut after_break) = (false, false);
        let mut index = 0;
        while index < value.len() {
            if value[index] == b' ' {
                let inside = index > 0 && index + 1 < value.len() && value[index + 1] != b' ';
                let fold = may_fold && !after_space && self.column > self.best_width && inside;
                self.space(fold, value, &mut index);
                after_space = true;
            } else if is_break(value, index) {
                if !after_break && value[index] == b'\n' {
                    self.put_break();
                }
                self.copy_break(value, &mut index);
                self.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.indent_line();
                }
                if value[index] == b'\'' {
                    self.put(b'\'');
                }
                self.copy(value, &mut index);
                self.indention = false;
                (after_space, after_break) = (false, false);
            }
        }
        self.indicator(b"'", false, false, false);
    }

    fn double_quoted(&mut self, value: &[u8], may_fold: bool) {
        self.indicator(b"\"", true, false, false);
        // libyaml looks for the byte order mark at the start of the text only, but at every character.
        let escape_all = value.starts_with(BOM);
        let mut after_space = false;
        let mut index = 0;
        while index < value.len() {
            let byte = value[index];
            if escape_all || byte == b'"' || byte == b'\\' || !is_printable(value, index) || is_break(value, index) {
                self.escape(value, &mut index);
                after_space = false;
            } else if byte == b' ' {
                let inside = index > 0 && index + 1 < value.len();
                let fold = may_fold && !after_space && self.column > self.best_width && inside;
                self.space(fold, value, &mut index);
                if fold && at(value, index) == b' ' {
                    self.put(b'\\');
                }
                after_space = true;
            } else {
                self.copy(value, &mut index);
                after_space = false;
            }
        }
        self.indicator(b"\"", false, false, false);
    }

    fn literal(&mut self, value: &[u8]) {
        self.indicator(b"|", true, false, false);
        if at(value, 0) == b' ' || is_break(value, 0) {
            self.indicator(b"2", false, false, false);
        }
        if let Some(hint) = chomping(value) {
            self.indicator(hint, false, false, false);
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut after_break = true;
        let mut index = 0;
        while index < value.len() {
            if is_break(value, index) {
                self.copy_break(value, &mut index);
                self.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.indent_line();
                }
                self.copy(value, &mut index);
                self.indention = false;
                after_break = false;
            }
        }
    }

    /// Writes a space, or in place of it a new line.
    fn space(&mut self, fold: bool, value: &[u8], index: &mut usize) {
        if fold {
            self.indent_line();
            *index += 1;
        } else {
            self.copy(value, index);
        }
    }

    fn escape(&mut self, value: &[u8], index: &mut usize) {
        let length = width(value[*index]);
        let character = value.get(*index..*index + length).and_then(|it| std::str::from_utf8(it).ok());
        let code = character.and_then(|it| it.chars().next()).map_or(u32::from(value[*index]), u32::from);
        *index += length;
        let text = match code {
            0x00 => r"\0".into(),
            0x07 => r"\a".into(),
            0x08 => r"\b".into(),
            0x09 => r"\t".into(),
            0x0A => r"\n".into(),
            0x0B => r"\v".into(),
            0x0C => r"\f".into(),
            0x0D => r"\r".into(),
            0x1B => r"\e".into(),
            0x22 => r#"\""#.into(),
            0x5C => r"\\".into(),
            0x85 => r"\N".into(),
            0xA0 => r"\_".into(),
            0x2028 => r"\L".into(),
            0x2029 => r"\P".into(),
            _ if code <= 0xFF => format!("\\x{code:02X}"),
            _ if code <= 0xFFFF => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        };
        self.out.extend_from_slice(text.as_bytes());
        self.column += text.len();
    }

    fn put(&mut self, byte: u8) {
        self.out.push(byte);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        if self.version == Version::V3 {
            self.indention = true;
        }
    }

    fn copy(&mut self, value: &[u8], index: &mut usize) {
        let end = (*index + width(value[*index])).min(value.len());
        self.out.extend_from_slice(&value[*index..end]);
        *index = end;
        self.column += 1;
    }

    fn copy_break(&mut self, value: &[u8], index: &mut usize) {
        if value[*index] == b'\n' {
            self.put_break();
            *index += 1;
        } else {
            self.copy(value, index);
            self.column = 0;
        }
    }
}

/// `-` where no break ends the text, `+` where more than one does or nothing comes before it.
fn chomping(value: &[u8]) -> Option<&'static [u8]> {
    let before = |end: usize| {
        let start = value[..end].iter().rposition(|it| it & 0xC0 != 0x80)?;
        Some((start, is_break(value, start)))
    };
    match before(value.len()) {
        Some((0, true)) => Some(b"+"),
        Some((last, true)) => before(last).filter(|it| it.1).map(|_| b"+".as_slice()),
        _ => Some(b"-"),
    }
}
