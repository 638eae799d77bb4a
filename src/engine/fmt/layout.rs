//! Flags, width and precision, and how they lay out a single number or text.

use crate::strconv;

/// The flags of one directive.
///
/// Mirrors `fmt.fmt`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    pub width: Option<usize>,
    pub precision: Option<usize>,
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    /// `%#v`: Go syntax, in place of `sharp`.
    pub go_syntax: bool,
    /// `%+v`: names of struct fields, in place of `plus`.
    pub names: bool,
}

impl Layout {
    /// Fills up to the width, counted in code points.
    pub fn pad(&self, out: &mut Vec<u8>, text: &[u8]) {
        let missing = self.width.map_or(0, |it| it.saturating_sub(strconv::rune_count(text)));
        if self.minus {
            out.extend_from_slice(text);
            self.fill(out, missing);
        } else {
            self.fill(out, missing);
            out.extend_from_slice(text);
        }
    }

    /// As `%s`: cut to the precision, then filled.
    pub fn text(&self, out: &mut Vec<u8>, text: &[u8]) {
        self.pad(out, self.cut(text));
    }

    /// As `%q`: a quoted literal.
    pub fn quoted(&self, out: &mut Vec<u8>, text: &[u8]) {
        let text = self.cut(text);
        if self.sharp && strconv::can_backquote(text) {
            self.pad(out, &[b"`", text, b"`"].concat());
        } else if self.plus {
            self.pad(out, strconv::quote_to_ascii(text).as_bytes());
        } else {
            self.pad(out, strconv::quote(text).as_bytes());
        }
    }

    /// As `%x` or, where `upper`, `%X` of a text: two digits a byte. The precision counts bytes.
    pub fn hex_text(&self, out: &mut Vec<u8>, text: &[u8], upper: bool) {
        let text = self.precision.and_then(|it| text.get(..it)).unwrap_or(text);
        let prefix = match (self.sharp, upper) {
            (false, _) => "",
            (true, false) => "0x",
            (true, true) => "0X",
        };
        let mut encoded = String::with_capacity(text.len() * 2);
        for (index, byte) in text.iter().enumerate() {
            if self.space && index > 0 {
                encoded.push(' ');
            }
            if self.space || index == 0 {
                encoded.push_str(prefix);
            }
            encoded.push_str(&if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        }
        self.pad(out, encoded.as_bytes());
    }

    /// An integer in base 2, 8, 10 or 16, as its magnitude and sign. The verb `O` adds `0o`, `X` asks for capitals.
    pub fn integer(&self, out: &mut Vec<u8>, magnitude: u64, negative: bool, base: u8, verb: char) {
        let signed = negative || self.plus || self.space;
        let digits_wanted = match (self.precision, self.width) {
            (Some(0), _) if magnitude == 0 => return self.spaces().fill(out, self.width.unwrap_or(0)),
            (Some(precision), _) => precision,
            (None, Some(width)) if self.zero && !self.minus => width.saturating_sub(signed.into()),
            _ => 0,
        };
        let digits = match base {
            2 => format!("{magnitude:b}"),
            8 => format!("{magnitude:o}"),
            16 if verb == 'X' => format!("{magnitude:X}"),
            16 => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let zeros = digits_wanted.saturating_sub(digits.len());
        let mut text = String::with_capacity(zeros + digits.len() + 3);
        if signed {
            text.push(if negative {
                '-'
            } else if self.plus {
                '+'
            } else {
                ' '
            });
        }
        text.push_str(match base {
            _ if verb == 'O' => "0o",
            2 if self.sharp => "0b",
            16 if self.sharp && verb == 'X' => "0X",
            16 if self.sharp => "0x",
            _ => "",
        });
        if base == 8 && self.sharp && zeros == 0 && !digits.starts_with('0') {
            text.push('0');
        }
        text.extend(std::iter::repeat_n('0', zeros));
        text.push_str(&digits);
        self.spaces().pad(out, text.as_bytes());
    }

    /// As `%U`: `U+0078`, and with `#` the character itself behind it.
    pub fn unicode(&self, out: &mut Vec<u8>, code: u64) {
        let digits = self.precision.unwrap_or(0).max(4);
        let mut text = format!("U+{code:0digits$X}");
        if let Some(rune) = rune(code).filter(|it| self.sharp && strconv::is_print(*it)) {
            text.push_str(&format!(" '{rune}'"));
        }
        self.spaces().pad(out, text.as_bytes());
    }

    /// As `%c`.
    pub fn character(&self, out: &mut Vec<u8>, code: u64) {
        let rune = rune(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.pad(out, rune.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// As `%q` of an integer.
    pub fn quoted_character(&self, out: &mut Vec<u8>, code: u64) {
        let rune = rune(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        let text = if self.plus { strconv::quote_rune_to_ascii(rune) } else { strconv::quote_rune(rune) };
        self.pad(out, text.as_bytes());
    }

    /// A float by a verb of `strconv.FormatFloat`; `precision` is that of the verb where the directive names none.
    pub fn float(&self, out: &mut Vec<u8>, value: f64, verb: u8, precision: i32) {
        let precision = self.precision.map_or(precision, |it| i32::try_from(it).unwrap_or(i32::MAX));
        let number = strconv::format_float(value, verb, precision);
        let (sign, number) = match number.strip_prefix('-') {
            Some(rest) => ('-', rest),
            None => ('+', number.strip_prefix('+').unwrap_or(&number)),
        };
        let sign = if self.space && sign == '+' && !self.plus { ' ' } else { sign };
        let shown = self.plus || sign != '+';
        if !value.is_finite() {
            // An infinity always shows its sign, not-a-number only where one is asked for.
            let text = if value.is_nan() && !shown { number.into() } else { format!("{sign}{number}") };
            return self.spaces().pad(out, text.as_bytes());
        }
        let pointed = (self.sharp && verb != b'b').then(|| with_point(number, verb, precision));
        let number = pointed.as_deref().unwrap_or(number);
        if !shown {
            return self.pad(out, number.as_bytes());
        }
        let missing = self.width.map_or(0, |it| it.saturating_sub(number.len() + 1));
        if self.zero && !self.minus && missing > 0 {
            out.push(sign as u8);
            self.fill(out, missing);
            out.extend_from_slice(number.as_bytes());
        } else {
            self.pad(out, format!("{sign}{number}").as_bytes());
        }
    }

    fn fill(&self, out: &mut Vec<u8>, count: usize) {
        let byte = if self.zero && !self.minus { b'0' } else { b' ' };
        out.resize(out.len() + count, byte);
    }

    /// The same layout, filled with spaces.
    fn spaces(&self) -> Layout {
        Layout { zero: false, ..*self }
    }

    fn cut<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let Some(count) = self.precision else { return text };
        let mut end = 0;
        for _ in 0..count {
            match text.get(end..).map(strconv::decode_rune) {
                Some((_, width)) if width > 0 => end += width,
                _ => return text,
            }
        }
        text.get(..end).unwrap_or(text)
    }
}

fn rune(code: u64) -> Option<char> {
    u32::try_from(code).ok().and_then(char::from_u32)
}

/// An unsigned number under the `#` flag: always with a point, and with the trailing zeros that `%g` leaves out.
fn with_point(number: &str, verb: u8, precision: i32) -> String {
    let hexadecimal = verb.eq_ignore_ascii_case(&b'x');
    let is_mark = |it: char| matches!(it, 'p' | 'P') || !hexadecimal && matches!(it, 'e' | 'E');
    let (mantissa, tail) = number.split_at(number.find(is_mark).unwrap_or(number.len()));
    let wanted = match verb {
        b'g' | b'G' | b'x' if precision < 0 => 6,
        b'g' | b'G' | b'x' => precision as usize,
        _ => 0,
    };
    // A hexadecimal mantissa keeps its `0x`, whose `x` counts as a digit here, as it does in Go.
    let mut present = mantissa.bytes().filter(|it| *it != b'.').skip_while(|it| *it == b'0').count();
    let mut text = mantissa.to_string();
    if !mantissa.contains('.') {
        present += usize::from(mantissa == "0");
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', wanted.saturating_sub(present)));
    text + tail
}
