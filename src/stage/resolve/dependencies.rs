//! The subcharts that a chart's folder names and does not hold.

use crate::stage::resolve::choose;
use crate::stage::spec::{OciName, Source};
use helm_engine::helm::Chart;
use helm_engine::path::RelPath;
use helm_engine::tree::FileTree;
use helm_engine::value::Value;
use helm_engine::yaml;

/// One subchart to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subchart {
    /// Its alias, else its name: what it is known by within its chart.
    pub key: String,
    /// The name in its own `Chart.yaml`.
    pub name: String,
    /// A version or a constraint; empty for any.
    pub version: String,
    /// Where it comes from.
    pub source: Source,
    /// The source as the lock writes it.
    pub text: String,
}

/// The subcharts that `Chart.yaml` names with a repository and `charts/` does not hold. The error is a sentence.
///
/// A version that `Chart.lock` names is taken where it satisfies `Chart.yaml`, as `helm dependency build` does.
pub fn missing(chart: &Chart, tree: &FileTree) -> Result<Vec<Subchart>, String> {
    let present: Vec<&str> = chart.dependency_names().collect();
    let locked = tree.get("Chart.lock").and_then(|it| yaml::read(it).ok());
    let mut missing = Vec::new();
    for it in chart.metadata().dependencies.iter().flatten() {
        if present.contains(&it.name.as_str()) || it.repository.is_empty() {
            continue;
        }
        let repository = it.repository.trim_end_matches('/');
        let source = match repository.split_once("://") {
            Some(("file", path)) => Source::Local(path.into()),
            Some(("oci", rest)) => OciName::parse(&format!("{rest}/{}", it.name))
                .map(Source::Oci)
                .map_err(|fault| format!("the repository of subchart `{}`: {fault}", it.name))?,
            Some(("https" | "http", rest)) if !rest.split('/').next().unwrap_or_default().contains('@') => {
                Source::Repository { address: repository.into(), chart: it.name.clone() }
            }
            _ => {
                return Err(format!(
                    "subchart `{}` comes from `{}`, which is no address: write `oci://`, `https://` or `file://`",
                    it.name, it.repository
                ));
            }
        };
        let kept = locked.as_ref().and_then(|lock| locked_version(lock, &it.name));
        let version = kept.filter(|kept| choose::satisfies(&it.version, kept) == Ok(true));
        missing.push(Subchart {
            key: if it.alias.is_empty() { it.name.clone() } else { it.alias.clone() },
            name: it.name.clone(),
            version: version.unwrap_or_else(|| it.version.clone()),
            text: if source.is_local() { it.repository.clone() } else { format!("{repository}/{}", it.name) },
            source,
        });
    }
    Ok(missing)
}

/// The path of `relative` from the folder at `base`, both from the spec's folder.
pub fn beside(base: &str, relative: &str) -> String {
    if relative.starts_with('/') { relative.into() } else { format!("{}/{relative}", base.trim_end_matches('/')) }
}

/// Puts a subchart's files into its parent's `charts/`.
pub(crate) fn graft(parent: &mut FileTree, name: &str, files: &FileTree) {
    for (path, bytes) in files.iter() {
        if let Ok(place) = RelPath::new(&format!("charts/{name}/{path}")) {
            parent.insert(place, bytes.to_vec());
        }
    }
}

/// Puts a subchart's archive into its parent's `charts/`.
pub(crate) fn graft_archive(parent: &mut FileTree, name: &str, version: &str, bytes: Vec<u8>) {
    if let Ok(place) = RelPath::new(&format!("charts/{name}-{version}.tgz")) {
        parent.insert(place, bytes);
    }
}

fn locked_version(lock: &Value, name: &str) -> Option<String> {
    let Value::Map(lock) = lock else { return None };
    let Some(Value::List(list)) = lock.get("dependencies") else { return None };
    list.to_vec().iter().find_map(|entry| {
        let Value::Map(entry) = entry else { return None };
        let text = |key: &str| match entry.get(key) {
            Some(Value::Str(text)) => Some(text.to_text().into_owned()),
            _ => None,
        };
        (text("name").as_deref() == Some(name)).then(|| text("version")).flatten()
    })
}
