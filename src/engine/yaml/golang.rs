//! Nodes in Go's own syntax, as the errors about bad keys print them (`%#v`).

use super::json;
use super::resolve::Scalar;
use super::tree::{Data, Document, NodeKind, is_merge};
use crate::strconv;
use crate::value::Str;

/// The key of a JSON object that `sigs.k8s.io/yaml` makes of a key; `None` for a type it does not take.
pub fn key_text(document: &Document, id: usize) -> Option<Str> {
    let node = target(document, id);
    Some(match node.resolve().ok()? {
        Scalar::Bool(it) => it.to_string().into(),
        Scalar::Int(it) => it.to_string().into(),
        Scalar::Float(it) => short_float(it).into(),
        Scalar::Text | Scalar::Timestamp => node.value.clone(),
        Scalar::Binary(bytes) => json::to_valid_utf8(&bytes).into_owned().into(),
        Scalar::Null | Scalar::Uint(_) => return None,
    })
}

/// The error about a key of a type that is not taken.
pub fn bad_key(document: &Document, key: usize, value: usize) -> String {
    let shown = show(document, value);
    let shown = if shown == "interface {}(nil)" { "<nil>" } else { &shown };
    match target(document, key).resolve() {
        Ok(Scalar::Uint(it)) => format!("unsupported map key of type: uint64, key: {it:#x}, value: {shown}"),
        _ => format!("unsupported map key of type: %!s(<nil>), key: <nil>, value: {shown}"),
    }
}

/// The name of a scalar's Go type, for telling keys of equal looks apart.
pub fn type_name(document: &Document, id: usize) -> &'static str {
    match target(document, id).resolve() {
        Ok(Scalar::Null) | Err(_) => "nil",
        Ok(Scalar::Bool(_)) => "bool",
        Ok(Scalar::Int(_)) => "int",
        Ok(Scalar::Uint(_)) => "uint64",
        Ok(Scalar::Float(_)) => "float64",
        Ok(Scalar::Text | Scalar::Timestamp | Scalar::Binary(_)) => "string",
    }
}

/// A node as `%#v` prints what go-yaml decodes it to.
pub fn show(document: &Document, id: usize) -> String {
    enum Task {
        Node(usize),
        Text(&'static str),
        Key(String),
    }
    let mut out = String::new();
    let mut tasks = vec![Task::Node(id)];
    while let Some(task) = tasks.pop() {
        let node = match task {
            Task::Text(text) => {
                out.push_str(text);
                continue;
            }
            Task::Key(text) => {
                out.push_str(&text);
                continue;
            }
            Task::Node(id) => target(document, id),
        };
        match node.kind {
            NodeKind::Scalar | NodeKind::Alias => out.push_str(&show_scalar(node)),
            NodeKind::Sequence => {
                out.push_str("[]interface {}{");
                tasks.push(Task::Text("}"));
                for (index, &item) in node.children.iter().enumerate().rev() {
                    tasks.push(Task::Node(item));
                    if index > 0 {
                        tasks.push(Task::Text(", "));
                    }
                }
            }
            NodeKind::Mapping => {
                out.push_str("map[interface {}]interface {}{");
                tasks.push(Task::Text("}"));
                let mut entries = Vec::new();
                collect(document, node, &mut entries);
                for (index, (key, value)) in entries.into_iter().enumerate().rev() {
                    tasks.push(Task::Node(value));
                    tasks.push(Task::Key(format!("{}:", key.shown)));
                    if index > 0 {
                        tasks.push(Task::Text(", "));
                    }
                }
            }
        }
    }
    out
}

/// A key in the order `fmt` prints the keys of a map: by type, then by value.
struct Key {
    rank: u8,
    number: f64,
    text: Vec<u8>,
    shown: String,
}

impl Key {
    fn new(node: &Data) -> Key {
        let (rank, number, text) = match node.resolve() {
            Ok(Scalar::Null) | Err(_) => (0, 0.0, Vec::new()),
            Ok(Scalar::Text | Scalar::Timestamp) => (1, 0.0, node.value.to_vec()),
            Ok(Scalar::Binary(bytes)) => (1, 0.0, bytes),
            Ok(Scalar::Uint(it)) => (2, it as f64, it.to_be_bytes().to_vec()),
            Ok(Scalar::Int(it)) => (3, it as f64, (it.wrapping_sub(i64::MIN) as u64).to_be_bytes().to_vec()),
            Ok(Scalar::Float(it)) if it.is_nan() => (4, f64::NEG_INFINITY, Vec::new()),
            Ok(Scalar::Float(it)) => (4, it, vec![1]),
            Ok(Scalar::Bool(it)) => (5, f64::from(u8::from(it)), Vec::new()),
        };
        Key { rank, number, text, shown: show_scalar(node) }
    }

    fn order(&self, other: &Key) -> std::cmp::Ordering {
        let by_rank = self.rank.cmp(&other.rank);
        by_rank.then(self.number.total_cmp(&other.number)).then_with(|| self.text.cmp(&other.text))
    }
}

/// The entries of a mapping as the Go map holds them, later ones in place of earlier ones and merged ones included.
fn collect(document: &Document, node: &Data, entries: &mut Vec<(Key, usize)>) {
    let mut all = Vec::new();
    let mut pending: Vec<(&Data, usize)> = vec![(node, 0)];
    while let Some((mapping, next)) = pending.pop() {
        let (Some(&key), Some(&value)) = (mapping.children.get(next), mapping.children.get(next + 1)) else { continue };
        pending.push((mapping, next + 2));
        if !is_merge(document, key) {
            all.push((Key::new(target(document, key)), value));
            continue;
        }
        let merged = target(document, value);
        match merged.kind {
            NodeKind::Mapping => pending.push((merged, 0)),
            NodeKind::Sequence => pending.extend(merged.children.iter().map(|&it| (target(document, it), 0))),
            NodeKind::Scalar | NodeKind::Alias => {}
        }
    }
    // The sort is stable, so of equal keys the last stands last.
    all.sort_by(|(one, _), (other, _)| one.order(other));
    for (key, value) in all {
        match entries.last_mut() {
            Some((last, kept)) if last.order(&key).is_eq() && key.shown != "NaN" => *kept = value,
            _ => entries.push((key, value)),
        }
    }
}

fn show_scalar(node: &Data) -> String {
    match node.resolve() {
        Ok(Scalar::Null) | Err(_) => "interface {}(nil)".into(),
        Ok(Scalar::Bool(it)) => it.to_string(),
        Ok(Scalar::Int(it)) => it.to_string(),
        Ok(Scalar::Uint(it)) => format!("{it:#x}"),
        Ok(Scalar::Float(it)) => strconv::format_float(it, b'g', -1),
        Ok(Scalar::Binary(bytes)) => strconv::quote(&bytes),
        Ok(Scalar::Text | Scalar::Timestamp) => strconv::quote(&node.value),
    }
}

fn target(document: &Document, id: usize) -> &Data {
    let node = &document.nodes[id];
    if node.kind == NodeKind::Alias { &document.nodes[node.target] } else { node }
}

/// `strconv.FormatFloat(value, 'g', -1, 32)`, with YAML's words for what is no number.
fn short_float(value: f64) -> String {
    let single = value as f32;
    if single.is_nan() {
        return ".nan".into();
    }
    if single.is_infinite() {
        return if single > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let scientific = format!("{single:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // The shortest `g` has no exponent from 1e-4 up to, and not including, 1e6.
    if (-4..6).contains(&exponent) {
        return format!("{single}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
