//! Where a release of Flux has its chart from, as a spec would write it.

use super::kustomization::join;
use super::object::{Object, text_at};
use super::{Fault, ReleaseChart, Tree};
use helm_engine::value::Value;

pub(super) const SOURCES: &str = "source.toolkit.fluxcd.io";

/// Finds a source: its kind, namespace and name.
pub(super) type Find<'f> = dyn FnMut(&str, &str, &str) -> Result<Option<Object>, Fault> + 'f;

/// The chart of a HelmRelease in this namespace. `is_here` says whether a GitRepository is the tree itself.
pub(super) fn chart(
    tree: &dyn Tree,
    release: &Object,
    namespace: &str,
    find: &mut Find<'_>,
    is_here: &dyn Fn(&Object, &str) -> bool,
) -> Result<ReleaseChart, Fault> {
    if release.has(&["spec", "chartRef"]) {
        let reference = release.get(&["spec", "chartRef"]).unwrap_or(Value::Nil);
        let (kind, name, of) = names(&reference, namespace);
        let found = found(tree, release, &["spec", "chartRef"], find, (&kind, &of, &name))?;
        return match kind.as_str() {
            "OCIRepository" => oci(tree, &found),
            "HelmChart" => of_chart(tree, &found, &["spec"], &of, find, is_here),
            _ => Err(field(tree, release, &["spec", "chartRef"], format!("a chart from {} is not read", a(&kind)))),
        };
    }
    if !release.has(&["spec", "chart"]) {
        return Err(field(tree, release, &["spec", "chart"], "it names no chart".into()));
    }
    of_chart(tree, release, &["spec", "chart", "spec"], namespace, find, is_here)
}

/// The chart of a HelmRelease's template, or of a HelmChart.
fn of_chart(
    tree: &dyn Tree,
    object: &Object,
    path: &[&str],
    namespace: &str,
    find: &mut Find<'_>,
    is_here: &dyn Fn(&Object, &str) -> bool,
) -> Result<ReleaseChart, Fault> {
    let below = |key: &'static str| [path, &[key]].concat();
    for key in ["valuesFiles", "valuesFile"] {
        if object.has(&below(key)) {
            let why = "files of the chart take the place of its own values.yaml".into();
            return Err(field(tree, object, &below(key), why));
        }
    }
    let chart = object.text(&below("chart")).unwrap_or_default();
    let version = object.text(&below("version"));
    let reference = object.get(&below("sourceRef")).unwrap_or(Value::Nil);
    let (kind, name, of) = names(&reference, namespace);
    let at = below("sourceRef");
    let place = object.place(tree, &below(if version.is_some() { "version" } else { "chart" })).map(|it| *it);
    if kind == "GitRepository" {
        let source = find(&kind, &of, &name)?;
        // One that is not in the tree and whose chart is there is the tree's own.
        let here = match &source {
            Some(source) => is_here(source, &name),
            None => tree.read(&join(chart.trim_start_matches("./"), "Chart.yaml"))?.is_some(),
        };
        if !here {
            return Err(field(tree, object, &at, format!("GitRepository {of}/{name} is not this repository")));
        }
        let folder: Vec<&str> = chart.split('/').filter(|it| !it.is_empty() && *it != ".").collect();
        return Ok(ReleaseChart { source: local(&tree.as_written(&folder.join("/"))), version: None, place });
    }
    let source = found(tree, object, &at, find, (&kind, &of, &name))?;
    match kind.as_str() {
        "HelmRepository" => {
            let address = url(tree, &source)?;
            Ok(ReleaseChart { source: format!("{}/{chart}", address.trim_end_matches('/')), version, place })
        }
        _ => Err(field(tree, object, &at, format!("a chart from {} is not read", a(&kind)))),
    }
}

/// The chart that an OCIRepository holds. Mirrors source-controller: a digest counts before a range, that before a tag.
fn oci(tree: &dyn Tree, source: &Object) -> Result<ReleaseChart, Fault> {
    let address = url(tree, source)?;
    for key in ["layerSelector", "ref"] {
        let inner = if key == "ref" { "semverFilter" } else { "mediaType" };
        let value = source.text(&["spec", key, inner]);
        let is_chart = |it: &str| it == "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
        if value.is_some_and(|it| key == "ref" || !is_chart(&it)) {
            let why = "only a chart's own layer, and tags without a filter, are read".into();
            return Err(field(tree, source, &["spec", key, inner], why));
        }
    }
    let part = |key: &str| source.text(&["spec", "ref", key]);
    let key = ["digest", "semver", "tag"].into_iter().find(|it| source.has(&["spec", "ref", it]));
    let place = source.place(tree, &["spec", "ref", key.unwrap_or("tag")]).map(|it| *it);
    let (source, version) = match (part("digest"), part("semver"), part("tag")) {
        (Some(digest), ..) => (format!("{address}@{digest}"), None),
        (None, Some(range), _) => (address, Some(range)),
        (None, None, Some(tag)) if is_version(&tag) => (address, Some(tag)),
        (None, None, tag) => (format!("{address}:{}", tag.unwrap_or_else(|| "latest".into())), None),
    };
    Ok(ReleaseChart { source, version, place })
}

/// Whether a tag is an exact version, which the lock can hold as one.
fn is_version(tag: &str) -> bool {
    let numbers = tag.trim_start_matches('v').split(['-', '+']).next().unwrap_or_default();
    numbers.split('.').count() == 3
        && numbers.split('.').all(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

fn url(tree: &dyn Tree, source: &Object) -> Result<String, Fault> {
    let address = source.text(&["spec", "url"]).unwrap_or_default();
    if address.is_empty() || address.contains("${") {
        return Err(field(tree, source, &["spec", "url"], "it is no address".into()));
    }
    Ok(address.trim_end_matches('/').to_owned())
}

/// A path as a spec writes one of this machine, which no scheme begins.
pub(super) fn local(path: &str) -> String {
    if path.starts_with('.') || path.starts_with('/') { path.to_owned() } else { format!("./{path}") }
}

fn names(reference: &Value, namespace: &str) -> (String, String, String) {
    let text = |key: &str| text_at(reference, &[key]);
    let of = text("namespace").unwrap_or_else(|| namespace.to_owned());
    (text("kind").unwrap_or_default(), text("name").unwrap_or_default(), of)
}

fn found(
    tree: &dyn Tree,
    object: &Object,
    path: &[&str],
    find: &mut Find<'_>,
    (kind, namespace, name): (&str, &str, &str),
) -> Result<Object, Fault> {
    find(kind, namespace, name)?.ok_or_else(|| Fault::Missing {
        object: object.shown(),
        what: format!("{kind} {namespace}/{name}"),
        place: object.place(tree, path),
    })
}

pub(super) fn field(tree: &dyn Tree, object: &Object, path: &[&str], why: String) -> Fault {
    Fault::Field { object: object.shown(), field: path.join("."), why, place: object.place(tree, path) }
}

fn a(kind: &str) -> String {
    if kind.is_empty() { "a source without a kind".into() } else { format!("a source of the kind {kind}") }
}
