//! The JSON schema of a spec, for editors. It takes every spec that the reader takes.

use serde_json::{Value, json};

use super::keys::{Holds, Key, PART, PART_KINDS, SPEC, Table};

/// The schema, of draft 7, which editors read.
pub fn schema() -> Value {
    let mut schema = mapping(&SPEC, SPEC.keys.iter());
    let head = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "ichor.yaml",
        "description": "What a bundle of ichor is made of.",
    });
    if let (Value::Object(schema), Value::Object(head)) = (&mut schema, head) {
        for (at, (name, value)) in head.into_iter().enumerate() {
            schema.shift_insert(at, name, value);
        }
    }
    schema
}

fn mapping<'k>(table: &Table, keys: impl Iterator<Item = &'k Key> + Clone) -> Value {
    let properties: serde_json::Map<String, Value> =
        keys.clone().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.filter(|it| it.required).map(|it| it.name).collect();
    let mut mapping = json!({
        "description": table.title.replace('`', ""),
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if let (Value::Object(mapping), false) = (&mut mapping, required.is_empty()) {
        mapping.insert("required".into(), json!(required));
    }
    mapping
}

fn property(key: &Key) -> Value {
    let word = json!({"type": "string", "minLength": 1});
    let words = json!({"type": "array", "items": word});
    let mut property = match &key.holds {
        Holds::Word => word,
        Holds::Form(form) => json!({"type": "string", "pattern": form}),
        Holds::Version => json!({"type": ["string", "number"], "minLength": 1}),
        Holds::OneOf(choices) => json!({"enum": choices}),
        Holds::Count => json!({"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+$"}),
        Holds::Choice => json!({"enum": [true, false, "true", "false"]}),
        Holds::Words => words,
        Holds::WordsOrFile => json!({"anyOf": [words, {"type": "string", "pattern": r"\.sops\.yaml$"}]}),
        Holds::Layers => json!({"type": "array", "items": {"anyOf": [word, {"type": "object"}]}}),
        Holds::WordsByName => json!({"type": "object", "additionalProperties": {"anyOf": [word, words]}}),
        Holds::Mapping(table) => mapping(table, table.keys.iter()),
        Holds::Mappings(table) => json!({"type": "array", "items": mapping(table, table.keys.iter())}),
        Holds::Parts => json!({"type": "array", "items": part()}),
    };
    if let Value::Object(property) = &mut property {
        property.insert("description".into(), json!(key.about));
        property.remove("examples");
    }
    property
}

/// A part is of one kind.
fn part() -> Value {
    let kinds = PART_KINDS.iter().map(|kind| {
        let names = kind.names();
        let keys = PART.keys.iter().filter(|it| names.contains(&it.name));
        let mut mapping = mapping(&PART, keys);
        mapping["required"] = json!(["name", kind.source]);
        mapping["description"] = json!(kind.what);
        mapping
    });
    json!({"anyOf": kinds.collect::<Vec<_>>()})
}
