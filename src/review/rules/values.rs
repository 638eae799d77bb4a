//! Values that a chart does not know.

use super::{ChartSubject, Layer};
use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use helm_engine::value::{Map, Value};
use helm_engine::yaml::node::{self, Document, Node, NodeKind};

pub(super) fn check(chart: &ChartSubject<'_>, found: &mut Vec<Diagnostic>) {
    let root = chart.chart.root_node();
    let templates: String = root.templates.iter().map(|it| it.data.to_text()).collect::<Vec<_>>().join("\n");
    // A chart that reads all its values at once, or only those of charts below, cannot be known.
    if !templates.contains(".Values") {
        return;
    }
    let reader = Reader { chart, defaults: &root.values, templates: &templates };
    for layer in &chart.layers {
        let Ok(Some(document)) = node::parse(layer.text.as_bytes()) else { continue };
        let Some(top) = top(&document, layer) else { continue };
        reader.walk(top, &root.values, &mut Vec::new(), layer, found);
    }
    for path in &chart.sealed {
        reader.sealed(path, &root.values, found);
    }
}

/// The layer's own mapping.
fn top<'d>(document: &'d Document, layer: &Layer) -> Option<Node<'d>> {
    let Some(start) = layer.start else { return Some(document.root()) };
    let mut open = vec![document.root()];
    while let Some(node) = open.pop() {
        if node.kind() == NodeKind::Mapping && node.span().start == start {
            return Some(node);
        }
        open.extend(node.items());
        open.extend(node.entries().map(|(_, value)| value));
    }
    None
}

struct Reader<'a> {
    chart: &'a ChartSubject<'a>,
    defaults: &'a Map,
    templates: &'a str,
}

impl Reader<'_> {
    /// Compares a mapping with the chart's own values at the same path. Values nest no deeper than YAML may.
    fn walk(&self, node: Node<'_>, known: &Map, path: &mut Vec<String>, layer: &Layer, found: &mut Vec<Diagnostic>) {
        for (key, value) in node.entries() {
            let Some(name) = key.text().map(|it| it.to_text().into_owned()) else { continue };
            path.push(name.clone());
            match known.get(name.as_str()) {
                Some(Value::Map(below)) if !below.is_empty() && !self.is_read_whole(path) => {
                    self.walk(value.resolved(), &below, path, layer, found);
                }
                Some(_) => {}
                None if name == "<<" || self.is_read(path) || self.is_of_another_chart(path) => {}
                None => {
                    let text = Some(layer.text.as_str().into());
                    let place = Place { file: layer.file.as_str().into(), text, span: key.span() };
                    found.push(self.unknown(place, &name, known, path));
                }
            }
            path.pop();
        }
    }

    /// Compares the path of a sealed value: the lock tells it without its text.
    fn sealed(&self, path: &[String], known: &Map, found: &mut Vec<Diagnostic>) {
        let mut known = known.clone();
        for (depth, name) in path.iter().enumerate() {
            let here = &path[..=depth];
            match known.get(name.as_str()) {
                Some(Value::Map(below)) if !below.is_empty() && !self.is_read_whole(here) => known = below,
                Some(_) => return,
                None if self.is_read(here) || self.is_of_another_chart(here) => return,
                None => return found.push(self.unknown(self.chart.place.clone(), name, &known, here)),
            }
        }
    }

    /// Whether a template hands the mapping on as a whole, so that its keys are the user's own.
    fn is_read_whole(&self, path: &[String]) -> bool {
        self.reads(path, |after| !after.starts_with('.') && !after.starts_with("\\."))
    }

    /// Whether a template reads this value, though the chart's values do not show it.
    fn is_read(&self, path: &[String]) -> bool {
        self.reads(path, |_| true)
    }

    fn reads(&self, path: &[String], fits: impl Fn(&str) -> bool) -> bool {
        let needle = format!(".Values.{}", path.join("."));
        self.templates.match_indices(&needle).any(|(index, _)| {
            let after = &self.templates[index + needle.len()..];
            !after.starts_with(|it: char| it.is_alphanumeric() || it == '_') && fits(after)
        })
    }

    fn is_of_another_chart(&self, path: &[String]) -> bool {
        let [top] = path else { return false };
        let metadata = self.chart.chart.metadata();
        top == "global"
            || self.chart.chart.dependency_names().any(|it| it == top)
            || metadata.dependencies.iter().flatten().any(|it| it.alias == *top || it.name == *top)
    }

    fn unknown(&self, place: Place, name: &str, known: &Map, path: &[String]) -> Diagnostic {
        let chart = format!("{} {}", self.chart.chart.name(), self.chart.version);
        let message = format!("the chart {chart} has no value `{}`", path.join("."));
        // A template may reach it through a variable or a shorter path.
        let mentioned = self.templates.match_indices(&format!(".{name}")).any(|(index, text)| {
            let after = self.templates[index + text.len()..].chars().next();
            !after.is_some_and(|it| it.is_alphanumeric() || it == '_')
        });
        let diagnostic = Diagnostic::new(if mentioned { Code::H002 } else { Code::H001 }, message);
        let above = &path[..path.len() - 1];
        let full = |name: &str| above.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".");
        let help = match nearest(name, known) {
            Some(near) => format!("did you mean `{}`?", full(&near)),
            None => match self.elsewhere(name) {
                Some(elsewhere) => format!("did you mean `{elsewhere}`?"),
                None => format!("`helm show values` of the chart lists what it knows; {} ignores the rest", "Helm"),
            },
        };
        diagnostic.at(place).help(help)
    }

    /// Another path of the chart's values that ends in this name; the shortest.
    fn elsewhere(&self, name: &str) -> Option<String> {
        let mut open = vec![(String::new(), self.defaults.clone())];
        let mut found: Vec<String> = Vec::new();
        while let Some((prefix, map)) = open.pop() {
            for (key, value) in map.to_vec() {
                let path = format!("{prefix}{}", key.to_text());
                if key == name {
                    found.push(path.clone());
                }
                if let Value::Map(below) = value {
                    open.push((format!("{path}."), below));
                }
            }
        }
        found.into_iter().min_by_key(|it| (it.len(), it.clone()))
    }
}

fn nearest(name: &str, known: &Map) -> Option<String> {
    let keys = known.to_vec().into_iter().map(|(key, _)| key.to_text().into_owned());
    let far = |it: &String| strsim::damerau_levenshtein(it, name);
    keys.min_by_key(far).filter(|it| far(it) <= 1 + name.len() / 3)
}
