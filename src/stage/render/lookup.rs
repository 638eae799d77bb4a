//! `lookup` among objects from a file.

use helm_engine::hole::Holes;
use helm_engine::value::{Failure, Map, Value};

/// The object of this API version, kind, namespace and name; without a name, the list of all that there are. An object
/// without a namespace of its own is in every one.
///
/// Mirrors Helm's `lookup` over a cluster that holds just these objects; without objects, over none.
pub(super) fn lookup(args: &[Value], objects: &[Value], holes: &Holes) -> Result<Value, Failure> {
    if args.iter().any(|it| holes.stand_in(it)) {
        return Err(Failure::new("a sealed value cannot be looked up: the answer would tell of it"));
    }
    let text = |index: usize| match args.get(index) {
        Some(Value::Str(text)) => text.to_text().into_owned(),
        _ => String::new(),
    };
    let (version, kind, namespace, name) = (text(0), text(1), text(2), text(3));
    if objects.is_empty() {
        return Ok(Value::Map(Map::any()));
    }
    let mut found = objects.iter().filter(|it| {
        let own = field(it, &["metadata", "namespace"]);
        field(it, &["apiVersion"]) == version
            && field(it, &["kind"]) == kind
            && (own.is_empty() || namespace.is_empty() || own == namespace)
    });
    if !name.is_empty() {
        let found = found.find(|it| field(it, &["metadata", "name"]) == name);
        return Ok(found.map_or_else(|| Value::Map(Map::any()), fresh));
    }
    Ok(Value::map([
        ("apiVersion", version.as_str().into()),
        ("kind", format!("{kind}List").as_str().into()),
        ("metadata", Value::map([("resourceVersion", "".into())])),
        ("items", Value::list(found.map(fresh))),
    ]))
}

/// The string at a path, or nothing.
fn field(value: &Value, path: &[&str]) -> String {
    match (value, path) {
        (Value::Str(text), []) => text.to_text().into_owned(),
        (Value::Map(map), [first, rest @ ..]) => map.get(*first).map(|it| field(&it, rest)).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A copy that shares nothing: what a template does to one answer, no other sees.
fn fresh(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let copy = Map::new(map.map_type());
            for (key, value) in map.to_vec() {
                copy.insert(key, fresh(&value));
            }
            Value::Map(copy)
        }
        Value::List(list) => Value::list(list.to_vec().iter().map(fresh)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use helm_engine::hole::Seed;
    use helm_engine::yaml;

    #[test]
    fn finds_by_kind_namespace_and_name() {
        let object = |text: &str| yaml::read(text.as_bytes()).expect("an object");
        let objects = [
            object("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: x}, data: {k: '1'}}"),
            object("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: w}, data: {k: '2'}}"),
            object("{apiVersion: v1, kind: Namespace, metadata: {name: x}}"),
        ];
        let ask = |args: [&str; 4]| {
            let args = args.map(Value::from);
            let found = lookup(&args, &objects, &Holes::new(Seed::new([1; 32]))).expect("an answer");
            yaml::write_json(&found, false).map(|it| String::from_utf8_lossy(&it).into_owned()).expect("written")
        };
        assert!(ask(["v1", "ConfigMap", "w", "a"]).contains(r#""k":"2""#));
        assert!(ask(["v1", "Namespace", "", "x"]).contains(r#""name":"x""#));
        assert_eq!(ask(["v1", "ConfigMap", "z", "a"]), "{}");
        assert_eq!(ask(["v1", "Secret", "x", "a"]), "{}");
        let list = ask(["v1", "ConfigMap", "", ""]);
        assert!(list.contains(r#""kind":"ConfigMapList""#) && list.matches(r#""name":"a""#).count() == 2, "{list}");
        assert_eq!(ask(["v1", "ConfigMap", "x", ""]).matches(r#""name":"a""#).count(), 1);
    }
}
