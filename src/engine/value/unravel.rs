//! Drops lists and maps level by level: values may nest deeper than a thread's stack.

use std::rc::Rc;

use super::{List, Map, Value};

impl Drop for List {
    fn drop(&mut self) {
        if let Some(contents) = Rc::get_mut(&mut self.contents) {
            unravel(take_collections(Vec::new(), contents.all_mut()));
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if let Some(entries) = Rc::get_mut(&mut self.entries) {
            unravel(take_collections(Vec::new(), entries.get_mut().values_mut()));
        }
    }
}

/// Drops the values, each once its own collections have been taken out of it.
fn unravel(mut pending: Vec<Value>) {
    while let Some(mut value) = pending.pop() {
        match &mut value {
            Value::List(list) => {
                if let Some(contents) = Rc::get_mut(&mut list.contents) {
                    pending = take_collections(pending, contents.all_mut());
                }
            }
            Value::Map(map) => {
                if let Some(entries) = Rc::get_mut(&mut map.entries) {
                    pending = take_collections(pending, entries.get_mut().values_mut());
                }
            }
            _ => {}
        }
    }
}

fn take_collections<'v>(mut into: Vec<Value>, values: impl Iterator<Item = &'v mut Value>) -> Vec<Value> {
    for value in values {
        if matches!(value, Value::List(_) | Value::Map(_)) {
            into.push(std::mem::replace(value, Value::Nil));
        }
    }
    into
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_levels_are_dropped() {
        let mut value = Value::Nil;
        for level in 0..1_000_000 {
            value = if level % 2 == 0 { Value::list([value]) } else { Value::map([("a", value)]) };
        }
        drop(value);
    }

    #[test]
    fn what_is_shared_stays() {
        let inner = List::any(vec![Value::list([Value::Int(1)])]);
        drop(Value::list([Value::List(inner.clone()), Value::list([Value::List(inner.clone())])]));
        assert!(matches!(inner.get(0), Some(Value::List(it)) if matches!(it.get(0), Some(Value::Int(1)))));
    }
}
