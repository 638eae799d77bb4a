//! A part that comes from GitOps: its chart, version, namespace and values are those of a release.

use super::fields::{Fields, Reader};
use super::{Chart, ContentKind, Inputs, Source, Values};
use crate::base::code::Code;
use crate::base::diagnostic::Place;
use crate::base::name;
use crate::gitops::{self, Release, Tool, Trees, Wanted};
use helm_engine::value::Value;

/// The keys that name a release, and the tools whose it is.
pub(super) const TOOLS: [(&str, Tool); 3] =
    [("flux", Tool::Flux), ("argocd", Tool::Argocd), ("helmfile", Tool::Helmfile)];

/// A release that a part comes from.
#[derive(Clone, Debug)]
pub struct Released {
    /// Whose release it is.
    pub tool: Tool,
    /// Where it lies, as the spec says it.
    pub written: String,
    /// Where the spec names it.
    pub place: Place,
    /// What is meant, in its tree.
    pub wanted: Wanted,
    /// What was found there.
    pub release: Release,
}

/// Reads the release that a part names.
pub(super) fn chart(
    reader: &mut Reader,
    fields: &Fields<'_>,
    (key, tool): (&str, Tool),
    trees: &dyn Trees,
) -> Option<Chart> {
    let node = fields.get(key)?;
    let written = reader.word(node, &format!("`{key}`"))?.into_owned();
    let place = reader.place(node);
    let given = |reader: &mut Reader, key: &'static str| {
        fields.get(key).map(|it| reader.word(it, &format!("`{key}`")).map(|it| it.into_owned()))
    };
    let kustomization = given(reader, "kustomization").map_or(Some(None), |it| it.map(Some))?;
    let namespace = given(reader, "namespace").map_or(Some(None), |it| it.map(Some))?;
    let (path, name) = match written.split_once('#') {
        Some((path, name)) => (path, Some(name.to_owned())),
        None => (written.as_str(), None),
    };
    let read = trees.open(path).and_then(|(tree, path)| {
        let wanted = Wanted { tool, path, name, kustomization, namespace: namespace.clone() };
        gitops::release(&*tree, &wanted, None).map(|release| (wanted, release))
    });
    let (wanted, release) = match read {
        Ok(read) => read,
        Err(fault) => {
            reader.push(fault.diagnostic(&place));
            return None;
        }
    };
    let source = match Source::parse(&release.chart.source, ContentKind::Chart) {
        Ok(source) => source,
        Err(fault) => {
            reader.fault(Code::S009, node, format!("the chart of this release: {fault}"), "");
            return None;
        }
    };
    for (what, text) in [("the name of a release", &release.name), ("the namespace of a release", &release.namespace)] {
        if let Err(fault) = name::label(what, text) {
            reader.fault(Code::S005, node, fault.to_string(), "");
            return None;
        }
    }
    if let (Some(given), Some(node)) = (&namespace, fields.get("namespace"))
        && *given != release.namespace
    {
        let message = format!("the release is in the namespace `{}`, and not in `{given}`", release.namespace);
        reader.fault(Code::S005, node, message, "take `namespace` out: it is that of the release");
        return None;
    }
    let at = release.chart.place.clone().unwrap_or_else(|| place.clone());
    let values = vec![Values::Inline(Value::Map(release.values.clone()), place.clone())];
    let inputs = Inputs { skip_schema_validation: release.skip_schema_validation, ..Inputs::default() };
    Some(Chart {
        path: release.chart.source.clone(),
        source,
        version: release.chart.version.clone(),
        version_place: None,
        namespace: release.namespace.clone(),
        place: at,
        values,
        inputs,
        verify: None,
        released: Some(Box::new(Released { tool, written, place, wanted, release })),
    })
}
