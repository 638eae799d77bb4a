//! From a list of files to a tree of charts.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::archive::unpack;
use super::error::ChartError;
use super::metadata::Metadata;
use super::tree::{Chart, File, Node};
use crate::helm::decode;
use crate::helm::documents::read_documents;
use crate::helm::helm_version::HelmVersion;
use crate::value::Map;

/// No file of a folder may be larger, in bytes.
pub const MAX_FILE_SIZE: u64 = 5 * 1024 * 1024;
/// How many `charts/` may lie in one another.
const MAX_NESTING: usize = 128;

/// Mirrors `pkg/chart/v2/loader.LoadFiles`. Where Go's order is that of a map, charts below are in order of their names.
pub(super) fn load(files: Vec<File>, helm: HelmVersion) -> Result<Chart, ChartError> {
    let heads = files.iter().filter(|it| it.name == "Chart.yaml").map(|it| head(&it.data));
    let unread = if helm.behaviour().is_4 { heads.filter_map(Result::err).next() } else { None };
    Ok(load_nested(files, helm, 0)?.with_unread_head(unread))
}

/// Reads what Helm 4 reads of a chart that is to be installed before it reads the chart: which of its loaders does. It
/// looks at one field, and yet at whether JSON can hold all of them.
fn head(text: &[u8]) -> Result<(), String> {
    let mut version = String::new();
    decode::document(text, "loader.chartBase", |decoder, map| {
        decoder.fields(map, &["apiVersion"], |it, _, value| it.string(value, &mut version));
    })
}

/// A fault with the names of Go's types as this Helm has them.
fn go_names(text: String, helm: HelmVersion) -> String {
    if helm.behaviour().is_4 { text } else { text.replace(" v2.", " chart.").replace("*v2.", "*chart.") }
}

fn load_nested(files: Vec<File>, helm: HelmVersion, depth: usize) -> Result<Chart, ChartError> {
    if depth > MAX_NESTING {
        return Err(ChartError::TooDeep);
    }
    let mut metadata: Option<Metadata> = None;
    for file in files.iter().filter(|it| it.name == "Chart.yaml") {
        let read = metadata.get_or_insert_default();
        read.read(&file.data).map_err(|cause| ChartError::File { file: "Chart.yaml", cause: go_names(cause, helm) })?;
        if read.api_version.is_empty() {
            read.api_version = "v1".into();
        }
    }
    let mut parts = Parts { metadata, values: Map::any(), schema: None, templates: Vec::new(), files: Vec::new() };
    let mut below: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for file in files {
        parts.sort_in(file, helm, &mut below)?;
    }
    let mut metadata = parts.metadata.ok_or(ChartError::NoChartYaml)?;
    metadata.validate()?;
    let parent = metadata.name.clone();
    let node = Node {
        metadata,
        values: parts.values,
        schema: parts.schema,
        templates: Rc::new(parts.templates),
        files: Rc::new(parts.files),
        metadata_of: None,
        parent: None,
        dependencies: Vec::new(),
    };
    let mut charts = Vec::new();
    for (name, files) in below {
        if name.starts_with(['_', '.']) {
            continue;
        }
        charts.push(load_below(&name, files, &parent, helm, depth)?);
    }
    Ok(Chart::new(node, charts, helm))
}

struct Parts {
    metadata: Option<Metadata>,
    values: Map,
    schema: Option<crate::value::Str>,
    templates: Vec<File>,
    files: Vec<File>,
}

impl Parts {
    fn sort_in(
        &mut self,
        file: File,
        helm: HelmVersion,
        below: &mut BTreeMap<String, Vec<File>>,
    ) -> Result<(), ChartError> {
        let fault = |file: &'static str| move |cause: String| ChartError::File { file, cause };
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => lock::check(&file.data).map_err(fault("Chart.lock"))?,
            "values.yaml" => {
                self.values = read_documents(&file.data, helm).map_err(fault("values.yaml"))?;
            }
            "values.schema.json" => self.schema = Some(file.data),
            "requirements.yaml" => {
                let metadata = self.metadata.get_or_insert_default();
                metadata.read(&file.data).map_err(|it| fault("requirements.yaml")(go_names(it, helm)))?;
                self.keep_if_old(file);
            }
            "requirements.lock" => {
                lock::check(&file.data).map_err(fault("requirements.lock"))?;
                self.metadata.get_or_insert_default();
                self.keep_if_old(file);
            }
            name if name.starts_with("templates/") => self.templates.push(file),
            name if name.starts_with("charts/") => {
                if name.ends_with(".prov") {
                    self.files.push(file);
                    return Ok(());
                }
                let rest = name.strip_prefix("charts/").unwrap_or(name).to_owned();
                let folder = rest.split('/').next().unwrap_or_default().to_owned();
                below.entry(folder).or_default().push(File { name: rest, data: file.data });
            }
            _ => self.files.push(file),
        }
        Ok(())
    }

    /// Only charts of the first API version show their requirements as files.
    fn keep_if_old(&mut self, file: File) {
        if self.metadata.as_ref().is_some_and(|it| it.api_version == "v1") {
            self.files.push(file);
        }
    }
}

fn load_below(
    name: &str,
    files: Vec<File>,
    parent: &str,
    helm: HelmVersion,
    depth: usize,
) -> Result<Chart, ChartError> {
    let loaded = if name.ends_with(".tgz") {
        let Some(file) = files.into_iter().next() else { return Err(ChartError::EmptyArchive) };
        if file.name != name {
            return Err(ChartError::SubchartArchive { name: name.into(), parent: parent.into(), found: file.name });
        }
        unpack(&file.data).and_then(|files| load_nested(files, helm, depth + 1))
    } else {
        let inner = files.into_iter().filter_map(|it| {
            let (_, rest) = it.name.split_once('/')?;
            Some(File { name: rest.to_owned(), data: it.data })
        });
        load_nested(inner.collect(), helm, depth + 1)
    };
    loaded.map_err(|cause| ChartError::Subchart { name: name.into(), parent: parent.into(), cause: Box::new(cause) })
}

mod lock {
    //! `Chart.lock` is read for its faults alone; rendering does not use it.

    use crate::helm::chart::dependency::Dependency;
    use crate::helm::decode;

    const FIELDS: &[&str] = &["generated", "digest", "dependencies"];

    pub(super) fn check(text: &[u8]) -> Result<(), String> {
        decode::document(text, "v2.Lock", |decoder, map| {
            decoder.fields(map, FIELDS, |it, field, value| match field {
                "generated" => it.time(value),
                "digest" => it.string(value, &mut String::new()),
                "dependencies" => it.list(value, "[]*v2.Dependency", &mut Vec::new(), Dependency::read),
                _ => {}
            });
        })
    }
}
