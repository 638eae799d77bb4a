//! Reading TOML.

use std::collections::{BTreeMap, BTreeSet};

use crate::sprig::toml::cursor::{Cursor, END, TomlError, is_bare, is_blank, is_newline};
use crate::sprig::toml::{joined_keys, scalar};
use crate::strconv;
use crate::value::{List, Map, Str, Type, Value};

/// Reads a document. Numbers are int64 and float64, tables `map[string]interface {}`, arrays of tables written with
/// `[[...]]` `[]map[string]interface {}`, dates and times `time.Time`. The error is Go's text.
///
/// Mirrors `toml.Unmarshal` into a `map[string]interface {}`.
pub fn read(text: &[u8]) -> Result<Value, String> {
    const MARKS: [&[u8]; 3] = [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"];
    let text = MARKS.iter().find_map(|mark| text.strip_prefix(*mark)).unwrap_or(text);
    if text.iter().take(6).any(|it| *it == 0) {
        let wide = "files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8";
        return Err(format!("toml: line 1: {wide}"));
    }
    let mut reader = Reader {
        cursor: Cursor::new(text),
        root: Map::any(),
        context: Vec::new(),
        current: Str::default(),
        line: 1,
        implicit: BTreeSet::new(),
        arrays: BTreeMap::new(),
        depth: 0,
    };
    match reader.document() {
        Ok(()) => Ok(Value::Map(reader.root)),
        Err(fault) => {
            let place = match reader.last_key() {
                key if key.is_empty() => String::new(),
                key => format!(" (last key {})", strconv::quote(&key)),
            };
            Err(format!("toml: line {}{place}: {}", fault.line, fault.message))
        }
    }
}

pub(super) type Path = Vec<Str>;

/// Deeper values are refused; Go has room for more.
const DEEPEST: usize = crate::limits::TOML_DEPTH.size();

/// One `key = value`: the tables its key names, the last part of it, and the value.
pub(super) struct Entry {
    pub(super) parents: Path,
    pub(super) key: Str,
    pub(super) value: Value,
}

pub(super) struct Reader<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) root: Map,
    /// The table that keys go to.
    pub(super) context: Path,
    /// The key whose value is being read; empty between entries.
    pub(super) current: Str,
    /// The line of the last key, where faults of tables are placed.
    pub(super) line: usize,
    /// Tables that only came about on the way to others.
    pub(super) implicit: BTreeSet<Path>,
    /// Whether what was last given to a path is an inline array, which a table may replace.
    pub(super) arrays: BTreeMap<Path, bool>,
    pub(super) depth: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<(), TomlError> {
        loop {
            let before = self.cursor;
            match self.cursor.next()? {
                END => return Ok(()),
                rune if is_blank(rune) || is_newline(rune) => (),
                '#' => self.comment()?,
                '[' => {
                    self.table_header()?;
                    self.end_of_entry()?;
                }
                _ => {
                    self.cursor = before;
                    let outer = self.context.clone();
                    self.entry()?;
                    self.context = outer;
                    self.current = Str::default();
                    self.end_of_entry()?;
                }
            }
        }
    }

    fn comment(&mut self) -> Result<(), TomlError> {
        self.cursor.skip(|it| !is_newline(it))
    }

    fn end_of_entry(&mut self) -> Result<(), TomlError> {
        self.cursor.skip(is_blank)?;
        match self.cursor.next()? {
            END => Ok(()),
            '#' => self.comment(),
            rune if is_newline(rune) => Ok(()),
            rune => self.cursor.fault(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                strconv::quote_rune(rune)
            )),
        }
    }

    fn table_header(&mut self) -> Result<(), TomlError> {
        let array = self.cursor.accept('[')?;
        let mut key = Path::new();
        loop {
            self.cursor.skip(is_blank)?;
            let part = match self.cursor.peek()? {
                ']' | END => {
                    return self.cursor.fault("unexpected end of table name (table names cannot be empty)");
                }
                '.' => return self.cursor.fault("unexpected table separator (table names cannot be empty)"),
                _ => self.key_part()?,
            };
            if key.is_empty() {
                self.line = self.cursor.line();
            }
            key.push(part);
            self.cursor.skip(is_blank)?;
            match self.cursor.next()? {
                '.' => (),
                ']' => break,
                rune => {
                    let found = strconv::quote_rune(rune);
                    let message = format!("expected '.' or ']' to end table name, but got {found} instead");
                    return self.cursor.fault_at(rune, message);
                }
            }
        }
        if array {
            let rune = self.cursor.next()?;
            if rune != ']' {
                let found = strconv::quote_rune(rune);
                let message = format!("expected end of table array name delimiter ']', but got {found} instead");
                return self.cursor.fault_at(rune, message);
            }
        }
        self.open(&key, array)?;
        self.arrays.insert(self.context.clone(), false);
        Ok(())
    }

    /// Reads `key = value` into the context, which it leaves at the table the key names.
    fn entry(&mut self) -> Result<Entry, TomlError> {
        self.cursor.skip(is_blank)?;
        match self.cursor.peek()? {
            '=' | END => return self.cursor.fault("unexpected '=': key name appears blank"),
            '.' => return self.cursor.fault("unexpected '.': keys cannot start with a '.'"),
            _ => (),
        }
        let mut parents = Path::new();
        let key = loop {
            self.cursor.skip(is_blank)?;
            let part = match self.cursor.peek()? {
                '=' | END => return self.cursor.fault("unexpected '='"),
                '.' => return self.cursor.fault("unexpected '.'"),
                _ => self.key_part()?,
            };
            if parents.is_empty() {
                self.line = self.cursor.line();
            }
            self.cursor.skip(is_blank)?;
            match self.cursor.next()? {
                '.' => parents.push(part),
                '=' => break part,
                END => return self.cursor.fault_at(END, "unexpected EOF; expected key separator '='"),
                rune => {
                    let message = format!("expected '.' or '=', but got {} instead", strconv::quote_rune(rune));
                    return self.cursor.fault_before(rune, message);
                }
            }
        };
        self.current = key.clone();
        for part in &parents {
            let path = [&self.context[..], std::slice::from_ref(part)].concat();
            self.implicit.insert(path.clone());
            self.open(&path, false)?;
        }
        let value = self.value(false)?;
        self.set(&key, value.clone())?;
        self.arrays.insert(self.current_path(), matches!(value, Value::List(_)));
        Ok(Entry { parents, key, value })
    }

    fn key_part(&mut self) -> Result<Str, TomlError> {
        let start = self.cursor.position();
        match self.cursor.peek()? {
            '"' => {
                self.cursor.next()?;
                scalar::basic_string(&mut self.cursor)
            }
            '\'' => {
                self.cursor.next()?;
                scalar::literal_string(&mut self.cursor)
            }
            _ => {
                self.cursor.skip(|it| is_bare(u32::from(it)))?;
                Ok(self.cursor.since(start).into())
            }
        }
    }

    /// Reads a value. `in_array` where it is an element of one.
    fn value(&mut self, in_array: bool) -> Result<Value, TomlError> {
        self.cursor.skip(is_blank)?;
        let before = self.cursor;
        let start = self.cursor.position();
        let rune = self.cursor.next()?;
        match rune {
            '0'..='9' => {
                self.cursor = before;
                scalar::number_or_date(&mut self.cursor)
            }
            '-' | '+' => scalar::signed(&mut self.cursor, start),
            '[' => self.deeper(Self::array),
            '{' => self.deeper(|it| it.inline_table(in_array)),
            '"' => {
                if self.cursor.accept('"')? {
                    if self.cursor.accept('"')? {
                        return scalar::long_basic_string(&mut self.cursor).map(Value::Str);
                    }
                    self.cursor = before;
                    self.cursor.next()?;
                }
                scalar::basic_string(&mut self.cursor).map(Value::Str)
            }
            '\'' => {
                if self.cursor.accept('\'')? {
                    if self.cursor.accept('\'')? {
                        return scalar::long_literal_string(&mut self.cursor).map(Value::Str);
                    }
                    self.cursor = before;
                    self.cursor.next()?;
                }
                scalar::literal_string(&mut self.cursor).map(Value::Str)
            }
            '.' => self.cursor.fault("floats must start with a digit, not '.'"),
            'i' | 'n' => scalar::special_float(&mut self.cursor, start),
            rune if rune.is_alphabetic() => {
                self.cursor = before;
                scalar::boolean(&mut self.cursor)
            }
            END => self.cursor.fault_at(END, "unexpected EOF; expected value"),
            rune => {
                let message = format!("expected value but found {} instead", strconv::quote_rune(rune));
                self.cursor.fault_before(rune, message)
            }
        }
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Result<Value, TomlError>) -> Result<Value, TomlError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.cursor.fault("value is nested too deeply");
        }
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self) -> Result<Value, TomlError> {
        self.arrays.insert(self.current_path(), true);
        let mut items = Vec::new();
        while !self.ends(']')? {
            items.push(self.value(true)?);
            if !self.another(']')? {
                break;
            }
        }
        Ok(Value::List(List::grown(Type::LIST, items)))
    }

    /// Before an element: whether the end is here in its place.
    fn ends(&mut self, end: char) -> Result<bool, TomlError> {
        loop {
            let before = self.cursor;
            match self.cursor.next()? {
                rune if is_blank(rune) || is_newline(rune) => (),
                '#' => self.comment()?,
                ',' => return self.cursor.fault("unexpected comma"),
                rune if rune == end => return Ok(true),
                _ => {
                    self.cursor = before;
                    return Ok(false);
                }
            }
        }
    }

    /// After an element: whether a comma follows, or the end.
    fn another(&mut self, end: char) -> Result<bool, TomlError> {
        loop {
            let rune = self.cursor.next()?;
            match rune {
                rune if is_blank(rune) || is_newline(rune) => (),
                '#' => self.comment()?,
                ',' => return Ok(true),
                rune if rune == end => return Ok(false),
                rune => {
                    let found = if rune == END { "end of file".into() } else { format!("'{rune}'") };
                    let message = match end {
                        ']' => format!("expected a comma (',') or array terminator (']'), but got {found}"),
                        _ => format!("expected a comma or an inline table terminator '}}', but got {found} instead"),
                    };
                    return self.cursor.fault_at(rune, message);
                }
            }
        }
    }

    /// The table is built twice: here, and in the document, where its keys are checked against others.
    fn inline_table(&mut self, in_array: bool) -> Result<Value, TomlError> {
        let top = Map::any();
        let (outer, outer_key) = (self.context.clone(), std::mem::take(&mut self.current));
        let own = [&outer[..], std::slice::from_ref(&outer_key)].concat();
        self.context = own.clone();
        self.implicit.insert(own.clone());
        self.open(&own, in_array)?;
        while !self.ends('}')? {
            let entry = self.entry()?;
            self.copy_entry(&top, entry)?;
            self.context = own.clone();
            if !self.another('}')? {
                break;
            }
        }
        self.context = outer;
        self.current = outer_key;
        Ok(Value::Map(top))
    }

    fn current_path(&self) -> Path {
        [&self.context[..], std::slice::from_ref(&self.current)].concat()
    }

    fn last_key(&self) -> Vec<u8> {
        match (self.context.is_empty(), self.current.is_empty()) {
            (_, true) => joined_keys(&self.context),
            (true, false) => self.current.to_vec(),
            (false, false) => [&joined_keys(&self.context)[..], b".", &self.current].concat(),
        }
    }
}
