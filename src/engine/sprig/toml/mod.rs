//! TOML as Helm reads and writes it: `github.com/BurntSushi/toml` 1.6, which speaks TOML 1.1.

mod cursor;
mod number;
mod read;
mod scalar;
mod text;
mod write;

pub use read::read;
pub use write::{WriteError, write};

use crate::engine::value::{Failure, Map, Value};

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
