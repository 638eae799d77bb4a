//! From nodes to values.

use super::{Node, Slice};
use crate::value::Value;

/// What each piece of a template finds.
type Found = Vec<Vec<Value>>;

pub(super) struct Finder<'n> {
    nodes: &'n [Node],
    begins: usize,
    inside: usize,
    ends: usize,
    last_end: Option<usize>,
}

impl<'n> Finder<'n> {
    pub(super) fn new(nodes: &'n [Node]) -> Finder<'n> {
        Finder { nodes, begins: 0, inside: 0, ends: 0, last_end: None }
    }

    /// `None` where a path leads nowhere.
    pub(super) fn find(&mut self, value: &Value) -> Option<Found> {
        self.find_from(0, value)
    }

    /// Goes on from a piece of the template: to its end or, in a range, to the `end` of that.
    fn find_from(&mut self, first: usize, value: &Value) -> Option<Found> {
        let mut found = Vec::new();
        let mut index = first;
        while let Some(node) = self.nodes.get(index) {
            let results = self.walk(vec![value.clone()], node)?;
            if self.ends > 0 && self.ends <= self.inside {
                self.ends -= 1;
                self.last_end = Some(index);
                break;
            }
            if self.begins == 0 {
                found.push(results);
                index += 1;
                continue;
            }
            self.begins -= 1;
            self.inside += 1;
            for value in &results {
                found.extend(self.find_from(index + 1, value)?);
            }
            // An empty range is walked too, so that its end is found; what it would print is not.
            if results.is_empty() {
                self.find_from(index + 1, &Value::Nil)?;
            }
            self.inside -= 1;
            index = self.last_end.filter(|it| *it > index).unwrap_or(index) + 1;
        }
        Some(found)
    }

    fn walk_all(&mut self, mut values: Vec<Value>, nodes: &[Node]) -> Option<Vec<Value>> {
        for node in nodes {
            values = self.walk(values, node)?;
        }
        Some(values)
    }

    fn walk(&mut self, values: Vec<Value>, node: &Node) -> Option<Vec<Value>> {
        let constant = |value: Value| Some(vec![value; values.len()]);
        match node {
            Node::Text(text) => Some(vec![text.as_str().into()]),
            Node::Path(nodes) => self.walk_all(values, nodes),
            Node::Int(number) => constant(Value::Int(*number)),
            Node::Float(number) => constant(Value::Float(*number)),
            Node::Bool(it) => constant(Value::Bool(*it)),
            Node::Field(name) => field(&values, name),
            Node::Wildcard => Some(values.iter().flat_map(below).collect()),
            Node::Descent => Some(descent(&values)),
            Node::Slice(slice) => self::slice(&values, *slice),
            Node::Union(lists) => {
                let mut found = Vec::new();
                for nodes in lists {
                    found.extend(self.walk_all(values.clone(), nodes)?);
                }
                Some(found)
            }
            Node::Filter { left, operator, right } => self.filter(&values, left, operator, right),
            Node::Word(word) => match word.as_str() {
                "range" => {
                    self.begins += 1;
                    Some(values)
                }
                "end" if self.inside > 0 => {
                    self.ends += 1;
                    Some(Vec::new())
                }
                _ => None,
            },
        }
    }

    fn filter(&mut self, values: &[Value], left: &[Node], operator: &str, right: &[Node]) -> Option<Vec<Value>> {
        let mut found = Vec::new();
        for value in values {
            let Value::List(list) = value else { return None };
            for item in list.to_vec() {
                let lefts = self.walk_all(vec![item.clone()], left);
                if operator == "exists" {
                    if lefts.is_some_and(|it| !it.is_empty()) {
                        found.push(item);
                    }
                    continue;
                }
                let lefts = lefts?;
                let [left] = lefts.as_slice() else {
                    if lefts.is_empty() {
                        continue;
                    }
                    return None;
                };
                let rights = self.walk_all(vec![item.clone()], right)?;
                let [right] = rights.as_slice() else {
                    if rights.is_empty() {
                        continue;
                    }
                    return None;
                };
                if compare(left, operator, right)? {
                    found.push(item);
                }
            }
        }
        Some(found)
    }
}

fn field(values: &[Value], name: &str) -> Option<Vec<Value>> {
    let found: Vec<Value> = values
        .iter()
        .filter_map(|it| match it {
            Value::Map(map) => map.get(name),
            _ => None,
        })
        .collect();
    (values.is_empty() || !found.is_empty()).then_some(found)
}

/// What a value holds; of a text, its bytes.
fn below(value: &Value) -> Vec<Value> {
    match value {
        Value::Map(map) => map.to_vec().into_iter().map(|(_, value)| value).collect(),
        Value::List(list) => list.to_vec(),
        Value::Str(text) => text.as_ref().iter().map(|byte: &u8| Value::Uint8(*byte)).collect(),
        _ => Vec::new(),
    }
}

/// Everything that holds something, from the outside in.
fn descent(values: &[Value]) -> Vec<Value> {
    let mut found = Vec::new();
    for value in values {
        let inner = below(value);
        if !inner.is_empty() {
            found.push(value.clone());
            found.extend(descent(&inner));
        }
    }
    found
}

fn slice(values: &[Value], slice: Slice) -> Option<Vec<Value>> {
    let mut found = Vec::new();
    for value in values {
        let list = match value {
            Value::Nil => continue,
            Value::List(list) => list,
            _ => return None,
        };
        let length = i64::try_from(list.len()).ok()?;
        let from_end = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
        let start = from_end(slice.start.unwrap_or(0));
        let end = match slice.end {
            None => length,
            // The index -1 ends where the list does.
            Some(0) if slice.single => length,
            Some(end) => from_end(end),
        };
        if start == end {
            return Some(found);
        }
        let step = slice.step.unwrap_or(1);
        if !(0..length).contains(&start) || !(start..=length).contains(&end) || step <= 0 {
            return None;
        }
        let taken = list.to_vec().into_iter().take(usize::try_from(end).ok()?).skip(usize::try_from(start).ok()?);
        found.extend(taken.step_by(usize::try_from(step).ok()?));
    }
    Some(found)
}

/// `None` where values of these kinds cannot be compared, or not so.
fn compare(left: &Value, operator: &str, right: &Value) -> Option<bool> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (left, right) {
        (Value::Bool(left), Value::Bool(right)) if ["==", "!="].contains(&operator) => Some(left.cmp(right)),
        (Value::Str(left), Value::Str(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        _ => return None,
    };
    Some(match operator {
        "==" => order == Some(Equal),
        "!=" => order != Some(Equal),
        "<" => order == Some(Less),
        "<=" => matches!(order, Some(Less | Equal)),
        ">" => order == Some(Greater),
        ">=" => matches!(order, Some(Greater | Equal)),
        _ => return None,
    })
}
