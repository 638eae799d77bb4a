//! A release of a helmfile that is plain YAML.

use std::collections::BTreeMap;

use super::layered::{self, Known, digest, joined};
use super::object::{Object, text_at};
use super::sources::{field, local};
use super::{Fault, Read, Release, ReleaseChart, Tree, Unseal, Wanted, Written};
use helm_engine::value::Value;
use helm_engine::yaml;

/// What changes a render in a way that is not known here.
const REFUSED: [&str; 6] =
    ["strategicMergePatches", "jsonPatches", "transformers", "inherit", "postRenderer", "forceNamespace"];

/// Reads a release. Values come first, in their order, then what SOPS seals, then what is set.
pub(super) fn release(tree: &dyn Tree, wanted: &Wanted, mut unseal: Option<&mut dyn Unseal>) -> Result<Release, Fault> {
    let path = wanted.path.as_str();
    let shown = tree.as_written(path);
    let bytes = tree.read(path)?.ok_or_else(|| Fault::NoPath(shown.clone()))?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = |object: Object, key: &str, why: &str| field(tree, &object, &[key], why.into());
    if path.ends_with(".gotmpl") || text.contains("{{") {
        return Err(Fault::Unreadable {
            path: shown,
            message: "it holds Go templates, which are not filled in here".into(),
        });
    }
    let value =
        yaml::read_typed(text.as_bytes()).map_err(|message| Fault::Unreadable { path: shown.clone(), message })?;
    let Value::Map(value) = value else { return Err(Fault::NoRelease { path: shown, what: "release" }) };
    let file = Object { value, origin: None };
    let named = |it: &Value| wanted.name.is_none() || text_at(it, &["name"]) == wanted.name;
    let found: Vec<Value> = file.list(&["releases"]).into_iter().filter(|it| named(it)).collect();
    let release = match found.as_slice() {
        [] => return Err(Fault::NoRelease { path: shown, what: "such release" }),
        [one] => one.clone(),
        several => {
            let names = several.iter().filter_map(|it| text_at(it, &["name"])).collect();
            return Err(Fault::Several { path: shown, names });
        }
    };
    let name = text_at(&release, &["name"]).unwrap_or_default();
    let entries = match &release {
        Value::Map(map) => map.clone(),
        _ => helm_engine::value::Map::any(),
    };
    let object = Object { value: entries, origin: None };
    let of = |key: &str| object.text(&[key]);
    if let Some(key) = REFUSED.iter().find(|it| object.has(&[it])) {
        return Err(whole(object, key, "it changes what Helm prints"));
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let chart = chart(tree, &file, &object, folder)?;
    let mut read = BTreeMap::new();
    read.insert(format!("release {name}"), Read { path: shown.clone(), digest: digest(&release) });
    let mut layers = Vec::new();
    for key in ["values", "secrets"] {
        for it in object.list(&[key]) {
            match &it {
                Value::Map(_) => {
                    let written = yaml::write_exactly(&it).unwrap_or_default().to_text().into_owned();
                    layers.push(layered::text(&shown, written, None));
                }
                _ => {
                    let path = text_at(&it, &[]).unwrap_or_default();
                    if path.ends_with(".gotmpl") {
                        return Err(whole(object, key, &format!("`{path}` is a Go template")));
                    }
                    let place = joined(folder, &path);
                    let layer = match place {
                        Some(place) => layered::file(tree, &place, &mut unseal, &mut read)?,
                        None => None,
                    };
                    match layer {
                        Some(layer) => layers.push(layer),
                        None => return Err(whole(object, key, &format!("`{path}` is not in the tree"))),
                    }
                }
            }
        }
    }
    for (key, quote) in [("set", ""), ("setString", "'")] {
        for it in object.list(&[key]) {
            let (Some(target), Some(value)) = (text_at(&it, &["name"]), text_at(&it, &["value"])) else {
                return Err(whole(object, key, "only a `name` with a `value` is read"));
            };
            layers.push(layered::text(&shown, format!("{quote}{value}{quote}"), Some(target)));
        }
    }
    let namespace = of("namespace").or_else(|| wanted.namespace.clone());
    let written = Written { kind: "release".into(), namespace: String::new(), name: name.clone(), path: shown.clone() };
    let known = Known {
        object: &object,
        written,
        name: name.clone(),
        namespace: namespace.ok_or_else(|| Fault::NoNamespace(format!("release {name}")))?,
        chart,
        skip_schema_validation: of("skipSchemaValidation").as_deref() == Some("true"),
        read,
    };
    layered::release(known, &layers, unseal.is_some())
}

fn chart(tree: &dyn Tree, file: &Object, release: &Object, folder: &str) -> Result<ReleaseChart, Fault> {
    let chart = release.text(&["chart"]).unwrap_or_default();
    let version = release.text(&["version"]);
    let source = |source: String, version| ReleaseChart { source, version, place: None };
    if chart.contains("://") {
        return Ok(source(chart, version));
    }
    let is_path = chart.starts_with('.') || chart.starts_with('/');
    let repository = chart.split_once('/').filter(|_| !is_path).and_then(|(repository, name)| {
        let all = file.list(&["repositories"]);
        let found = all.into_iter().find(|it| text_at(it, &["name"]).as_deref() == Some(repository))?;
        Some((text_at(&found, &["url"])?, text_at(&found, &["oci"]).as_deref() == Some("true"), name.to_owned()))
    });
    match repository {
        Some((url, is_oci, name)) => {
            let url = url.trim_end_matches('/');
            let scheme = if is_oci && !url.contains("://") { "oci://" } else { "" };
            Ok(source(format!("{scheme}{url}/{name}"), version))
        }
        None => match joined(folder, &chart) {
            Some(path) if tree.is_folder(&path) || tree.read(&path)?.is_some() => {
                Ok(source(local(&tree.as_written(&path)), None))
            }
            _ => Err(field(
                tree,
                release,
                &["chart"],
                format!("`{chart}` is no chart here, and of no repository of the file"),
            )),
        },
    }
}
