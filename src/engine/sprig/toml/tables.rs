//! Where the entries of a TOML text go: tables, arrays of tables, and what may stand in another's place.

use super::cursor::TomlError;
use super::joined_keys;
use super::read::{Entry, Reader};
use crate::strconv;
use crate::value::{List, Map, Str, Type, Value};

/// `[]map[string]interface {}`.
const TABLES: Type = Type::Slice(&Type::MAP);

impl Reader<'_> {
    /// Puts an entry into the table that stands for the inline one.
    pub(super) fn copy_entry(&mut self, top: &Map, entry: Entry) -> Result<(), TomlError> {
        let mut table = top.clone();
        for part in entry.parents {
            table = match table.get(&part) {
                None => {
                    let fresh = Map::any();
                    table.insert(part, Value::Map(fresh.clone()));
                    fresh
                }
                Some(Value::Map(found)) => found,
                Some(_) => {
                    let path = joined_keys(&self.context);
                    return self.fault_at_key(&format!("{} is not a table", strconv::quote(&path)));
                }
            };
        }
        table.insert(entry.key, entry.value);
        Ok(())
    }

    /// Makes a path the context: a new table, or a new element of an array of tables. Tables on the way come about by
    /// themselves.
    pub(super) fn open(&mut self, path: &[Str], array: bool) -> Result<(), TomlError> {
        let Some((last, parents)) = path.split_last() else { return Ok(()) };
        let mut table = self.root.clone();
        for (index, part) in parents.iter().enumerate() {
            if !table.contains(part) {
                self.implicit.insert(path[..=index].to_vec());
                table.insert(part.clone(), Map::any().into());
            }
            table = match table.get(part).as_ref().and_then(innermost) {
                Some(found) => found,
                None => {
                    let path = joined_keys(&path[..=index]);
                    let path = String::from_utf8_lossy(&path);
                    return self.fault_at_key(&format!("Key '{path}' was already created as a hash."));
                }
            };
        }
        self.context = parents.to_vec();
        if array {
            let tables = table.get(last).unwrap_or_else(|| {
                let fresh = Value::List(List::new(TABLES, Vec::new()));
                table.insert(last.clone(), fresh.clone());
                fresh
            });
            match tables {
                Value::List(list) if list.list_type() == TABLES => list.items_mut().push(Map::any().into()),
                _ => {
                    let path = joined_keys(path);
                    let path = String::from_utf8_lossy(&path);
                    return self
                        .fault_at_key(&format!("Key '{path}' was already created and cannot be used as an array."));
                }
            }
        } else {
            self.set(last, Map::any().into())?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    /// Gives a key of the context its value. An implicit table becomes explicit and stays as it is.
    pub(super) fn set(&mut self, key: &Str, value: Value) -> Result<(), TomlError> {
        let mut table = self.root.clone();
        for (index, part) in self.context.iter().enumerate() {
            table = match table.get(part).as_ref().and_then(innermost) {
                Some(found) => found,
                None => return self.already_defined(&self.context[..=index]),
            };
        }
        let path = [&self.context[..], std::slice::from_ref(key)].concat();
        if table.contains(key) {
            if !self.implicit.remove(&path) {
                return self.already_defined(&path);
            }
            // Of what came about by itself, only an array makes way.
            if self.arrays.get(&path) != Some(&true) {
                return Ok(());
            }
        }
        table.insert(key.clone(), value);
        Ok(())
    }

    pub(super) fn already_defined(&self, path: &[Str]) -> Result<(), TomlError> {
        let path = joined_keys(path);
        self.fault_at_key(&format!("Key '{}' has already been defined.", String::from_utf8_lossy(&path)))
    }

    pub(super) fn fault_at_key(&self, message: &str) -> Result<(), TomlError> {
        Err(TomlError { line: self.line, message: message.into() })
    }
}

/// The table a value is, or the last of the tables it holds.
fn innermost(value: &Value) -> Option<Map> {
    match value {
        Value::Map(table) => Some(table.clone()),
        Value::List(list) if list.list_type() == TABLES => match list.items().last() {
            Some(Value::Map(table)) => Some(table.clone()),
            _ => None,
        },
        _ => None,
    }
}
