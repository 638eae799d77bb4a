//! Values under a verb.

use super::layout::Layout;
use crate::engine::value::{Kind, Object, Str, Value};

/// What a pointer prints as: real addresses differ from run to run.
const ADDRESS: u64 = 0xc0_0000_0000;

/// How deep a value may nest. Only a value that contains itself comes here; Go dies of it.
const MAX_DEPTH: usize = 100_000;

/// Output in progress.
///
/// Mirrors `fmt.pp`.
#[derive(Default)]
pub(super) struct Printer {
    out: Vec<u8>,
    pub layout: Layout,
    /// Set while a bad verb prints its operand, which then is printed without its methods.
    erroring: bool,
}

/// A list or map that is being printed.
struct Open {
    items: std::vec::IntoIter<(Option<Str>, Value)>,
    first: bool,
    close: &'static [u8],
}

impl Printer {
    pub fn write(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    pub fn write_rune(&mut self, rune: char) {
        self.write(rune.encode_utf8(&mut [0; 4]).as_bytes());
    }

    pub fn finish(self) -> Str {
        self.out.into()
    }

    /// Prints one operand.
    ///
    /// Mirrors `fmt.pp.printArg`.
    pub fn argument(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.layout.pad(&mut self.out, b"<nil>"),
            (Value::Nil, _) => self.bad_verb(verb, value),
            (_, 'T') => self.layout.text(&mut self.out, value.type_name().as_bytes()),
            (_, 'p') => self.pointer(value),
            (Value::List(_) | Value::Map(_), 'w') => self.bad_verb(verb, value),
            (Value::Bytes(bytes), 'v') => self.byte_numbers("[]byte", bytes, verb),
            _ => self.value(value, verb),
        }
    }

    /// Prints a value and all that it holds, without recursion.
    ///
    /// Mirrors `fmt.pp.printValue`.
    fn value(&mut self, value: &Value, verb: char) {
        let mut open = Vec::new();
        self.begin(value, verb, &mut open);
        while let Some(top) = open.last_mut() {
            let Some((key, item)) = top.items.next() else {
                self.out.extend_from_slice(top.close);
                open.pop();
                continue;
            };
            if !std::mem::take(&mut top.first) {
                let separator: &[u8] = if self.layout.go_syntax { b", " } else { b" " };
                self.out.extend_from_slice(separator);
            }
            if let Some(key) = key {
                self.text(&key, verb, &Value::Str(key.clone()));
                self.write(b":");
            }
            if open.len() == MAX_DEPTH {
                return self.write(b"%!v(PANIC=value contains itself)");
            }
            self.begin(&item, verb, &mut open);
        }
    }

    /// Prints a value that holds no others, or opens one that does.
    fn begin(&mut self, value: &Value, verb: char, open: &mut Vec<Open>) {
        match value {
            Value::Nil if self.layout.go_syntax => self.write(b"interface {}(nil)"),
            Value::Nil => self.write(b"<nil>"),
            Value::Bool(it) => self.boolean(*it, verb, value),
            Value::Int(it) | Value::Int64(it) => self.integer(it.unsigned_abs(), Some(*it < 0), verb, value),
            Value::Int32(it) => self.integer(it.unsigned_abs().into(), Some(*it < 0), verb, value),
            Value::Uint8(it) => self.integer((*it).into(), None, verb, value),
            Value::Uint64(it) => self.integer(*it, None, verb, value),
            Value::Float(it) => self.float(*it, verb, value),
            Value::Str(it) => self.text(it, verb, value),
            Value::Bytes(it) => match verb {
                's' | 'q' | 'x' | 'X' => self.text(it, verb, value),
                _ => self.byte_numbers("[]uint8", it, verb),
            },
            Value::List(list) => {
                let items = list.to_vec().into_iter().map(|item| (None, item)).collect::<Vec<_>>();
                self.open(&list.list_type().to_string(), list.is_nil(), items, "[", b"]", open);
            }
            Value::Map(map) => {
                let items = map.to_vec().into_iter().map(|(key, item)| (Some(key), item)).collect();
                self.open(&map.map_type().to_string(), map.is_nil(), items, "map[", b"]", open);
            }
            Value::Object(object) => self.object(object.as_ref(), verb, value, open),
        }
    }

    fn open(
        &mut self,
        name: &str,
        nil: bool,
        items: Vec<(Option<Str>, Value)>,
        bracket: &str,
        close: &'static [u8],
        open: &mut Vec<Open>,
    ) {
        let go_syntax = self.layout.go_syntax;
        if go_syntax {
            self.write(name.as_bytes());
            self.write(if nil { b"(nil)" } else { b"{" });
            if nil {
                return;
            }
        } else {
            self.write(bracket.as_bytes());
        }
        let close = if go_syntax { b"}" } else { close };
        open.push(Open { items: items.into_iter(), first: true, close });
    }

    /// An object prints by its `String` method where the verb takes text, by its plain value where it does not.
    fn object(&mut self, object: &dyn Object, verb: char, value: &Value, open: &mut Vec<Open>) {
        if verb == 'w' && !self.erroring {
            return self.bad_verb(verb, value);
        }
        let plain = object.plain();
        let simple = object.object_type().kind() == plain.kind() && !matches!(plain, Value::Object(_));
        match verb {
            'v' if self.layout.go_syntax => self.layout.text(&mut self.out, object.print_go().as_bytes()),
            'v' | 's' | 'x' | 'X' | 'q' if !(self.erroring && simple) => {
                self.text(object.print().as_bytes(), verb, value);
            }
            _ => match plain {
                Value::Bool(it) if simple => self.boolean(it, verb, value),
                Value::Int(it) | Value::Int64(it) if simple => {
                    self.integer(it.unsigned_abs(), Some(it < 0), verb, value);
                }
                Value::Float(it) if simple => self.float(it, verb, value),
                Value::Str(it) if simple => self.text(&it, verb, value),
                plain @ (Value::List(_) | Value::Map(_)) if simple => self.begin(&plain, verb, open),
                _ => self.bad_verb(verb, value),
            },
        }
    }

    /// `%!d(string=text)`.
    fn bad_verb(&mut self, verb: char, value: &Value) {
        self.erroring = true;
        self.write(b"%!");
        self.write_rune(verb);
        self.write(b"(");
        if matches!(value, Value::Nil) {
            self.write(b"<nil>");
        } else {
            self.write(value.type_name().as_bytes());
            self.write(b"=");
            self.argument(value, 'v');
        }
        self.write(b")");
        self.erroring = false;
    }

    fn boolean(&mut self, it: bool, verb: char, value: &Value) {
        match verb {
            't' | 'v' => self.layout.pad(&mut self.out, if it { b"true" } else { b"false" }),
            _ => self.bad_verb(verb, value),
        }
    }

    /// An integer by its magnitude; `negative` is `None` for unsigned types, which Go syntax shows in hexadecimal.
    fn integer(&mut self, magnitude: u64, negative: Option<bool>, verb: char, value: &Value) {
        let minus = negative.unwrap_or(false);
        let code = if minus { magnitude.wrapping_neg() } else { magnitude };
        let (layout, out) = (self.layout, &mut self.out);
        match verb {
            'v' if layout.go_syntax && negative.is_none() => {
                Layout { sharp: true, ..layout }.integer(out, magnitude, false, 16, verb);
            }
            'v' | 'd' => layout.integer(out, magnitude, minus, 10, verb),
            'b' => layout.integer(out, magnitude, minus, 2, verb),
            'o' | 'O' => layout.integer(out, magnitude, minus, 8, verb),
            'x' | 'X' => layout.integer(out, magnitude, minus, 16, verb),
            'c' => layout.character(out, code),
            'q' => layout.quoted_character(out, code),
            'U' => layout.unicode(out, code),
            _ => self.bad_verb(verb, value),
        }
    }

    fn float(&mut self, it: f64, verb: char, value: &Value) {
        let (verb_byte, precision) = match verb {
            'v' => (b'g', -1),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb as u8, -1),
            'f' | 'e' | 'E' => (verb as u8, 6),
            'F' => (b'f', 6),
            _ => return self.bad_verb(verb, value),
        };
        self.layout.float(&mut self.out, it, verb_byte, precision);
    }

    fn text(&mut self, text: &[u8], verb: char, value: &Value) {
        let (layout, out) = (self.layout, &mut self.out);
        match verb {
            'v' if layout.go_syntax => layout.quoted(out, text),
            'v' | 's' => layout.text(out, text),
            'x' | 'X' => layout.hex_text(out, text, verb == 'X'),
            'q' => layout.quoted(out, text),
            _ => self.bad_verb(verb, value),
        }
    }

    /// Bytes as numbers; `name` is that of the slice in Go syntax.
    fn byte_numbers(&mut self, name: &str, bytes: &[u8], verb: char) {
        let (separator, close): (&[u8], _) = if self.layout.go_syntax { (b", ", b"}") } else { (b" ", b"]") };
        if self.layout.go_syntax {
            self.write(name.as_bytes());
        }
        self.write(if self.layout.go_syntax { b"{" } else { b"[" });
        for (index, byte) in bytes.iter().enumerate() {
            if index > 0 {
                self.write(separator);
            }
            self.integer((*byte).into(), None, verb, &Value::Uint8(*byte));
        }
        self.write(close);
    }

    fn pointer(&mut self, value: &Value) {
        let nil = match value {
            Value::List(it) => it.is_nil(),
            Value::Map(it) => it.is_nil(),
            _ => false,
        };
        if !matches!(value.kind(), Kind::Slice | Kind::Map | Kind::Ptr | Kind::Func) {
            return self.bad_verb('p', value);
        }
        let layout = Layout { sharp: !self.layout.sharp, ..self.layout };
        layout.integer(&mut self.out, if nil { 0 } else { ADDRESS }, false, 16, 'v');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_holds_itself_ends() {
        let map = crate::engine::value::Map::any();
        map.insert("a", Value::Map(map.clone()));
        map.insert("b", Value::Map(map.clone()));
        let mut printer = Printer::default();
        printer.argument(&Value::Map(map.clone()), 'v');
        assert!(printer.finish().ends_with(b"a:%!v(PANIC=value contains itself)"));
        map.remove("a");
        map.remove("b");
    }
}
