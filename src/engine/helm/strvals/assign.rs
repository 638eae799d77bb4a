//! Names, indexes and where their values go.

use super::scanner::{Scanner, Stop};
use super::{StrvalsError, json, line};
use crate::helm::helm_version::HelmVersion;
use crate::strconv;
use crate::value::{List, Map, Type, Value};

/// The largest list index.
pub(super) const MAX_INDEX: i64 = crate::limits::SET_INDEX.most as i64;
/// How many dots a name may hold.
pub(super) const MAX_DEPTH: usize = crate::limits::SET_DEPTH.size();

/// How the text of a value becomes a value.
pub enum ValueForm<'a> {
    Typed,
    Text,
    Json,
    Literal,
    Reader(&'a mut dyn FnMut(&str) -> Result<Value, String>),
}

/// The end of the line is no fault, but ends the work wherever it is met; before Helm 4 it is one within an index.
enum Halt {
    End,
    Fault(StrvalsError),
}

type Step<T> = Result<T, Halt>;

pub(super) fn assign(line: &[u8], dest: &Map, helm: HelmVersion, source: ValueForm<'_>) -> Result<(), StrvalsError> {
    let mut parser = Parser { scanner: Scanner::new(line), source, ends_in_index: helm.behaviour().is_4 };
    loop {
        match parser.key(dest, 0) {
            Ok(()) => {}
            Err(Halt::End) => return Ok(()),
            Err(Halt::Fault(fault)) => return Err(fault),
        }
    }
}

struct Parser<'a> {
    scanner: Scanner,
    source: ValueForm<'a>,
    ends_in_index: bool,
}

impl Parser<'_> {
    fn literal(&self) -> bool {
        matches!(self.source, ValueForm::Literal)
    }

    fn until(&mut self, stops: &[char]) -> (String, Stop) {
        let escapes = !self.literal();
        self.scanner.until(stops, escapes)
    }

    fn key(&mut self, data: &Map, depth: usize) -> Step<()> {
        let stops: &[char] = if self.literal() { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (name, stop) = self.until(stops);
        match stop {
            Stop::End if name.is_empty() => Err(Halt::End),
            Stop::End => fault(StrvalsError::NoValue(name)),
            Stop::At('[') => {
                let index = self.index()?;
                let mut list = match data.get(&name) {
                    Some(it) => as_list(&it)?,
                    None => Vec::new(),
                };
                let outcome = self.list_item(&mut list, index, depth);
                set(data, name, Value::list(list));
                outcome
            }
            Stop::At('=') => self.value(data, name),
            Stop::At(',') => {
                set(data, name.clone(), Value::from(""));
                fault(StrvalsError::NoValueBeforeComma(name))
            }
            Stop::At(_) => {
                if depth + 1 > MAX_DEPTH {
                    return fault(StrvalsError::TooDeep);
                }
                let inner = match data.get(&name) {
                    Some(it) => as_map(&it)?,
                    None => Map::any(),
                };
                let outcome = self.key(&inner, depth + 1);
                if inner.is_empty() {
                    if outcome.is_ok() {
                        return fault(StrvalsError::EmptyMap(name));
                    }
                } else {
                    set(data, name, Value::Map(inner));
                }
                outcome
            }
        }
    }

    /// What follows `name=`.
    fn value(&mut self, data: &Map, name: String) -> Step<()> {
        if self.literal() {
            let (text, _) = self.until(&[]);
            set(data, name, Value::from(text));
            return Ok(());
        }
        if matches!(self.source, ValueForm::Json) {
            let value = self.json()?;
            set(data, name, value);
            return Ok(());
        }
        match self.scanner.peek() {
            None => {
                set(data, name, Value::from(""));
                Err(Halt::End)
            }
            Some('{') => {
                let list = self.braces()?;
                set(data, name, list);
                Ok(())
            }
            Some(_) => {
                let (text, _) = self.until(&[',']);
                let value = self.read(text)?;
                set(data, name, value);
                Ok(())
            }
        }
    }

    /// What follows `name[index]`.
    fn list_item(&mut self, list: &mut Vec<Value>, index: i64, depth: usize) -> Step<()> {
        if index < 0 {
            return fault(StrvalsError::NegativeIndex(index));
        }
        let (text, stop) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            let runes: Vec<String> = text.chars().map(quote_rune).collect();
            return fault(StrvalsError::AfterIndex(format!("[{}]", runes.join(" "))));
        }
        let held = usize::try_from(index).ok().and_then(|at| list.get(at).cloned());
        let value = match stop {
            Stop::End => return Err(Halt::End),
            Stop::At('=') if self.literal() => Value::from(self.until(&[]).0),
            Stop::At('=') if matches!(self.source, ValueForm::Json) => self.json()?,
            Stop::At('=') => match self.scanner.peek() {
                None => Value::from(""),
                Some('{') => self.braces()?,
                Some(_) => {
                    let (text, _) = self.until(&[',']);
                    self.read(text)?
                }
            },
            Stop::At('[') => {
                let next = self.index()?;
                let mut inner = match held {
                    None | Some(Value::Nil) => Vec::new(),
                    Some(it) => as_list(&it)?,
                };
                self.list_item(&mut inner, next, depth)?;
                Value::list(inner)
            }
            Stop::At(_) => {
                let inner = match held {
                    Some(Value::Map(map)) if map.map_type() == Type::MAP => map,
                    _ => Map::any(),
                };
                self.key(&inner, depth)?;
                Value::Map(inner)
            }
        };
        set_index(list, index, value)
    }

    /// The number before `]`.
    fn index(&mut self) -> Step<i64> {
        let (text, stop) = self.until(&[']']);
        if stop == Stop::End {
            return if self.ends_in_index { Err(Halt::End) } else { fault(StrvalsError::OpenIndex) };
        }
        strconv::atoi(&text).map_err(|message| Halt::Fault(StrvalsError::Index(message)))
    }

    /// A list in braces, and the comma after it.
    fn braces(&mut self) -> Step<Value> {
        self.scanner.skip(1);
        let mut list = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            match stop {
                Stop::End => return fault(StrvalsError::OpenList),
                Stop::At('}') => {
                    if self.scanner.peek() == Some(',') {
                        self.scanner.skip(1);
                    }
                    list.push(self.read(text)?);
                    return Ok(Value::List(List::any(list)));
                }
                Stop::At(_) => list.push(self.read(text)?),
            }
        }
    }

    fn json(&mut self) -> Step<Value> {
        if self.scanner.empty_value() {
            return Ok(Value::Nil);
        }
        let (value, length) =
            json::decode_prefix(self.scanner.rest()).map_err(|it| Halt::Fault(StrvalsError::Json(it)))?;
        self.scanner.skip(length);
        self.scanner.empty_value();
        Ok(value)
    }

    fn read(&mut self, text: String) -> Step<Value> {
        match &mut self.source {
            ValueForm::Typed => Ok(line::typed(text)),
            ValueForm::Reader(read) => read(&text).map_err(|message| Halt::Fault(StrvalsError::Reader(message))),
            ValueForm::Text | ValueForm::Json | ValueForm::Literal => Ok(Value::from(text)),
        }
    }
}

fn fault<T>(it: StrvalsError) -> Step<T> {
    Err(Halt::Fault(it))
}

/// A value with an empty name is dropped.
fn set(data: &Map, name: String, value: Value) {
    if !name.is_empty() {
        data.insert(name, value);
    }
}

fn set_index(list: &mut Vec<Value>, index: i64, value: Value) -> Step<()> {
    if index > MAX_INDEX {
        return fault(StrvalsError::IndexTooLarge(index));
    }
    let at = usize::try_from(index).map_err(|_| Halt::Fault(StrvalsError::NegativeIndex(index)))?;
    if list.len() <= at {
        list.resize(at + 1, Value::Nil);
    }
    list[at] = value;
    Ok(())
}

fn as_list(value: &Value) -> Step<Vec<Value>> {
    match value {
        Value::List(list) if list.list_type() == Type::LIST => Ok(list.to_vec()),
        other => fault(conflict(other, "[]interface {}")),
    }
}

fn as_map(value: &Value) -> Step<Map> {
    match value {
        Value::Map(map) if map.map_type() == Type::MAP => Ok(map.clone()),
        other => fault(conflict(other, "map[string]interface {}")),
    }
}

fn conflict(found: &Value, wanted: &'static str) -> StrvalsError {
    let found = if matches!(found, Value::Nil) { "nil".to_owned() } else { found.type_name() };
    StrvalsError::Conflict { found, wanted }
}

/// `%q` of a rune.
fn quote_rune(rune: char) -> String {
    match rune {
        '\'' => "'\\''".into(),
        '"' => "'\"'".into(),
        other => {
            let quoted = strconv::quote(other.to_string().as_bytes());
            format!("'{}'", quoted.trim_matches('"'))
        }
    }
}
