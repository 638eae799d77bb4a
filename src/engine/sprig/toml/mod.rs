//! TOML as Helm reads and writes it: `github.com/BurntSushi/toml` 1.6, which speaks TOML 1.1.

mod cursor;
mod number;
mod read;
mod scalar;
mod tables;
mod text;
mod write;

pub use read::read;
pub use write::{WriteError, write};

use crate::value::{Failure, Map, Value};

/// Helm's `toToml`: the error stands in the result.
pub fn to_toml(args: &[Value]) -> Result<Value, Failure> {
    match write(args.first().unwrap_or(&Value::Nil)) {
        Ok(text) => Ok(text.into()),
        Err(WriteError::Refused(message)) => Ok(message.into()),
        Err(broken) => Err(Failure::from_error(broken)),
    }
}

/// Helm's `mustToToml`.
pub fn must_to_toml(args: &[Value]) -> Result<Value, Failure> {
    Ok(write(args.first().unwrap_or(&Value::Nil)).map_err(Failure::from_error)?.into())
}

/// Helm's `fromToml`: a map, which holds only the error under `Error` where the text is no TOML.
pub fn from_toml(args: &[Value]) -> Result<Value, Failure> {
    let text = match args.first() {
        Some(Value::Str(text)) => &text[..],
        _ => b"",
    };
    Ok(read(text).unwrap_or_else(|message| {
        let map = Map::any();
        map.insert("Error", message.into());
        map.into()
    }))
}

/// A key as it is printed: bare where its characters allow, else quoted.
fn quoted_key(key: &[u8]) -> Vec<u8> {
    if !key.is_empty() && key.iter().all(|it| cursor::is_bare(u32::from(*it))) {
        return key.to_vec();
    }
    text::quoted(key)
}

fn joined_keys<T: AsRef<[u8]>>(keys: &[T]) -> Vec<u8> {
    keys.iter().map(|it| quoted_key(it.as_ref())).collect::<Vec<_>>().join(&b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Str;

    #[test]
    fn depth_is_bounded() {
        let deep = [&b"a="[..], &b"[".repeat(100_000)].concat();
        assert!(read(&deep).is_err());
        let tables = [&b"a="[..], &b"{a=".repeat(100_000)].concat();
        assert!(read(&tables).is_err());
        let value = (0..1_200).fold(Value::Bool(true), |inner, _| Value::list([inner]));
        assert!(matches!(write(&Value::map([("a", value)])), Err(WriteError::Refused(_))));
        let around = Map::any();
        around.insert("self", Value::Map(around.clone()));
        assert!(write(&Value::Map(around.clone())).is_err());
        around.remove("self");
    }

    #[test]
    fn types_are_those_of_go() {
        let text = b"i = 1\nf = 1.0\nt = 2020-01-02\nl = [1, {a = 1}]\n[[m]]\nx = true\n";
        let Ok(Value::Map(map)) = read(text) else { panic!("no map") };
        let type_of = |key: &str| map.get(key).map(|it| it.type_name()).unwrap_or_default();
        let types = ["i", "f", "t", "l", "m"].map(type_of);
        assert_eq!(types, ["int64", "float64", "time.Time", "[]interface {}", "[]map[string]interface {}"]);
    }

    #[test]
    fn values_come_back() {
        let text = "a = 1979-05-27\nb = \"x\\ny\"\nc = [1, 2.0, [true]]\n\n[d]\n  [d.\"e f\"]\n    g = 1e+100\n\n[[h]]\n  i = 0\n";
        let value = read(text.as_bytes()).expect("TOML");
        assert_eq!(write(&value).expect("text"), Str::from(text));
    }
}
