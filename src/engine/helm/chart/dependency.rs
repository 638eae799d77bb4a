//! The entries of `dependencies` in `Chart.yaml`.

use super::entries::{filled, insert_lists, quote, sanitize, string_map, strings};
use super::error::ChartError;
use crate::helm::decode::Decoder;
use crate::value::{List, Map, Value};

/// One entry of `dependencies`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependency {
    /// The name that its own `Chart.yaml` gives the chart below.
    pub name: String,
    /// A version or a constraint.
    pub version: String,
    /// Where it comes from: a URL, `oci://`, `file://`, `@` with a repository's name, or nothing where it lies in
    /// `charts/`.
    pub repository: String,
    /// Paths into the values, with commas between them. The first that holds a boolean says whether the chart takes
    /// part.
    pub condition: String,
    /// Keys below `tags` in the values of the root chart, which say the same where no condition does.
    pub tags: Vec<String>,
    /// Whether it takes part. Rendering decides that by tags and conditions, whatever the file says.
    pub enabled: bool,
    /// What of its values the parent takes over, in the order written.
    pub import_values: Vec<ImportValue>,
    /// What the chart is called in this parent; empty where it keeps its own name.
    pub alias: String,
    /// Which entry it is, where copies of its chart have it in common.
    pub(super) shared: Option<usize>,
    null: bool,
}

/// One entry of `import-values`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportValue {
    /// A key below `exports` in the child, taken into the parent's top.
    Export(String),
    /// A table of the child, taken in at a path of the parent.
    Table {
        /// The path of the table in the values of the child, with dots between the keys.
        child: String,
        /// Where it goes in the values of the parent, in the same form.
        parent: String,
    },
    /// What Helm writes back once it has imported: the same, of another Go type.
    Done {
        /// The path of the table in the values of the child.
        child: String,
        /// The path in the values of the parent.
        parent: String,
    },
}

const DEPENDENCY_FIELDS: &[&str] =
    &["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];

impl Dependency {
    pub(super) fn read(decoder: &mut Decoder, value: &Value, held: Self) -> Self {
        if matches!(value, Value::Nil) {
            return Dependency { null: true, ..Dependency::default() };
        }
        let mut out = Dependency { null: false, ..held };
        decoder.structure(value, "v2.Dependency", |it, map| {
            it.fields(map, DEPENDENCY_FIELDS, |it, field, value| match field {
                "name" => it.string(value, &mut out.name),
                "version" => it.string(value, &mut out.version),
                "repository" => it.string(value, &mut out.repository),
                "condition" => it.string(value, &mut out.condition),
                "tags" => it.strings(value, &mut out.tags),
                "enabled" => it.boolean(value, &mut out.enabled),
                "alias" => it.string(value, &mut out.alias),
                _ => {
                    let mut items = Vec::new();
                    it.list(value, "[]interface {}", &mut items, |_, item, _| ImportValue::of(item));
                    out.import_values = items.into_iter().flatten().collect();
                }
            });
        });
        out
    }

    pub(super) fn validate(&mut self) -> Result<(), ChartError> {
        if self.null {
            return Err(ChartError::Invalid("dependencies must not contain empty or null nodes".into()));
        }
        [&mut self.name, &mut self.version, &mut self.repository, &mut self.condition]
            .into_iter()
            .chain(&mut self.tags)
            .for_each(sanitize);
        let legal = |it: u8| it.is_ascii_alphanumeric() || it == b'_' || it == b'-';
        if !self.alias.bytes().all(legal) {
            let name = quote(&self.name);
            return Err(ChartError::Invalid(format!("dependency {name} has disallowed characters in the alias")));
        }
        Ok(())
    }

    pub(super) fn to_map(&self) -> Map {
        Map::from_entries(self.entries().map(|(key, value)| (key.into(), value)))
    }

    pub(super) fn to_value(&self) -> Value {
        Value::Map(self.to_map())
    }

    fn entries(&self) -> [(&'static str, Value); 8] {
        [
            ("Name", Value::from(self.name.as_str())),
            ("Version", Value::from(self.version.as_str())),
            ("Repository", Value::from(self.repository.as_str())),
            ("Condition", Value::from(self.condition.as_str())),
            ("Tags", Value::list(self.tags.iter().map(|it| Value::from(it.as_str())))),
            ("Enabled", Value::Bool(self.enabled)),
            ("ImportValues", Value::List(List::any(self.import_values.iter().map(ImportValue::to_value).collect()))),
            ("Alias", Value::from(self.alias.as_str())),
        ]
    }
}

impl Dependency {
    pub(super) fn to_map_of_json(&self) -> Map {
        let map = filled([("version", &self.version), ("condition", &self.condition), ("alias", &self.alias)]);
        map.insert("name", Value::from(self.name.as_str()));
        map.insert("repository", Value::from(self.repository.as_str()));
        if self.enabled {
            map.insert("enabled", Value::Bool(true));
        }
        let imports = self.import_values.iter().map(ImportValue::to_value).collect();
        insert_lists(&map, [("tags", strings(&self.tags)), ("import-values", imports)]);
        map
    }
}

impl ImportValue {
    /// Entries of other kinds are passed over.
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Str(text) => Some(ImportValue::Export(text.to_text().into_owned())),
            Value::Map(map) => {
                let part = |key: &str| {
                    let held = map.get(key).unwrap_or(Value::Nil);
                    crate::fmt::print_value(&held).to_text().into_owned()
                };
                Some(ImportValue::Table { child: part("child"), parent: part("parent") })
            }
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        match self {
            ImportValue::Export(text) => Value::from(text.as_str()),
            ImportValue::Table { child, parent } => {
                Value::map([("child", Value::from(child.as_str())), ("parent", Value::from(parent.as_str()))])
            }
            ImportValue::Done { child, parent } => {
                Value::Map(string_map([("child", child.as_str()), ("parent", parent.as_str())]))
            }
        }
    }
}
