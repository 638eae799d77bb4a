//! A quick look at values: most schemas say simple things, and most values satisfy them.
//!
//! Only the full judgement can tell what is wrong, and where a schema is wrong itself. So the quick one knows but a few
//! keywords, and says nothing where it meets anything else.

use super::instance::Type;
use super::json::Json;
use super::meta::Draft;
use super::number;
use crate::value::{Map, Str, Value};

/// Whether a schema is surely valid, in every draft, and the values surely satisfy it.
pub(super) fn surely_satisfies(schema: &Json, values: &Map) -> bool {
    let draft_is_known = match schema.get("$schema") {
        None => true,
        Some(it) => it.as_str().is_some_and(|it| Draft::of_url(it).is_some()),
    };
    draft_is_known && is_simple(schema, true) && satisfies(schema, &Value::Map(values.clone())) == Some(true)
}

/// Whether all keywords of a schema, and of those in it, are known here and rightly used. It then refers to nothing, and
/// is valid by the meta schema of every draft.
fn is_simple(schema: &Json, is_root: bool) -> bool {
    let Json::Object(entries) = schema else { return false };
    entries.iter().all(|(keyword, value)| match keyword.as_str() {
        "$schema" => is_root,
        "type" => is_simple_type(value),
        "title" | "description" => value.as_str().is_some(),
        "default" => true,
        "minimum" | "maximum" => matches!(value, Json::Number(_)),
        "items" => is_simple(value, false),
        "additionalProperties" => value.as_bool().is_some() || is_simple(value, false),
        "properties" => matches!(value, Json::Object(_)) && value.entries().iter().all(|(_, it)| is_simple(it, false)),
        "anyOf" | "oneOf" => !value.items().is_empty() && value.items().iter().all(|it| is_simple(it, false)),
        "required" => are_distinct(value, |it| it.as_str().is_some()),
        "enum" => are_distinct(value, |it| matches!(it, Json::Null | Json::Bool(_) | Json::String(_))),
        _ => false,
    })
}

fn is_simple_type(value: &Json) -> bool {
    let is_name = |it: &Json| it.as_str().is_some_and(|name| Type::ALL.iter().any(|it| it.name() == name));
    is_name(value) || are_distinct(value, is_name)
}

/// Whether it is a list of which no two items are equal, and all are of the kind that is asked for.
fn are_distinct(list: &Json, is_of_kind: impl Fn(&Json) -> bool) -> bool {
    let items = list.items();
    let is_new = |(index, it): (usize, &Json)| !items.iter().take(index).any(|earlier| earlier == it);
    !items.is_empty() && items.iter().all(is_of_kind) && items.iter().enumerate().all(is_new)
}

/// Whether a value satisfies a simple schema; nothing where only the full judgement knows.
fn satisfies(schema: &Json, value: &Value) -> Option<bool> {
    let mut fits = true;
    for (keyword, wanted) in schema.entries() {
        fits &= match (keyword.as_str(), value) {
            ("type", _) => is_of_type(wanted, value)?,
            ("enum", _) => is_one_of(wanted, value)?,
            ("anyOf", _) => count_satisfied(wanted, value)? > 0,
            ("oneOf", _) => count_satisfied(wanted, value)? == 1,
            ("minimum", _) => number_of(value).is_none_or(|it| it >= bound(wanted)),
            ("maximum", _) => number_of(value).is_none_or(|it| it <= bound(wanted)),
            ("items", Value::List(list)) => all_satisfy(wanted, list.items().iter())?,
            ("required", Value::Map(map)) => wanted.items().iter().filter_map(Json::as_str).all(|it| map.contains(it)),
            ("properties", Value::Map(map)) => satisfy_properties(wanted, map)?,
            ("additionalProperties", Value::Map(map)) => {
                let others = map.entries();
                let others = others.iter().filter(|(key, _)| property(schema.get("properties"), key).is_none());
                match wanted.as_bool() {
                    Some(allowed) => allowed || others.count() == 0,
                    None => all_satisfy(wanted, others.map(|it| it.1))?,
                }
            }
            _ => true,
        };
    }
    Some(fits)
}

fn all_satisfy<'v>(schema: &Json, mut values: impl Iterator<Item = &'v Value>) -> Option<bool> {
    values.try_fold(true, |fits, it| Some(fits & satisfies(schema, it)?))
}

fn count_satisfied(schemas: &Json, value: &Value) -> Option<usize> {
    schemas.items().iter().try_fold(0, |count, it| Some(count + usize::from(satisfies(it, value)?)))
}

fn satisfy_properties(schemas: &Json, map: &Map) -> Option<bool> {
    map.entries().iter().try_fold(true, |fits, (key, value)| {
        // The full judgement reads a key that is no UTF-8 as another.
        key.as_utf8()?;
        match property(Some(schemas), key) {
            Some(schema) => Some(fits & satisfies(schema, value)?),
            None => Some(fits),
        }
    })
}

fn property<'s>(schemas: Option<&'s Json>, key: &Str) -> Option<&'s Json> {
    schemas?.get(key.as_utf8()?)
}

fn is_of_type(wanted: &Json, value: &Value) -> Option<bool> {
    let got = match value {
        Value::Nil => Type::Null,
        Value::Bool(_) => Type::Boolean,
        Value::Str(_) | Value::Bytes(_) => Type::String,
        Value::List(_) => Type::Array,
        Value::Map(_) => Type::Object,
        Value::Object(_) => return None,
        _ => Type::Number,
    };
    let is_integer = number_of(value).is_some_and(|it| it.is_finite() && it.fract() == 0.0);
    let fits =
        |it: &Json| it.as_str().is_some_and(|name| name == got.name() || is_integer && name == Type::Integer.name());
    Some(fits(wanted) || wanted.items().iter().any(fits))
}

/// Whether a value is one of these, none of which is a number, list or object.
fn is_one_of(wanted: &Json, value: &Value) -> Option<bool> {
    let value = match value {
        Value::Nil => Json::Null,
        Value::Bool(it) => Json::Bool(*it),
        Value::Str(it) => Json::String(it.as_utf8()?.to_owned()),
        Value::Bytes(_) | Value::Object(_) => return None,
        _ => return Some(false),
    };
    Some(wanted.items().contains(&value))
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Int(it) | Value::Int64(it) => Some(*it as f64),
        Value::Int32(it) => Some(f64::from(*it)),
        Value::Uint8(it) => Some(f64::from(*it)),
        Value::Uint64(it) => Some(*it as f64),
        Value::Float(it) => Some(*it),
        _ => None,
    }
}

fn bound(json: &Json) -> f64 {
    if let Json::Number(text) = json { number::value(text) } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm::schema::judge_fully;
    use crate::yaml;

    /// Parts of schemas, some of them wrong or not simple, and values.
    const SCHEMAS: [&str; 26] = [
        r#""type": "string""#,
        r#""type": ["integer", "null"]"#,
        r#""type": ["string", "string"]"#,
        r#""type": "text""#,
        r#""type": "number", "minimum": 2, "maximum": 10"#,
        r#""minimum": "2""#,
        r#""type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "array"}}"#,
        r#""properties": {"a": {"type": "boolean"}}, "additionalProperties": false"#,
        r#""properties": {"a": {}}, "additionalProperties": {"type": "string"}"#,
        r#""properties": {"a": true}"#,
        r##""additionalProperties": {"$ref": "#"}"##,
        r#""required": ["a"]"#,
        r#""required": []"#,
        r#""required": ["b", "a", "b"]"#,
        r#""items": {"enum": ["x", null, true]}"#,
        r#""items": [{"type": "string"}]"#,
        r#""enum": ["x", "x"]"#,
        r#""enum": [1, "x", {"a": 1}]"#,
        r#""anyOf": [{"type": "string"}, {"required": ["a"]}]"#,
        r#""oneOf": [{"minimum": 3}, {"type": "integer"}]"#,
        r#""oneOf": []"#,
        r#""title": "t", "description": "d", "default": {"type": 3}"#,
        r#""title": 3"#,
        r#""$schema": "http://json-schema.org/draft-04/schema#""#,
        r#""pattern": "^x$""#,
        r#""not": {"type": "string"}"#,
    ];
    const VALUES: [&str; 12] =
        ["x", "y", "null", "true", "3", "2.5", "[]", "[x, null]", "[x, 1]", "{}", "{a: 1}", "{a: true, b: x, c: [y]}"];

    /// What the quick look takes, the full judgement takes too.
    #[test]
    fn yes_is_yes() {
        let mut taken = 0;
        for (at, first) in SCHEMAS.iter().enumerate() {
            for second in &SCHEMAS[at..] {
                let text = format!(r#"{{"properties": {{"v": {{{first}, {second}}}, "w": {{{second}}}}}}}"#);
                let schema = Json::parse(text.as_bytes()).unwrap();
                for value in VALUES {
                    let values = yaml::read_map(format!("{{v: {value}, w: {value}}}").as_bytes()).unwrap();
                    if surely_satisfies(&schema, &values) {
                        taken += 1;
                        assert_eq!(judge_fully(&schema, &values, None), Ok(()), "{text} {value}");
                    }
                }
            }
        }
        assert!(taken > 300, "{taken}");
    }
}
