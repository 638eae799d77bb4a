//! An Application of Argo CD, or one element of an ApplicationSet.

use std::collections::BTreeMap;

use super::layered::{self, Known, digest, joined};
use super::object::{Object, objects, text_at};
use super::sources::{field, local};
use super::{Fault, Read, Release, ReleaseChart, Tree, Unseal, Wanted, Written};
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

const GROUP: &str = "argoproj.io";

/// Reads an Application. Values files come first, then `values` or `valuesObject`, then parameters, as Argo CD merges.
pub(super) fn release(tree: &dyn Tree, wanted: &Wanted, mut unseal: Option<&mut dyn Unseal>) -> Result<Release, Fault> {
    let application = application(tree, wanted)?;
    let all = match application.list(&["spec", "sources"]) {
        none if none.is_empty() => application.get(&["spec", "source"]).into_iter().collect(),
        sources => sources,
    };
    let charts: Vec<&Value> = all.iter().filter(|it| is_chart(tree, it)).collect();
    let [source] = charts.as_slice() else {
        let why = format!("one source must be a chart of Helm, and {} are", charts.len());
        return Err(field(tree, &application, &["spec"], why));
    };
    let refuse = |key: &str, why: &str| Err(field(tree, &application, &["spec", "source", "helm", key], why.into()));
    for (key, why) in
        [("fileParameters", "files as parameters are not read"), ("valuesFiles", "it is called `valueFiles`")]
    {
        if super::object::at(source, &["helm", key]).is_some() {
            return refuse(key, why);
        }
    }
    let text = |path: &[&str]| text_at(source, path);
    let folder = text(&["path"]).map(|it| it.trim_matches('/').to_owned());
    let chart = chart(&application, tree, source, folder.as_deref())?;
    let mut read = BTreeMap::new();
    let mut layers = Vec::new();
    for path in strings(source, &["helm", "valueFiles"]) {
        let place = match path.strip_prefix('$').and_then(|it| it.split_once('/')) {
            Some((_, below)) => joined("", below),
            None => folder.as_deref().and_then(|it| joined(it, &path)),
        };
        let found = match place {
            Some(place) => layered::file(tree, &place, &mut unseal, &mut read)?,
            None => None,
        };
        match found {
            Some(layer) => layers.push(layer),
            None if text(&["helm", "ignoreMissingValueFiles"]).as_deref() == Some("true") => {}
            None => return refuse("valueFiles", &format!("`{path}` is not in the tree")),
        }
    }
    let shown = application.shown();
    match super::object::at(source, &["helm", "valuesObject"]) {
        Some(value @ Value::Map(_)) => {
            let written = yaml::write_exactly(&value).unwrap_or_default().to_text().into_owned();
            layers.push(layered::text(&shown, written, None));
        }
        _ => layers.extend(text(&["helm", "values"]).map(|it| layered::text(&shown, it, None))),
    }
    if let Some(Value::List(parameters)) = super::object::at(source, &["helm", "parameters"]) {
        for it in parameters.to_vec() {
            let of = |key: &str| text_at(&it, &[key]);
            let value = of("value").unwrap_or_default();
            let value = if of("forceString").as_deref() == Some("true") { format!("'{value}'") } else { value };
            layers.push(layered::text(&shown, value, of("name")));
        }
    }
    let named = |it: &layered::Known<'_>| it.name.clone();
    let namespace = text(&["helm", "namespace"])
        .or_else(|| application.text(&["spec", "destination", "namespace"]))
        .or_else(|| wanted.namespace.clone())
        .ok_or_else(|| Fault::NoNamespace(application.shown()))?;
    let counts = Value::List(helm_engine::value::List::any(vec![
        application.get(&["spec", "source"]).unwrap_or(Value::Nil),
        application.get(&["spec", "sources"]).unwrap_or(Value::Nil),
    ]));
    let path = application.path().map_or_else(String::new, |it| tree.as_written(it));
    read.insert(application.shown(), Read { path: path.clone(), digest: digest(&counts) });
    let written =
        Written { kind: "Application".into(), namespace: application.namespace(), name: application.name(), path };
    let known = Known {
        object: &application,
        written,
        name: text(&["helm", "releaseName"]).unwrap_or_else(|| application.name()),
        namespace,
        chart,
        skip_schema_validation: text(&["helm", "skipSchemaValidation"]).as_deref() == Some("true"),
        read,
    };
    if named(&known).contains('$')
        || layers.iter().any(|it| it.is_clear_with("$ARGOCD_") || it.is_clear_with("${ARGOCD_"))
    {
        return refuse("values", "variables of Argo CD's build are not filled in");
    }
    layered::release(known, &layers, unseal.is_some())
}

fn is_chart(tree: &dyn Tree, source: &Value) -> bool {
    let folder = text_at(source, &["path"]).map(|it| it.trim_matches('/').to_owned());
    text_at(source, &["chart"]).is_some()
        || folder.is_some_and(|it| tree.read(&format!("{it}/Chart.yaml")).is_ok_and(|it| it.is_some()))
}

fn chart(application: &Object, tree: &dyn Tree, source: &Value, folder: Option<&str>) -> Result<ReleaseChart, Fault> {
    let place = application.place(tree, &["spec"]).map(|it| *it);
    let Some(chart) = text_at(source, &["chart"]) else {
        return Ok(ReleaseChart { source: local(&tree.as_written(folder.unwrap_or_default())), version: None, place });
    };
    let address = text_at(source, &["repoURL"]).unwrap_or_default();
    let address = address.trim_end_matches('/');
    if address.is_empty() {
        return Err(field(tree, application, &["spec"], "it names no `repoURL`".into()));
    }
    // Argo CD writes a registry without its scheme.
    let address = if address.contains("://") { address.to_owned() } else { format!("oci://{address}") };
    let version = text_at(source, &["targetRevision"]).filter(|it| it != "*");
    Ok(ReleaseChart { source: format!("{address}/{chart}"), version, place })
}

/// The Application that is meant, of a file or of the files of a folder.
fn application(tree: &dyn Tree, wanted: &Wanted) -> Result<Object, Fault> {
    let path = wanted.path.as_str();
    let paths: Vec<String> = match tree.is_folder(path) {
        true => {
            let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
            tree.files()?.into_iter().filter(|it| it.starts_with(&prefix)).collect()
        }
        false => vec![path.to_owned()],
    };
    let mut found = Vec::new();
    for file in paths {
        let bytes = tree.read(&file)?.ok_or_else(|| Fault::NoPath(tree.as_written(&file)))?;
        for object in objects(&String::from_utf8_lossy(&bytes), Some(&file)) {
            if object.is(GROUP, "Application") && wanted.name.as_deref().is_none_or(|it| it == object.name()) {
                found.push(object);
            } else if object.is(GROUP, "ApplicationSet") {
                found.extend(elements(tree, &object, wanted.name.as_deref())?);
            }
        }
    }
    match found.len() {
        0 => Err(Fault::NoRelease { path: tree.as_written(path), what: "Application" }),
        1 => Ok(found.remove(0)),
        _ => {
            let names = found.iter().map(Object::shown).collect();
            Err(Fault::Several { path: tree.as_written(path), names })
        }
    }
}

/// The Applications that an object is or makes: the object itself, or what a set has of each element of its lists.
pub fn applications(tree: &dyn Tree, object: &Object) -> Result<Vec<Object>, Fault> {
    if object.is(GROUP, "Application") {
        return Ok(vec![object.clone()]);
    }
    if object.is(GROUP, "ApplicationSet") { elements(tree, object, None) } else { Ok(Vec::new()) }
}

/// The names that an Application goes by: its own, its release's and its charts'.
pub fn application_names(application: &Object) -> Vec<String> {
    let mut sources = application.list(&["spec", "sources"]);
    sources.extend(application.get(&["spec", "source"]));
    let of = |it: &Value| [text_at(it, &["chart"]), text_at(it, &["helm", "releaseName"])];
    let mut names: Vec<String> = sources.iter().flat_map(of).flatten().collect();
    names.push(application.name());
    names
}

/// The Applications of a set that are made of lists; with a name, those of it or of an element that holds the word.
fn elements(tree: &dyn Tree, set: &Object, name: Option<&str>) -> Result<Vec<Object>, Fault> {
    let template = set.get(&["spec", "template"]).unwrap_or(Value::Nil);
    let template = yaml::write_exactly(&template).unwrap_or_default().to_text().into_owned();
    let mut found = Vec::new();
    for generator in set.list(&["spec", "generators"]) {
        let Some(Value::List(elements)) = super::object::at(&generator, &["list", "elements"]) else {
            return Err(field(tree, set, &["spec", "generators"], "only lists of elements are read".into()));
        };
        for element in elements.to_vec() {
            let Value::Map(element) = element else { continue };
            let filled = filled(&template, &element)
                .ok_or_else(|| field(tree, set, &["spec", "template"], "it has more than names in `{{ }}`".into()))?;
            let Ok(Value::Map(value)) = yaml::read_typed(filled.as_bytes()) else { continue };
            value.insert("kind", "Application".into());
            value.insert("apiVersion", "argoproj.io/v1alpha1".into());
            let made = Object { value, origin: set.origin.clone() };
            let holds = |name: &str| {
                element.to_vec().iter().any(|(_, it)| text_at(it, &[]).as_deref() == Some(name)) || made.name() == name
            };
            if name.is_none_or(holds) {
                found.push(made);
            }
        }
    }
    Ok(found)
}

/// The template with the element's values at `{{name}}` and `{{ .name }}`; `None` where something else stands there.
fn filled(template: &str, element: &Map) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        let name = name.trim().trim_start_matches('.');
        let mut value = Value::Map(element.clone());
        for step in name.split('.') {
            let Value::Map(map) = &value else { return None };
            let inner = map.get(step)?;
            value = inner;
        }
        out.push_str(before);
        out.push_str(&text_at(&value, &[])?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn strings(value: &Value, path: &[&str]) -> Vec<String> {
    match super::object::at(value, path) {
        Some(Value::List(list)) => list.to_vec().iter().filter_map(|it| text_at(it, &[])).collect(),
        _ => Vec::new(),
    }
}
