//! Values under a verb.

use super::layout::Layout;
use crate::budget;
use crate::value::{Kind, List, Map, Object, Str, Type, Value};

/// What a pointer prints as: real addresses differ from run to run.
const ADDRESS: u64 = 0xc0_0000_0000;

/// How deep a value may nest. Only a value that contains itself comes here; Go dies of it.
const MAX_DEPTH: usize = crate::limits::PRINTED_VALUES.size();

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
    items: std::vec::IntoIter<(Label, Value)>,
    first: bool,
    close: &'static [u8],
}

/// What stands before an item.
enum Label {
    None,
    Key(Str),
    Field(&'static str),
}

impl Printer {
    pub fn write(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    pub fn write_rune(&mut self, rune: char) {
        self.write(rune.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// How much was written.
    pub fn length(&self) -> usize {
        self.out.len()
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
            if budget::lacks(self.out.len()) {
                return;
            }
            let Some((label, item)) = top.items.next() else {
                self.out.extend_from_slice(top.close);
                open.pop();
                continue;
            };
            if !std::mem::take(&mut top.first) {
                let separator: &[u8] = if self.layout.go_syntax { b", " } else { b" " };
                self.out.extend_from_slice(separator);
            }
            match label {
                Label::Key(key) => {
                    self.text(&key, verb, &Value::Str(key.clone()));
                    self.write(b":");
                }
                Label::Field(name) if self.layout.names || self.layout.go_syntax => {
                    self.write(name.as_bytes());
                    self.write(b":");
                }
                _ => {}
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
            Value::List(list) if list.list_type().element() == Some(Type::Uint8) && "sqxX".contains(verb) => {
                let byte = |it: &Value| if let Value::Uint8(byte) = it { *byte } else { 0 };
                let bytes: Vec<u8> = list.items().iter().map(byte).collect();
                self.text(&bytes, verb, value);
            }
            Value::List(list) => self.open_list(list, list.list_type(), open),
            Value::Map(map) => self.open_map(map, map.map_type(), open),
            Value::Object(object) => self.object(object.as_ref(), verb, value, open),
        }
    }

    fn open_list(&mut self, list: &List, name: Type, open: &mut Vec<Open>) {
        let items = list.to_vec().into_iter().map(|item| (Label::None, item)).collect();
        self.open(&name.to_string(), list.is_nil(), items, ["[", "]"], open);
    }

    fn open_map(&mut self, map: &Map, name: Type, open: &mut Vec<Open>) {
        let items = map.to_vec().into_iter().map(|(key, item)| (Label::Key(key), item)).collect();
        self.open(&name.to_string(), map.is_nil(), items, ["map[", "]"], open);
    }

    /// Starts a list, map or struct; `brackets` are those it has outside of Go syntax.
    fn open(
        &mut self,
        name: &str,
        nil: bool,
        items: Vec<(Label, Value)>,
        brackets: [&'static str; 2],
        open: &mut Vec<Open>,
    ) {
        let [begin, close] = if self.layout.go_syntax { ["{", "}"] } else { brackets };
        if self.layout.go_syntax {
            self.write(name.as_bytes());
            if nil {
                return self.write(b"(nil)");
            }
        }
        self.write(begin.as_bytes());
        open.push(Open { items: items.into_iter(), first: true, close: close.as_bytes() });
    }

    /// An object prints by its `String` method where it has one and the verb takes text, else by what it is made of.
    fn object(&mut self, object: &dyn Object, verb: char, value: &Value, open: &mut Vec<Open>) {
        if verb == 'w' && !self.erroring {
            return self.bad_verb(verb, value);
        }
        let by_method = !self.erroring && object.has_string_method();
        if by_method && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') && !self.layout.go_syntax {
            return self.text(object.print().as_bytes(), verb, value);
        }
        let own_type = object.object_type();
        if own_type.kind() == Kind::Complex128 {
            return self.complex(object, verb, value);
        }
        if let Some(fields) = object.printed_fields() {
            let name = own_type.to_string();
            if own_type.kind() == Kind::Ptr {
                if !open.is_empty() {
                    return self.address(ADDRESS, verb, value);
                }
                self.write(b"&");
            }
            let items = fields.into_iter().map(|(name, item)| (Label::Field(name), item)).collect();
            return self.open(name.trim_start_matches('*'), false, items, ["{", "}"], open);
        }
        let plain = object.plain();
        let simple = own_type.kind() == plain.kind();
        match plain {
            Value::List(it) if simple => self.open_list(&it, own_type, open),
            Value::Map(it) if simple => self.open_map(&it, own_type, open),
            _ if verb == 'v' && self.layout.go_syntax => self.layout.text(&mut self.out, object.print_go().as_bytes()),
            Value::Bool(it) if simple => self.boolean(it, verb, value),
            Value::Int(it) | Value::Int64(it) if simple => self.integer(it.unsigned_abs(), Some(it < 0), verb, value),
            Value::Float(it) if simple => self.float(it, verb, value),
            Value::Str(it) if simple => self.text(&it, verb, value),
            _ if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') => self.text(object.print().as_bytes(), verb, value),
            _ => self.bad_verb(verb, value),
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

    /// The two parts of a complex number, the second always with its sign.
    fn complex(&mut self, object: &dyn Object, verb: char, value: &Value) {
        if !"vbgGxXfFeE".contains(verb) {
            return self.bad_verb(verb, value);
        }
        let plus = self.layout.plus;
        self.write(b"(");
        for (_, part) in object.fields().unwrap_or_default() {
            if let Value::Float(part) = part {
                self.float(part, verb, value);
            }
            self.layout.plus = true;
        }
        self.layout.plus = plus;
        self.write(b"i)");
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
        self.address(if nil { 0 } else { ADDRESS }, 'p', value);
    }

    /// Mirrors `fmt.pp.fmtPointer`.
    fn address(&mut self, address: u64, verb: char, value: &Value) {
        match verb {
            'v' if self.layout.go_syntax => {
                self.write(format!("({})(0x{address:x})", value.type_name()).as_bytes());
            }
            'v' | 'p' => {
                let layout = Layout { sharp: !self.layout.sharp, ..self.layout };
                layout.integer(&mut self.out, address, false, 16, 'v');
            }
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(address, None, verb, value),
            _ => self.bad_verb(verb, value),
        }
    }
}

#[cfg(test)]
mod tests;
