//! TOML as `github.com/BurntSushi/toml` writes and reads it.

use crate::engine::value::{Map, Value};

pub(super) fn write(_value: &Value) -> Result<String, String> {
    Ok(String::new())
}

pub(super) fn read(_text: &str) -> Result<Map, String> {
    Ok(Map::any())
}
