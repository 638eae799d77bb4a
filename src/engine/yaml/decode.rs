//! Nodes to values: what `sigs.k8s.io/yaml` makes of a document.
//!
//! It decodes with `gopkg.in/yaml.v2` into an `interface{}`, turns the keys of maps to strings, writes the result as JSON
//! and reads that. Here the same happens in one pass, on a stack of its own.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::resolve::{Numbers, Scalar};
use super::tree::{Document, Node, NodeKind, is_merge};
use super::{golang, json};
use crate::strconv;
use crate::value::{List, Map, Str, Type, Value};

/// The greatest depth Go's JSON decoder takes.
const DEPTH_LIMIT: usize = crate::limits::JSON_DEPTH.size();

impl Node<'_> {
    /// What the node means. Numbers keep whether they are integers; merge keys and aliases are followed.
    pub fn value(self) -> Result<Value, String> {
        decode(self.document, self.id, Numbers::Typed, false)
    }
}

/// Decodes a node. `strict`: equal keys in a mapping are errors. The error is the whole text of `sigs.k8s.io/yaml`, or
/// go-yaml's alone where the numbers are typed.
pub fn decode(document: &Document, node: usize, numbers: Numbers, strict: bool) -> Result<Value, String> {
    let mut decoder = Decoder {
        document,
        numbers,
        strict,
        stack: Vec::new(),
        aliases: BTreeSet::new(),
        // The document itself counts.
        decoded: 1,
        decoded_by_alias: 0,
        depth: 0,
        too_deep: None,
        repeated: Vec::new(),
        bad_keys: Vec::new(),
        has_infinite: false,
    };
    let decoded = decoder.run(node);
    let converting = match numbers {
        Numbers::Json => "error converting YAML to JSON: ",
        Numbers::Typed => "",
    };
    let value = match (decoded, &decoder.too_deep) {
        (Ok(value), _) => value,
        (Err(_), Some(open)) => {
            let open = char::from(*open);
            return Err(format!(
                "error unmarshaling JSON: while decoding JSON: invalid character '{open}' exceeded max depth"
            ));
        }
        (Err(problem), None) => return Err(format!("{converting}yaml: {problem}")),
    };
    if !decoder.repeated.is_empty() {
        return Err(format!("{converting}yaml: unmarshal errors:\n  {}", decoder.repeated.join("\n  ")));
    }
    if let Some(bad) = decoder.bad_keys.iter().find(|it| contains(&value, &it.map)) {
        return Err(format!("{converting}{}", golang::bad_key(document, bad.key, bad.value)));
    }
    if decoder.has_infinite
        && let Some(float) = first_infinite(&value)
    {
        return Err(format!("{converting}json: unsupported value: {}", strconv::format_float(float, b'g', -1)));
    }
    Ok(value)
}

struct Decoder<'d> {
    document: &'d Document,
    numbers: Numbers,
    strict: bool,
    stack: Vec<Frame>,
    /// The aliases being followed.
    aliases: BTreeSet<usize>,
    decoded: usize,
    decoded_by_alias: usize,
    /// Open collections, merged ones aside.
    depth: usize,
    /// The bracket at which the depth was exceeded.
    too_deep: Option<u8>,
    repeated: Vec<String>,
    bad_keys: Vec<BadKey>,
    has_infinite: bool,
}

enum Frame {
    Sequence {
        node: usize,
        next: usize,
        items: Vec<Value>,
    },
    Mapping(Mapping),
    Alias(usize),
    /// The value of a merge key that is a sequence: its items from `left` down to 0 are merged, so that the first wins.
    MergeList {
        node: usize,
        left: usize,
        target: Target,
    },
}

struct Mapping {
    node: usize,
    next: usize,
    target: Target,
    /// Whether it is merged into the mapping around it.
    merging: bool,
    key: Option<Str>,
}

/// The map that entries go to, and in strict mode its keys with their types.
#[derive(Clone)]
struct Target {
    map: Map,
    seen: Option<Rc<RefCell<BTreeSet<String>>>>,
}

/// A key of a type that JSON cannot have, its value, and the map that holds them.
struct BadKey {
    key: usize,
    value: usize,
    map: Map,
}

/// What a finished node hands to the frame around it.
enum Outcome {
    Value(Value),
    Merged,
}

impl Decoder<'_> {
    fn run(&mut self, root: usize) -> Result<Value, String> {
        let mut outcome = self.begin(root, None)?;
        loop {
            if let Some(done) = outcome.take() {
                let Some(frame) = self.stack.last_mut() else {
                    return Ok(match done {
                        Outcome::Value(value) => value,
                        Outcome::Merged => Value::Nil,
                    });
                };
                match (frame, done) {
                    (Frame::Alias(id), done) => {
                        self.aliases.remove(id);
                        self.stack.pop();
                        outcome = Some(done);
                        continue;
                    }
                    (Frame::Sequence { items, .. }, Outcome::Value(value)) => items.push(value),
                    (Frame::Mapping(_), Outcome::Value(value)) => self.accept(value)?,
                    (_, Outcome::Merged) | (Frame::MergeList { .. }, _) => {}
                }
            }
            outcome = self.step()?;
        }
    }

    /// Counts a node against the limit on aliases, which grows tighter the more is decoded.
    fn count(&mut self) -> Result<(), String> {
        self.decoded += 1;
        if !self.aliases.is_empty() {
            self.decoded_by_alias += 1;
        }
        let low = crate::limits::YAML_ALIASES.most as f64;
        let high = low * 10.0;
        let decoded = self.decoded as f64;
        let allowed = match decoded {
            it if it <= low => 0.99,
            it if it >= high => 0.10,
            it => 0.99 - 0.89 * ((it - low) / (high - low)),
        };
        let ratio = self.decoded_by_alias as f64 / decoded;
        if self.decoded_by_alias > 100 && self.decoded > 1000 && ratio > allowed {
            return Err("document contains excessive aliasing".into());
        }
        Ok(())
    }

    /// Starts on a node; the outcome where it is done at once. `merge`: it is a mapping whose entries go there.
    fn begin(&mut self, id: usize, merge: Option<Target>) -> Result<Option<Outcome>, String> {
        self.count()?;
        let document = self.document;
        let mut id = id;
        if document.nodes[id].kind == NodeKind::Alias {
            if !self.aliases.insert(id) {
                return Err(format!("anchor '{}' value contains itself", document.nodes[id].value));
            }
            self.stack.push(Frame::Alias(id));
            id = document.nodes[id].target;
            self.count()?;
        }
        let node = &document.nodes[id];
        match node.kind {
            NodeKind::Scalar => return self.scalar(id).map(Outcome::Value).map(Some),
            NodeKind::Alias => {}
            NodeKind::Sequence => {
                self.enter(b'[')?;
                let items = Vec::with_capacity(node.children.len());
                self.stack.push(Frame::Sequence { node: id, next: 0, items });
            }
            NodeKind::Mapping => {
                let merging = merge.is_some();
                if !merging {
                    self.enter(b'{')?;
                }
                let target = merge.unwrap_or_else(|| Target { map: Map::any(), seen: self.strict.then(Rc::default) });
                self.stack.push(Frame::Mapping(Mapping { node: id, next: 0, target, merging, key: None }));
            }
        }
        Ok(None)
    }

    fn enter(&mut self, open: u8) -> Result<(), String> {
        self.depth += 1;
        if self.numbers == Numbers::Json && self.depth > DEPTH_LIMIT {
            self.too_deep = Some(open);
            return Err(String::new());
        }
        Ok(())
    }

    /// Goes on with the innermost collection.
    fn step(&mut self) -> Result<Option<Outcome>, String> {
        let document = self.document;
        match self.stack.last_mut() {
            Some(Frame::Sequence { node, next, items }) => {
                let Some(&child) = document.nodes[*node].children.get(*next) else {
                    let items = std::mem::take(items);
                    self.stack.pop();
                    self.depth -= 1;
                    return Ok(Some(Outcome::Value(List::grown(Type::LIST, items).into())));
                };
                *next += 1;
                self.begin(child, None)
            }
            Some(Frame::Mapping(_)) => self.step_mapping(),
            Some(Frame::MergeList { node, left, target }) => {
                let Some(index) = left.checked_sub(1) else {
                    self.stack.pop();
                    return Ok(Some(Outcome::Merged));
                };
                *left = index;
                let child = document.nodes[*node].children[index];
                let target = target.clone();
                if !is_mapping(document, child) {
                    return Err(WANT_MAP.into());
                }
                self.begin(child, Some(target))
            }
            Some(Frame::Alias(_)) | None => Ok(Some(Outcome::Merged)),
        }
    }

    fn step_mapping(&mut self) -> Result<Option<Outcome>, String> {
        let document = self.document;
        let Some(Frame::Mapping(mapping)) = self.stack.last_mut() else { return Ok(None) };
        let children = &document.nodes[mapping.node].children;
        let (Some(&key), Some(&value)) = (children.get(mapping.next), children.get(mapping.next + 1)) else {
            let outcome = if mapping.merging {
                Outcome::Merged
            } else {
                self.depth -= 1;
                Outcome::Value(Value::Map(mapping.target.map.clone()))
            };
            self.stack.pop();
            return Ok(Some(outcome));
        };
        if mapping.key.is_some() {
            return self.begin(value, None);
        }
        if !is_merge(document, key) {
            return self.begin(key, None);
        }
        mapping.next += 2;
        let target = mapping.target.clone();
        if document.nodes[value].kind == NodeKind::Sequence {
            let left = document.nodes[value].children.len();
            self.stack.push(Frame::MergeList { node: value, left, target });
            return Ok(None);
        }
        if !is_mapping(document, value) {
            return Err(WANT_MAP.into());
        }
        self.begin(value, Some(target))
    }

    /// Takes a finished key or value into the innermost mapping.
    fn accept(&mut self, done: Value) -> Result<(), String> {
        let document = self.document;
        let Some(Frame::Mapping(mapping)) = self.stack.last_mut() else { return Ok(()) };
        let children = &document.nodes[mapping.node].children;
        let (key_id, value_id) = (children[mapping.next], children[mapping.next + 1]);
        let Some(key) = mapping.key.take() else {
            if matches!(done, Value::Map(_) | Value::List(_)) {
                return Err(format!("invalid map key: {}", golang::show(document, key_id)));
            }
            let text = match golang::key_text(document, key_id) {
                Some(text) => text,
                None => {
                    let bad = BadKey { key: key_id, value: value_id, map: mapping.target.map.clone() };
                    // Of equal keys in one map, the last counts.
                    let shown = |it| golang::show(document, it);
                    let equal = |it: &BadKey| it.map.same(&bad.map) && shown(it.key) == shown(key_id);
                    match self.bad_keys.iter_mut().find(|it| equal(it)) {
                        Some(earlier) => *earlier = bad,
                        None => self.bad_keys.push(bad),
                    }
                    Str::default()
                }
            };
            mapping.key = Some(text);
            return Ok(());
        };
        mapping.next += 2;
        if let Some(seen) = &mapping.target.seen {
            let shown = golang::show(document, key_id);
            let kind = golang::type_name(document, key_id);
            if !seen.borrow_mut().insert(format!("{kind} {shown}")) {
                let line = document.nodes[value_id].start.line + 1;
                self.repeated.push(format!("line {line}: key {shown} already set in map"));
                return Ok(());
            }
        }
        mapping.target.map.insert(key, done);
        Ok(())
    }

    fn scalar(&mut self, id: usize) -> Result<Value, String> {
        let node = &self.document.nodes[id];
        let as_json = self.numbers == Numbers::Json;
        let scalar = node.resolve()?;
        self.has_infinite |= as_json && matches!(scalar, Scalar::Float(it) if !it.is_finite());
        Ok(match scalar {
            Scalar::Binary(bytes) if as_json => Value::Str(json::to_valid_utf8(&bytes).into_owned().into()),
            Scalar::Binary(bytes) => Value::Str(bytes.into()),
            scalar => self.numbers.value(&scalar).unwrap_or_else(|| Value::Str(node.value.clone())),
        })
    }
}

const WANT_MAP: &str = "map merge requires map or sequence of maps as the value";

/// A mapping or an alias of one.
pub(super) fn is_mapping(document: &Document, id: usize) -> bool {
    let node = &document.nodes[id];
    match node.kind {
        NodeKind::Alias => document.nodes[node.target].kind == NodeKind::Mapping,
        kind => kind == NodeKind::Mapping,
    }
}

/// Whether the map is part of the value, and was not replaced by a later entry of equal key.
fn contains(value: &Value, map: &Map) -> bool {
    let mut stack = vec![value.clone()];
    while let Some(value) = stack.pop() {
        match value {
            Value::Map(it) if it.same(map) => return true,
            Value::List(list) => stack.extend(list.items().iter().cloned()),
            Value::Map(map) => stack.extend(map.entries().values().cloned()),
            _ => {}
        }
    }
    false
}

/// The first number, in the order JSON writes them, that JSON cannot hold.
fn first_infinite(value: &Value) -> Option<f64> {
    let mut stack = vec![value.clone()];
    while let Some(value) = stack.pop() {
        match value {
            Value::Float(it) if !it.is_finite() => return Some(it),
            Value::List(list) => stack.extend(list.items().iter().rev().cloned()),
            Value::Map(map) => stack.extend(map.entries().values().rev().cloned()),
            _ => {}
        }
    }
    None
}
