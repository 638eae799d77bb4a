//! `show`: what a chart says of itself, as `helm show` prints it.

use crate::edge::files::ChartFiles;
use crate::workspace::chart::{ChartName, ChartNameError};
use crate::workspace::fetching::Fetching;
use helm_engine::helm::chart::unpack;
use helm_engine::helm::{Chart, ChartError, HelmVersion, jsonpath};

/// A part of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    All,
    /// `Chart.yaml`, as Helm has read it.
    Chart,
    /// `values.yaml`, as it stands.
    Values,
    Readme,
    /// The files of `crds/`, those of charts below included.
    Crds,
}

/// Why nothing can be shown; prints in Helm's wording.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    #[error(transparent)]
    ChartName(#[from] ChartNameError),
    #[error(transparent)]
    Chart(#[from] ChartError),
    #[error("{0}")]
    Print(String),
    #[error("error parsing jsonpath {template}: {fault}")]
    Jsonpath { template: String, fault: String },
}

impl ShowError {
    /// Whether disk or permissions failed, and not what the user gave.
    pub fn is_surroundings(&self) -> bool {
        matches!(self, ShowError::ChartName(it) if it.is_surroundings())
    }
}

/// Shows a part of a chart; of its values, with `jsonpath`, what that template finds in them.
///
/// Mirrors `pkg/action.Show`.
pub fn show(
    chart: &ChartName,
    part: Part,
    jsonpath: Option<&str>,
    helm: HelmVersion,
    fetching: Fetching<'_>,
) -> Result<Vec<u8>, ShowError> {
    let (chart, values): (Chart, Vec<Vec<u8>>) = match chart.read(fetching)? {
        ChartFiles::Folder(tree) => {
            (Chart::load(&tree, helm)?, tree.get("values.yaml").map(without_mark).into_iter().collect())
        }
        ChartFiles::Archive(bytes) => {
            let chart = Chart::load_archive(&bytes, helm)?;
            let files = unpack(&bytes)?;
            // An archive may hold a name more than once.
            let values = files.iter().filter(|it| it.name == "values.yaml").map(|it| it.data.to_vec());
            (chart, values.collect())
        }
    };
    let all = part == Part::All;
    let mut out = Vec::new();
    let line = |out: &mut Vec<u8>, text: &[u8]| {
        out.extend_from_slice(text);
        out.push(b'\n');
    };
    if all || part == Part::Chart {
        line(&mut out, &chart.metadata().to_yaml().map_err(ShowError::Print)?);
    }
    if all && !values.is_empty() {
        line(&mut out, b"---");
    }
    match jsonpath.filter(|it| !it.is_empty()) {
        Some(template) if !values.is_empty() => {
            let found = jsonpath::print(template, &chart.root_node().values);
            out.extend(found.map_err(|fault| ShowError::Jsonpath { template: template.into(), fault })?);
        }
        _ => values.iter().filter(|_| all || part == Part::Values).for_each(|it| line(&mut out, it)),
    }
    let files = &chart.root_node().files;
    let readme = files.iter().find(|it| README.iter().any(|name| it.name.eq_ignore_ascii_case(name)));
    if let Some(readme) = readme.filter(|_| all || part == Part::Readme) {
        if all {
            line(&mut out, b"---");
        }
        line(&mut out, &readme.data);
    }
    if all || part == Part::Crds {
        // Helm 3 sets only the first apart, and that only from what comes before it.
        let apart = |index: usize| helm.behaviour().is_4 || (all && index == 0);
        for (index, crd) in chart.crds().into_iter().enumerate() {
            if apart(index) && !crd.data.starts_with(b"---") {
                line(&mut out, b"---");
            }
            line(&mut out, &crd.data);
        }
    }
    Ok(out)
}

/// What Helm takes for a readme, in whatever case.
const README: [&str; 3] = ["readme.md", "readme.txt", "readme"];

fn without_mark(text: &[u8]) -> Vec<u8> {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).to_vec()
}
