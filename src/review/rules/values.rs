//! Values that a chart does not know.

use super::{ChartSubject, Layer, cilium};
use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::deliver::flux::at;
use helm_engine::value::{Map, Value};
use helm_engine::yaml::node::{self, Document, Node, NodeKind};

pub(super) fn check(chart: &ChartSubject<'_>, found: &mut Vec<Diagnostic>) {
    let root = chart.chart.root_node();
    let templates: String = root.templates.iter().map(|it| it.data.to_text()).collect::<Vec<_>>().join("\n");
    let reads: Vec<usize> = templates.match_indices(VALUES).map(|(at, _)| at + VALUES.len()).collect();
    // A chart that reads all its values at once, or only those of charts below, cannot be known.
    if reads.is_empty() {
        return;
    }
    let reader = Reader { chart, defaults: &root.values, templates: &templates, reads };
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

/// How templates name all values.
const VALUES: &str = ".Values";

struct Reader<'a> {
    chart: &'a ChartSubject<'a>,
    defaults: &'a Map,
    templates: &'a str,
    /// Behind each [`VALUES`] in the templates, in bytes.
    reads: Vec<usize>,
}

impl Reader<'_> {
    /// Compares a mapping with the chart's own values at the same path. Values nest no deeper than YAML may.
    fn walk(&self, node: Node<'_>, known: &Map, path: &mut Vec<String>, layer: &Layer, found: &mut Vec<Diagnostic>) {
        for (key, value) in node.entries() {
            let Some(name) = key.text().map(|it| it.to_text().into_owned()) else { continue };
            path.push(name.clone());
            self.variable(value.resolved(), path, layer, found);
            match known.get(name.as_str()) {
                Some(default) if of_another_kind(&default, value.resolved()).is_some() => {
                    let (is, should) = of_another_kind(&default, value.resolved()).unwrap_or_default();
                    let message = format!("`{}` is {is}, and the chart's own value is {should}", path.join("."));
                    let below = match &default {
                        Value::Map(below) if below.contains("enabled") => format!(": `{name}: {{enabled: ...}}`"),
                        _ => String::new(),
                    };
                    let diagnostic = Diagnostic::new(Code::H003, message).help(format!("write {should}{below}"));
                    found.push(diagnostic.at(layer.place(value.span())));
                }
                Some(Value::Map(below)) if !below.is_empty() && !self.is_read_whole(path) => {
                    self.walk(value.resolved(), &below, path, layer, found);
                }
                Some(_) => {}
                None if name == "<<" || self.is_read(path) || self.is_of_another_chart(path) => {}
                None if self.is_taken_back(path) => {}
                None => {
                    found.push(self.unknown(layer.place(key.span()), &name, known, path));
                }
            }
            path.pop();
        }
    }

    /// Whether a layer takes back with `null` what another one sets.
    fn is_taken_back(&self, path: &[String]) -> bool {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        self.chart.layers.len() > 1 && matches!(at(self.chart.given, &path), None | Some(Value::Nil))
    }

    /// A variable such as `${CLUSTER_NAME}`, which Flux and shells would have replaced.
    fn variable(&self, node: Node<'_>, path: &[String], layer: &Layer, found: &mut Vec<Diagnostic>) {
        let Some(text) = node.text().map(|it| it.to_text()) else { return };
        let Some((_, after)) = text.split_once("${") else { return };
        let Some((name, _)) = after.split_once('}') else { return };
        let is_name = !name.is_empty()
            && name.starts_with(|it: char| it.is_ascii_uppercase())
            && name.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_');
        // Longer texts may be scripts and configs, which mean it so.
        if !is_name || text.contains(char::is_whitespace) {
            return;
        }
        let message = format!("`{}` holds `${{{name}}}`, and nothing replaces it", path.join("."));
        let help = "ichor expands no variables: write the value itself";
        found.push(Diagnostic::new(Code::H004, message).help(help).at(layer.place(node.span())));
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
        self.reads(path, |_| true) || self.are_all_read()
    }

    /// Whether a template prints all values or goes through all of them, whatever their names are.
    fn are_all_read(&self) -> bool {
        const PRINTERS: [&str; 6] = ["toYaml", "toYamlPretty", "toJson", "toPrettyJson", "toRawJson", "toToml"];
        let is_word = |it: char| it.is_alphanumeric() || matches!(it, '_' | '.');
        self.reads.iter().any(|at| {
            let (before, after) = (&self.templates[..at - VALUES.len()], &self.templates[*at..]);
            let before = before.trim_end_matches(['$', '(']).trim_end();
            let action = before.rsplit("{{").next().unwrap_or_default();
            !after.starts_with(is_word)
                && (PRINTERS.iter().any(|it| before.ends_with(it))
                    || after.trim_start().starts_with('|')
                    || action.trim_start_matches('-').trim_start().starts_with("range"))
        })
    }

    fn reads(&self, path: &[String], fits: impl Fn(&str) -> bool) -> bool {
        let path = path.join(".");
        let below = |at: &usize| self.templates[*at..].strip_prefix('.')?.strip_prefix(path.as_str());
        let mut found = self.reads.iter().filter_map(below);
        found.any(|after| !after.starts_with(|it: char| it.is_alphanumeric() || it == '_') && fits(after))
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
        let full = path.join(".");
        let known_elsewhere =
            if self.chart.chart.name() == "cilium" { cilium::elsewhere(self.chart.version, &full) } else { None };
        if let Some(other) = known_elsewhere {
            let message = format!("`{full}` has no effect: it {}", other.when);
            return Diagnostic::new(Code::C025, message).at(place).help(other.help);
        }
        let message = format!("the chart {chart} has no value `{full}`");
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
                None => format!("`ichor show values` of the chart lists what it knows; {} ignores the rest", "Helm"),
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

/// What a value is and what it should be, where the chart's own is of another kind. A chart that leaves a value empty may
/// take anything.
fn of_another_kind(default: &Value, node: Node<'_>) -> Option<(&'static str, &'static str)> {
    let is_null = matches!(node.value(), Ok(Value::Nil));
    match (default, node.kind()) {
        (Value::Map(below), NodeKind::Scalar) if !below.is_empty() && !is_null => Some(("a single value", "a mapping")),
        (Value::Map(below), NodeKind::Sequence) if !below.is_empty() => Some(("a list", "a mapping")),
        (Value::List(list), NodeKind::Mapping) if !list.is_empty() => Some(("a mapping", "a list")),
        (Value::Bool(_) | Value::Float(_), NodeKind::Mapping) => Some(("a mapping", "a single value")),
        (Value::Bool(_) | Value::Float(_), NodeKind::Sequence) => Some(("a list", "a single value")),
        _ => None,
    }
}

fn nearest(name: &str, known: &Map) -> Option<String> {
    let keys = known.to_vec().into_iter().map(|(key, _)| key.to_text().into_owned());
    let far = |it: &String| strsim::damerau_levenshtein(it, name);
    keys.min_by_key(far).filter(|it| far(it) <= 1 + name.len() / 3)
}
