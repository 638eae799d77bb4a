//! Maps of an index, each of whose keys stands once: of two, every reader might believe another.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use helm_engine::path::shown;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Reads a map; a key that stands twice is an error.
pub(super) fn map<'de, D, V>(deserializer: D) -> Result<BTreeMap<String, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    deserializer.deserialize_map(Unique(PhantomData))
}

struct Unique<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Unique<V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, V>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("`{}` stands twice", shown(&key))));
            }
            map.insert(key, value);
        }
        Ok(map)
    }
}
