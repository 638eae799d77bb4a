//! Format strings.

use super::printer::Printer;
use crate::budget;
use crate::strconv;
use crate::value::{Str, Value};

/// The largest width, precision or argument number.
const LARGEST: i64 = 1_000_000;

/// `fmt.Sprintf`. What is wrong with the format shows in the output, as `%!d(string=x)` and the like.
///
/// Pointers print one fixed address, so that equal input gives equal output.
pub fn sprintf(format: &[u8], args: &[Value]) -> Str {
    let mut reader = Reader { format, at: 0, args, next: 0, reordered: false, good: true };
    let mut printer = Printer::default();
    while let Some(rest @ [_, ..]) = format.get(reader.at..)
        && !budget::lacks(printer.length())
    {
        let literal = rest.iter().position(|it| *it == b'%').unwrap_or(rest.len());
        printer.write(rest.get(..literal).unwrap_or_default());
        reader.at += literal + 1;
        if reader.at <= format.len() {
            reader.directive(&mut printer);
        }
    }
    reader.extra(&mut printer);
    printer.finish()
}

/// Where we are in a format and its operands.
struct Reader<'a> {
    format: &'a [u8],
    at: usize,
    args: &'a [Value],
    /// The index of the next operand.
    next: usize,
    /// Whether any directive named an operand by number.
    reordered: bool,
    /// Whether every number of this directive named an operand that is there.
    good: bool,
}

impl Reader<'_> {
    /// Prints one directive, whose `%` has been read.
    ///
    /// Mirrors one turn of `fmt.pp.doPrintf`.
    fn directive(&mut self, printer: &mut Printer) {
        self.good = true;
        self.flags(printer);
        let indexed = self.argument_number();
        let indexed = self.width(printer, indexed);
        let indexed = self.precision(printer, indexed);
        if !indexed {
            self.argument_number();
        }
        let (verb, size) = strconv::decode_rune(self.format.get(self.at..).unwrap_or_default());
        if size == 0 {
            return printer.write(b"%!(NOVERB)");
        }
        self.at += size;
        let arg = self.args.get(self.next);
        match (verb, arg) {
            ('%', _) => printer.write(b"%"),
            (verb, _) if !self.good => problem(printer, verb, "BADINDEX"),
            (verb, None) => problem(printer, verb, "MISSING"),
            (verb, Some(arg)) => {
                if matches!(verb, 'v' | 'w') {
                    printer.layout.go_syntax = printer.layout.sharp;
                    printer.layout.sharp = false;
                    printer.layout.names = printer.layout.plus;
                    printer.layout.plus = false;
                }
                printer.argument(arg, verb);
                self.next += 1;
            }
        }
    }

    /// Prints the operands that no directive used.
    fn extra(&self, printer: &mut Printer) {
        let rest = self.args.get(self.next..).unwrap_or_default();
        if self.reordered || rest.is_empty() {
            return;
        }
        printer.layout = Default::default();
        printer.write(b"%!(EXTRA ");
        for (index, arg) in rest.iter().enumerate() {
            if index > 0 {
                printer.write(b", ");
            }
            if !matches!(arg, Value::Nil) {
                printer.write(arg.type_name().as_bytes());
                printer.write(b"=");
            }
            printer.argument(arg, 'v');
        }
        printer.write(b")");
    }

    fn flags(&mut self, printer: &mut Printer) {
        printer.layout = Default::default();
        loop {
            match self.peek() {
                Some(b'#') => printer.layout.sharp = true,
                Some(b'0') => printer.layout.zero = true,
                Some(b'+') => printer.layout.plus = true,
                Some(b'-') => printer.layout.minus = true,
                Some(b' ') => printer.layout.space = true,
                _ => return,
            }
            self.at += 1;
        }
    }

    /// Reads the width; gives whether an argument number still stands before what follows.
    fn width(&mut self, printer: &mut Printer, indexed: bool) -> bool {
        if self.peek() != Some(b'*') {
            let width = self.number(self.format.len());
            printer.layout.width = width.map(|it| it as usize);
            self.good &= !(indexed && width.is_some());
            return indexed;
        }
        self.at += 1;
        match self.integer_argument() {
            Some(width) => {
                printer.layout.width = Some(width.unsigned_abs() as usize);
                if width < 0 {
                    printer.layout.minus = true;
                    printer.layout.zero = false;
                }
            }
            None => printer.write(b"%!(BADWIDTH)"),
        }
        false
    }

    /// Reads the precision; gives whether an argument number still stands before what follows.
    fn precision(&mut self, printer: &mut Printer, indexed: bool) -> bool {
        if self.peek() != Some(b'.') || self.at + 1 >= self.format.len() {
            return indexed;
        }
        self.at += 1;
        self.good &= !indexed;
        let indexed = self.argument_number();
        if self.peek() != Some(b'*') {
            printer.layout.precision = Some(self.number(self.format.len()).unwrap_or(0) as usize);
            return indexed;
        }
        self.at += 1;
        printer.layout.precision = self.integer_argument().and_then(|it| usize::try_from(it).ok());
        if printer.layout.precision.is_none() {
            printer.write(b"%!(BADPREC)");
        }
        false
    }

    /// Reads `[n]` where it stands here; gives whether it was a number.
    ///
    /// Mirrors `fmt.pp.argNumber`.
    fn argument_number(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or_default();
        let close = rest.iter().position(|it| *it == b']').filter(|_| rest.len() >= 3);
        let Some(close) = close.map(|it| self.at + it) else {
            self.good = false;
            self.at += 1;
            return false;
        };
        self.at += 1;
        let number = self.number(close).filter(|_| self.at == close);
        self.at = close + 1;
        match number.and_then(|it| usize::try_from(it - 1).ok()).filter(|it| *it < self.args.len()) {
            Some(index) => self.next = index,
            None => self.good = false,
        }
        number.is_some()
    }

    /// The operand that a `*` takes, where it is an integer of sensible size.
    fn integer_argument(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        self.next += 1;
        let value = match arg {
            Value::Int(it) | Value::Int64(it) => *it,
            Value::Int32(it) => (*it).into(),
            Value::Uint8(it) => (*it).into(),
            Value::Uint64(it) => i64::try_from(*it).ok()?,
            _ => return None,
        };
        (-LARGEST..=LARGEST).contains(&value).then_some(value)
    }

    /// A decimal number before `end`. One that is far too large is none, and everything up to `end` is skipped.
    ///
    /// Mirrors `fmt.parsenum`.
    fn number(&mut self, end: usize) -> Option<i64> {
        let mut value = None;
        while let Some(digit @ b'0'..=b'9') = self.peek().filter(|_| self.at < end) {
            let so_far = value.unwrap_or(0);
            if so_far > LARGEST {
                self.at = end;
                return None;
            }
            value = Some(so_far * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        value
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }
}

fn problem(printer: &mut Printer, verb: char, what: &str) {
    printer.write(b"%!");
    printer.write_rune(verb);
    printer.write(format!("({what})").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{List, Map, Type};

    #[test]
    fn verbs() {
        let map = Value::map([("b", Value::Int(2)), ("a", Value::list([Value::Nil, "x".into()]))]);
        let bytes = || Value::Bytes("hi".into());
        for (format, value, want) in [
            ("%v", map.clone(), "map[a:[<nil> x] b:2]"),
            ("%#v", map.clone(), r#"map[string]interface {}{"a":[]interface {}{interface {}(nil), "x"}, "b":2}"#),
            ("%d", map.clone(), "map[%!d(string=a):[<nil> %!d(string=x)] %!d(string=b):2]"),
            ("%T", map, "map[string]interface {}"),
            ("%v", Value::Nil, "<nil>"),
            ("%8v|", Value::Nil, "   <nil>|"),
            ("%s", Value::Nil, "%!s(<nil>)"),
            ("%#v", Value::List(List::nil(Type::LIST)), "[]interface {}(nil)"),
            ("%#v", Value::Map(Map::nil(Type::MAP)), "map[string]interface {}(nil)"),
            ("%#v", bytes(), "[]byte{0x68, 0x69}"),
            ("%#v", Value::list([bytes()]), "[]interface {}{[]uint8{0x68, 0x69}}"),
            ("%s %[1]x %[1]v %[1]q %[1]T", bytes(), "hi 6869 [104 105] \"hi\" []uint8"),
            ("%5.1f|%-7.2e|%g", Value::Float(2.25), "  2.2|%!e(MISSING)|%!g(MISSING)"),
            ("%06.2f|%+[1]g|%[1]v", Value::Float(-3.0), "-03.00|-3|-3"),
            ("%v", Value::Float(1e6), "1e+06"),
            ("%d", Value::Float(3.0), "%!d(float64=3)"),
            ("%x|% [1]x|%#[1]x|%# [1]X", "hi".into(), "6869|68 69|0x6869|0X68 0X69"),
            ("%q|%#[1]q|%+[1]q|%.1[1]q", "é\"".into(), "\"é\\\"\"|`é\"`|\"\\u00e9\\\"\"|\"é\""),
            ("%c|%[1]q|%[1]U|%#[1]U", Value::Int(0x1f600), "😀|'😀'|U+1F600|U+1F600 '😀'"),
            ("%b|%o|%[1]O|%#[1]x|%+[1]d|% [1]d", Value::Int(9), "1001|%!o(MISSING)|0o11|0x9|+9| 9"),
            ("%05d|%-5[1]d|%.3[1]d|%05.3[1]d", Value::Int(-7), "-0007|-7   |-007| -007"),
            ("%t %[1]d", true.into(), "true %!d(bool=true)"),
            ("%p", Value::Map(Map::any()), "0xc000000000"),
            ("%p", "x".into(), "%!p(string=x)"),
            ("%w", "x".into(), "%!w(string=x)"),
        ] {
            assert_eq!(sprintf(format.as_bytes(), &[value]), want, "{format}");
        }
    }

    #[test]
    fn faults_show_in_the_output() {
        for (format, args, want) in [
            ("%d %d", vec![Value::Int(1)], "1 %!d(MISSING)"),
            ("%d", vec![Value::Int(1), Value::Nil, "x".into()], "1%!(EXTRA <nil>, string=x)"),
            ("%", vec![], "%!(NOVERB)"),
            ("%%%5%", vec![], "%%"),
            ("%!(x", vec![], "%!!(MISSING)(x"),
            ("%z", vec![Value::Int(1)], "%!z(int=1)"),
            ("%[2]d", vec![Value::Int(1)], "%!d(BADINDEX)"),
            ("%[x]d", vec![Value::Int(1)], "%!d(BADINDEX)"),
            ("%[2]*[1]d", vec![Value::Int(1), Value::Int(3)], "  1"),
            ("%*d", vec!["x".into(), Value::Int(3)], "%!(BADWIDTH)3"),
            ("%.*d", vec![Value::Int(-1), Value::Int(3)], "%!(BADPREC)3"),
            ("%-*d|", vec![Value::Int(-3), Value::Int(3)], "3  |"),
            ("%99999999d", vec![Value::Int(3)], "%!(NOVERB)%!(EXTRA int=3)"),
            ("é%\u{e9}", vec![Value::Int(3)], "é%!é(int=3)"),
        ] {
            assert_eq!(sprintf(format.as_bytes(), &args), want, "{format}");
        }
    }
}
