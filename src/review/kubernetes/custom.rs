//! Custom resources, held against their CRD.
//!
//! The schemas of CRDs become JSON schemas that say what the API server does beside: it refuses fields that no schema names,
//! and puts in defaults before it looks what is missing. Rules in CEL and formats of texts are not judged.

use serde_json::{Map, Value as Json, json};

use helm_engine::helm::{self, Misfit};
use helm_engine::value::{self, Value};
use helm_engine::yaml;

/// How a custom resource fits its CRD.
pub(in crate::review) enum Fit {
    /// The CRD does not serve its version; those that it does.
    NotServed(Vec<String>),
    /// Where it does not fit; empty where it does, or where nobody can say.
    Served(Vec<Misfit>),
}

/// Holds an object against the `spec` of the CRD of its kind.
pub(in crate::review) fn fit(object: &value::Map, api_version: &str, definition: &Json) -> Fit {
    let Some(versions) = definition["versions"].as_array() else { return Fit::Served(Vec::new()) };
    let served: Vec<(&str, &Json)> = versions
        .iter()
        .filter(|it| it["served"] == true)
        .filter_map(|it| Some((it["name"].as_str()?, &it["schema"]["openAPIV3Schema"])))
        .collect();
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let Some((_, schema)) = served.iter().find(|it| it.0 == version) else {
        return Fit::NotServed(served.iter().map(|it| it.0.to_owned()).collect());
    };
    // What a sealed text will be, no schema can be asked of.
    let text = yaml::write_json(&Value::Map(object.clone()), false).unwrap_or_default();
    if !schema.is_object() || text.to_text().contains("<sealed:") {
        return Fit::Served(Vec::new());
    }
    let schema = whole((*schema).clone()).to_string();
    // A schema that is none is a fault of the CRD.
    Fit::Served(helm::misfits(schema.as_bytes(), object).unwrap_or_default())
}

/// The schema of a whole object, which names itself.
fn whole(mut schema: Json) -> Json {
    let metadata = schema.pointer_mut("/properties/metadata").map(Json::take);
    let mut schema = strict(schema);
    head(&mut schema, metadata);
    schema
}

/// Lets a schema take what every object has.
fn head(schema: &mut Json, metadata: Option<Json>) {
    let Some(schema) = schema.as_object_mut() else { return };
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    let Some(properties) = properties.as_object_mut() else { return };
    properties.insert("apiVersion".into(), json!({"type": "string"}));
    properties.insert("kind".into(), json!({"type": "string"}));
    properties.insert("metadata".into(), metadata.unwrap_or_else(|| json!({"type": "object"})));
}

/// What the API server takes by a schema of a CRD, as a JSON schema.
fn strict(schema: Json) -> Json {
    let Json::Object(mut schema) = schema else { return schema };
    let says = |schema: &Map<String, Json>, key: &str| schema.get(key) == Some(&Json::Bool(true));
    if let Some(Json::Object(properties)) = schema.get_mut("properties") {
        let has_default = |it: &Json| it.get("default").is_some();
        let filled: Vec<String> = properties.iter().filter(|it| has_default(it.1)).map(|it| it.0.clone()).collect();
        properties.values_mut().for_each(|it| *it = strict(it.take()));
        if let Some(Json::Array(required)) = schema.get_mut("required") {
            required.retain(|it| !filled.iter().any(|name| it == name));
            if required.is_empty() {
                schema.remove("required");
            }
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(key) {
            *inner = strict(inner.take());
        }
    }
    let is_object = schema.get("type").is_some_and(|it| it == "object");
    let keeps = says(&schema, "x-kubernetes-preserve-unknown-fields") || schema.contains_key("additionalProperties");
    if is_object && !keeps {
        schema.insert("additionalProperties".into(), false.into());
    }
    if says(&schema, "x-kubernetes-int-or-string") {
        schema.insert("type".into(), json!(["integer", "string"]));
    }
    if says(&schema, "nullable")
        && let Some(kind) = schema.get("type").and_then(Json::as_str)
    {
        schema.insert("type".into(), json!([kind, "null"]));
    }
    schema.remove("format");
    let is_embedded = says(&schema, "x-kubernetes-embedded-resource");
    let mut schema = Json::Object(schema);
    if is_embedded {
        head(&mut schema, None);
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_says_what_the_server_does() {
        let schema = json!({"type": "object", "properties": {
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "port": {"x-kubernetes-int-or-string": true},
            "role": {"type": "string", "nullable": true, "format": "x"},
            "size": {"type": "integer", "default": 1},
        }, "required": ["size"]});
        let wanted = json!({"type": "object", "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "port": {"type": ["integer", "string"], "x-kubernetes-int-or-string": true},
            "role": {"type": ["string", "null"], "nullable": true},
            "size": {"type": "integer", "default": 1},
        }, "additionalProperties": false});
        assert_eq!(whole(schema), wanted);
    }
}
