//! `Chart.yaml` and `requirements.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use super::dependency::Dependency;
use super::entries::{STRING_MAP, filled, insert_lists, quote, sanitize, string_map, strings};
use super::error::ChartError;
use crate::helm::decode::{self, Decoder};
use crate::helm::version;
use crate::value::{Map, Str, Value};
use crate::yaml;

/// The contents of `Chart.yaml`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// The name of the chart, never empty and without `/`.
    pub name: String,
    /// The URL of the project.
    pub home: String,
    /// URLs of source code.
    pub sources: Vec<String>,
    /// The chart's own version, a semantic one: `1.2.3`.
    pub version: String,
    /// One sentence for people.
    pub description: String,
    /// Words to search for.
    pub keywords: Vec<String>,
    /// Who looks after the chart, in the order written.
    pub maintainers: Vec<Maintainer>,
    /// The URL of a picture.
    pub icon: String,
    /// The format of the chart: `v1` or `v2`; `v1` where the file does not say.
    pub api_version: String,
    /// Kept from the file, and without effect: conditions stand in the `dependencies` of the chart above.
    pub condition: String,
    /// Kept from the file, and without effect, as `condition`.
    pub tags: String,
    /// The version of the program that the chart installs, in any form.
    pub app_version: String,
    /// Whether nobody looks after it any more; a render then warns.
    pub deprecated: bool,
    /// Further entries, by key; `None` where none are given, which templates tell from an empty map.
    pub annotations: Option<BTreeMap<String, String>>,
    /// A constraint on the version of Kubernetes, such as `>=1.25.0-0`; empty where any will do.
    pub kube_version: String,
    /// `None` where none are given at all, which Helm tells from an empty list.
    pub dependencies: Option<Vec<Dependency>>,
    /// `application`, `library` or nothing.
    pub chart_type: String,
}

/// One entry of `maintainers`. Texts that are not given are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// A person or an organisation.
    pub name: String,
    /// Where to write to.
    pub email: String,
    /// Their page.
    pub url: String,
    /// The entry was null, which is a fault.
    null: bool,
}

const FIELDS: &[&str] = &[
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];
const MAINTAINER_FIELDS: &[&str] = &["name", "email", "url"];
impl Metadata {
    /// Reads `Chart.yaml`, or `requirements.yaml` on top of it. The error is Go's text.
    pub(super) fn read(&mut self, text: &[u8]) -> Result<(), String> {
        decode::document(text, "v2.Metadata", |decoder, map| {
            decoder.fields(map, FIELDS, |it, field, value| self.read_field(it, field, value));
        })
    }

    fn read_field(&mut self, it: &mut Decoder, field: &str, value: &Value) {
        match field {
            "name" => it.string(value, &mut self.name),
            "home" => it.string(value, &mut self.home),
            "sources" => it.strings(value, &mut self.sources),
            "version" => it.string(value, &mut self.version),
            "description" => it.string(value, &mut self.description),
            "keywords" => it.strings(value, &mut self.keywords),
            "maintainers" => it.list(value, "[]*v2.Maintainer", &mut self.maintainers, Maintainer::read),
            "icon" => it.string(value, &mut self.icon),
            "apiVersion" => it.string(value, &mut self.api_version),
            "condition" => it.string(value, &mut self.condition),
            "tags" => it.string(value, &mut self.tags),
            "appVersion" => it.string(value, &mut self.app_version),
            "deprecated" => it.boolean(value, &mut self.deprecated),
            "annotations" => it.string_map(value, &mut self.annotations),
            "kubeVersion" => it.string(value, &mut self.kube_version),
            "dependencies" => {
                let mut list = self.dependencies.take().unwrap_or_default();
                let given = matches!(value, Value::List(_));
                it.list(value, "[]*v2.Dependency", &mut list, Dependency::read);
                self.dependencies = given.then_some(list);
            }
            _ => it.string(value, &mut self.chart_type),
        }
    }

    /// Checks what Helm checks at loading, and makes texts printable as Helm does.
    pub(super) fn validate(&mut self) -> Result<(), ChartError> {
        let texts = [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ];
        let lists = self.sources.iter_mut().chain(&mut self.keywords);
        texts.into_iter().chain(lists).for_each(sanitize);
        let invalid = |message: String| Err(ChartError::Invalid(message));
        if self.api_version.is_empty() {
            return invalid("chart.metadata.apiVersion is required".into());
        }
        if self.name.is_empty() {
            return invalid("chart.metadata.name is required".into());
        }
        if self.name == "." || self.name == ".." {
            return invalid(format!("chart.metadata.name {} is not allowed", quote(&self.name)));
        }
        if self.name.contains('/') {
            return invalid(format!("chart.metadata.name {} is invalid", quote(&self.name)));
        }
        if self.version.is_empty() {
            return invalid("chart.metadata.version is required".into());
        }
        if !version::is_version(&self.version) {
            return invalid(format!("chart.metadata.version {} is invalid", quote(&self.version)));
        }
        if !["", "application", "library"].contains(&self.chart_type.as_str()) {
            return invalid("chart.metadata.type must be application or library".into());
        }
        for it in &mut self.maintainers {
            if it.null {
                return invalid("maintainers must not contain empty or null nodes".into());
            }
            [&mut it.name, &mut it.email, &mut it.url].into_iter().for_each(sanitize);
        }
        let mut seen = BTreeSet::new();
        for it in self.dependencies.iter_mut().flatten() {
            it.validate()?;
            let key = if it.alias.is_empty() { &it.name } else { &it.alias };
            if !seen.insert(key.clone()) {
                return invalid(format!("more than one dependency with name or alias {}", quote(key)));
            }
        }
        Ok(())
    }

    pub(in crate::helm) fn is_library(&self) -> bool {
        self.chart_type.eq_ignore_ascii_case("library")
    }

    /// What templates see as `.Chart`, without `IsRoot`: a plain map with the Go field names as keys.
    pub(in crate::helm) fn to_map(&self) -> Map {
        let text = |it: &str| Value::from(it);
        let texts = |list: &[String]| Value::list(list.iter().map(|it| text(it)));
        let annotations = match &self.annotations {
            None => Map::nil(STRING_MAP),
            Some(entries) => string_map(entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))),
        };
        let entries = [
            ("Name", text(&self.name)),
            ("Home", text(&self.home)),
            ("Sources", texts(&self.sources)),
            ("Version", text(&self.version)),
            ("Description", text(&self.description)),
            ("Keywords", texts(&self.keywords)),
            ("Maintainers", Value::list(self.maintainers.iter().map(Maintainer::to_value))),
            ("Icon", text(&self.icon)),
            ("APIVersion", text(&self.api_version)),
            ("Condition", text(&self.condition)),
            ("Tags", text(&self.tags)),
            ("AppVersion", text(&self.app_version)),
            ("Deprecated", Value::Bool(self.deprecated)),
            ("Annotations", Value::Map(annotations)),
            ("KubeVersion", text(&self.kube_version)),
            ("Dependencies", Value::list(self.dependencies.iter().flatten().map(Dependency::to_value))),
            ("Type", text(&self.chart_type)),
        ];
        Map::from_entries(entries.map(|(key, value)| (key.into(), value)))
    }
}

impl Metadata {
    /// As Helm writes it: a Go structure through JSON, without what is empty, in order of the keys.
    pub fn to_yaml(&self) -> Result<Str, String> {
        yaml::write(&Value::Map(self.to_map_of_json()))
    }

    pub(super) fn to_map_of_json(&self) -> Map {
        let texts = [
            ("name", &self.name),
            ("home", &self.home),
            ("version", &self.version),
            ("description", &self.description),
            ("icon", &self.icon),
            ("apiVersion", &self.api_version),
            ("condition", &self.condition),
            ("tags", &self.tags),
            ("appVersion", &self.app_version),
            ("kubeVersion", &self.kube_version),
            ("type", &self.chart_type),
        ];
        let map = filled(texts);
        let maintainers = self.maintainers.iter().map(|it| Value::Map(it.to_map_of_json()));
        let lists = [
            ("sources", strings(&self.sources)),
            ("keywords", strings(&self.keywords)),
            ("maintainers", maintainers.collect()),
            ("dependencies", self.dependencies.iter().flatten().map(|it| Value::Map(it.to_map_of_json())).collect()),
        ];
        insert_lists(&map, lists);
        if self.deprecated {
            map.insert("deprecated", Value::Bool(true));
        }
        if let Some(annotations) = self.annotations.as_ref().filter(|it| !it.is_empty()) {
            let entries = annotations.iter().map(|(key, text)| (key.as_str(), text.as_str()));
            map.insert("annotations", Value::Map(string_map(entries)));
        }
        map
    }
}

impl Maintainer {
    fn read(decoder: &mut Decoder, value: &Value, held: Self) -> Self {
        if matches!(value, Value::Nil) {
            return Maintainer { null: true, ..Maintainer::default() };
        }
        let mut out = Maintainer { null: false, ..held };
        decoder.structure(value, "v2.Maintainer", |it, map| {
            it.fields(map, MAINTAINER_FIELDS, |it, field, value| match field {
                "name" => it.string(value, &mut out.name),
                "email" => it.string(value, &mut out.email),
                _ => it.string(value, &mut out.url),
            });
        });
        out
    }

    pub(super) fn to_map_of_json(&self) -> Map {
        filled([("name", &self.name), ("email", &self.email), ("url", &self.url)])
    }

    fn to_value(&self) -> Value {
        let entries = [("Name", &self.name), ("Email", &self.email), ("URL", &self.url)];
        Value::map(entries.map(|(key, text)| (key, Value::from(text.as_str()))))
    }
}
