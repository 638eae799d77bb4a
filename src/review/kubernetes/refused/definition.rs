//! Definitions of kinds: their schemas must be structural.

use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
/// A schema nested deeper than this is not looked into.
const DEPTH: usize = 64;

pub(super) fn check(object: &Cursor<'_>, faults: &mut Faults) {
    for version in object.get("spec").map(|it| it.list("versions")).unwrap_or_default() {
        for column in version.list("additionalPrinterColumns") {
            for key in ["name", "type", "jsonPath"] {
                super::needed(&column, key, "a column has it", faults);
            }
        }
        let Some(schema) = version.at(&["schema", "openAPIV3Schema"]) else { continue };
        if !["", "object"].contains(&schema.text("type"))
            && let Some(at) = schema.get("type")
        {
            faults.value(&at, format!("is `{}`", at.word()), "the schema of a kind is an object");
        } else {
            look(&schema, 0, faults);
        }
    }
}

fn look(schema: &Cursor<'_>, depth: usize, faults: &mut Faults) {
    if depth > DEPTH || !schema.value.is_object() {
        return;
    }
    let kind = schema.text("type");
    let is_free = schema.is("x-kubernetes-int-or-string") || schema.is("x-kubernetes-preserve-unknown-fields");
    if kind.is_empty() && !is_free {
        faults.missing(schema, "type", "every field of a definition has a type");
    }
    if let Some(at) = schema.get("type")
        && !kind.is_empty()
        && !TYPES.contains(&kind)
    {
        faults.value(&at, format!("is `{kind}`"), format!("it can be {}", TYPES.join(", ")));
    }
    if kind == "array" && !schema.has("items") {
        faults.missing(schema, "items", "a list says what its items are");
    }
    if let Some(at) = schema.get("default")
        && !is_free
        && !fits(&at, kind)
    {
        faults.value(&at, format!("is not of the type {kind}"), "write a default of that type");
    }
    let more = schema.get("additionalProperties").filter(|it| it.value.is_object());
    if more.is_some()
        && schema.is_filled("properties")
        && let Some(at) = schema.get("additionalProperties")
    {
        faults.clash(&at, "does not go with `properties`", "take one of them out");
    }
    keys(schema, faults);
    for (_, property) in schema.entries("properties") {
        look(&property, depth + 1, faults);
    }
    for inner in schema.get("items").into_iter().chain(more) {
        look(&inner, depth + 1, faults);
    }
}

fn fits(at: &Cursor<'_>, kind: &str) -> bool {
    match kind {
        "array" => at.value.is_array(),
        "boolean" => at.value.is_boolean(),
        "integer" => at.value.as_f64().is_some_and(|it| it.fract() == 0.0),
        "number" => at.value.is_number(),
        "object" => at.value.is_object(),
        "string" => at.value.is_string(),
        _ => true,
    }
}

/// The keys that tell the items of a list apart are fields of the items.
fn keys(schema: &Cursor<'_>, faults: &mut Faults) {
    let Some(items) = schema.get("items").filter(|_| schema.text("x-kubernetes-list-type") == "map") else { return };
    let keys = schema.list("x-kubernetes-list-map-keys");
    if keys.is_empty() {
        faults.missing(schema, "x-kubernetes-list-map-keys", "say by which fields items are told apart");
    }
    let known = items.get("properties");
    for key in keys.iter().filter(|it| !known.as_ref().is_some_and(|known| known.has(it.word()))) {
        faults.value(key, format!("is `{}`, which no item has", key.word()), "name a field of the items");
    }
}
