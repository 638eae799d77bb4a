//! A chart and its values into manifests.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::capabilities::Capabilities;
use super::chart::{Chart, Crd, NodeId};
use super::exec_error::TemplateError;
use super::files::Files;
use super::functions::{functions_of, without_no_value};
use super::manifest::{self, Hook, Manifest, ManifestError};
use super::release::{Release, ReleaseNameError};
use super::values::{self, CoalesceError, Warnings};
use super::{schema, version};
use crate::budget;
use crate::gotmpl::{MissingKey, Templates};
use crate::timing;
use crate::value::{Map, Str, Value};
use crate::world::World;

/// For what a chart is rendered.
#[derive(Clone, Debug)]
pub struct Options {
    /// What templates see as `.Release`.
    pub release: Release,
    /// Those of the Helm that the chart was read as.
    pub capabilities: Capabilities,
    /// Whether the files in `crds/` come with the manifests (`--include-crds`).
    pub include_crds: bool,
    /// Whether values are taken as they are, whatever `values.schema.json` says (`--skip-schema-validation`).
    pub skip_schema_validation: bool,
}

/// All that came out of a chart.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The files of `crds/`, where they were asked for.
    pub crds: Vec<Crd>,
    /// In the order of installation.
    pub manifests: Vec<Manifest>,
    /// In the order of installation.
    pub hooks: Vec<Hook>,
    /// The text of the root chart's `NOTES.txt`.
    pub notes: Option<Str>,
    /// What each template printed, by its path from the root chart on, `NOTES.txt` among them.
    pub files: BTreeMap<String, Str>,
    /// What Helm would have logged and gone on.
    pub warnings: Warnings,
}

/// Why a chart does not render; prints in Helm's wording.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Helm 4 reads the chart to show it, but not to install it: `Chart.yaml` holds what JSON cannot, or an
    /// `apiVersion` that is no text. What Go says of it.
    #[error("cannot load Chart.yaml: {0}")]
    Head(String),
    /// Helm 4 does not know the chart's `apiVersion`. Its text.
    #[error("{0}")]
    ApiVersion(&'static str),
    /// The chart is of a `type` other than `application`: a library. Its type.
    #[error("{0} charts are not installable")]
    NotInstallable(String),
    /// `Chart.yaml` names charts that do not lie in `charts/`.
    #[error("{told}: found in Chart.yaml, but missing in charts/ directory: {}", .missing.join(", "))]
    MissingDependencies {
        /// Their names, in the order of `Chart.yaml`.
        missing: Vec<String>,
        /// What this Helm says of it.
        told: &'static str,
    },
    /// The name of the release is none, before anything is rendered.
    #[error("{}{cause}", step("release name check failed: ", *.is_4))]
    ReleaseName {
        /// The name, and what is wrong with it.
        #[source]
        cause: ReleaseNameError,
        /// Whether the step is told, as Helm 4 does.
        is_4: bool,
    },
    /// The values cannot be put together while it is settled which charts below take part, and what they hand up.
    #[error("{}{cause}", step("chart dependencies processing failed: ", *.is_4))]
    Dependencies {
        /// What is wrong with the values.
        #[source]
        cause: CoalesceError,
        /// Whether the step is told, as Helm 4 does.
        is_4: bool,
    },
    /// The values that are given cannot be put over those of the charts.
    #[error(transparent)]
    Values(CoalesceError),
    /// The values do not fit a `values.schema.json`. What Helm tells of each chart, in several lines.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
    Schema(String),
    /// The chart's `kubeVersion` does not allow the Kubernetes of the options.
    #[error("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {given}")]
    KubeVersion {
        /// The constraint in `Chart.yaml`.
        wanted: String,
        /// The version that templates would see.
        given: String,
    },
    /// A template does not parse, or fails.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// What a template printed is no YAML, or its kind, name or annotations are not of the types that they have in
    /// Kubernetes.
    #[error("{cause}")]
    Manifest {
        /// Which template, and what is wrong.
        #[source]
        cause: ManifestError,
        /// What the templates printed, by path.
        files: BTreeMap<String, Str>,
    },
}

/// At which step it failed, which Helm says from 4 on.
fn step(name: &'static str, is_4: bool) -> &'static str {
    if is_4 { name } else { "" }
}

impl RenderError {
    /// Whether the fault lies in a template or in what it printed, and not in what went in.
    pub fn is_in_templates(&self) -> bool {
        matches!(self, RenderError::KubeVersion { .. } | RenderError::Template(_) | RenderError::Manifest { .. })
    }
}

/// Renders a chart as `helm template` does.
///
/// Mirrors `pkg/cmd/install.go`'s `runInstall`, `pkg/action.Install` with `--dry-run=client`, and `pkg/engine`.
pub fn render(chart: &Chart, given: &Map, options: &Options, world: &mut dyn World) -> Result<Rendered, RenderError> {
    let _account = budget::Account::open();
    check_installable(chart)?;
    let is_4 = chart.behaviour().is_4;
    options.release.check_name().map_err(|cause| RenderError::ReleaseName { cause, is_4 })?;
    let mut warnings = Warnings::new();
    if chart.metadata().deprecated {
        warnings.push("this chart is deprecated".into());
    }
    let mut chart = chart.clone();
    values::process_dependencies(&mut chart, given, &mut warnings)
        .map_err(|cause| RenderError::Dependencies { cause, is_4 })?;
    let coalesced = values::coalesce_values(&chart, given, &mut warnings).map_err(RenderError::Values)?;
    if !options.skip_schema_validation {
        let _step = timing::step("judge values by schemas");
        schema::validate(&chart, &coalesced, world.holes().as_deref()).map_err(RenderError::Schema)?;
    }
    check_kube_version(&chart, &options.capabilities)?;
    let files = execute(&chart, &coalesced, options, world)?;
    let mut manifests_of = files.clone();
    manifests_of.retain(|path, _| !path.ends_with("NOTES.txt"));
    let step = timing::step("order documents");
    let (hooks, manifests) = match manifest::sort_manifests(&manifests_of, chart.helm()) {
        Ok(sorted) => sorted,
        Err(cause) => return Err(RenderError::Manifest { cause, files: manifests_of }),
    };
    drop(step);
    Ok(Rendered {
        crds: if options.include_crds { chart.crds() } else { Vec::new() },
        manifests,
        hooks,
        notes: files.get(&format!("{}/templates/NOTES.txt", chart.name())).cloned(),
        files,
        warnings,
    })
}

/// What each template of a chart prints, by its path from the root chart on, whatever it prints.
///
/// Mirrors `pkg/chart/common/util.ToRenderValues` and `pkg/engine.Render`, which look neither at the chart's kind nor at
/// the Kubernetes version it asks for.
pub fn render_files(
    chart: &Chart,
    given: &Map,
    options: &Options,
    world: &mut dyn World,
) -> Result<BTreeMap<String, Str>, RenderError> {
    let _account = budget::Account::open();
    let mut warnings = Warnings::new();
    let coalesced = values::coalesce_values(chart, given, &mut warnings).map_err(RenderError::Values)?;
    if !options.skip_schema_validation {
        schema::validate(chart, &coalesced, world.holes().as_deref()).map_err(RenderError::Schema)?;
    }
    Ok(execute(chart, &coalesced, options, world)?)
}

fn check_installable(chart: &Chart) -> Result<(), RenderError> {
    let metadata = chart.metadata();
    if let Some(fault) = chart.unread_head() {
        return Err(RenderError::Head(fault.into()));
    }
    // Mirrors `pkg/chart/loader`, which Helm has from 4 on. Its charts of version v3 are installed by no release of it.
    match metadata.api_version.as_str() {
        "v1" | "v2" => {}
        "v3" if chart.behaviour().is_4 => return Err(RenderError::ApiVersion("invalid chart apiVersion")),
        _ if chart.behaviour().is_4 => return Err(RenderError::ApiVersion("unsupported chart version")),
        _ => {}
    }
    if !matches!(metadata.chart_type.as_str(), "" | "application") {
        return Err(RenderError::NotInstallable(metadata.chart_type.clone()));
    }
    let present: Vec<&str> = chart.dependency_names().collect();
    let wanted = metadata.dependencies.iter().flatten();
    let missing: Vec<String> =
        wanted.filter(|it| !present.contains(&it.name.as_str())).map(|it| it.name.clone()).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(RenderError::MissingDependencies { missing, told: chart.behaviour().on_missing })
    }
}

fn check_kube_version(chart: &Chart, capabilities: &Capabilities) -> Result<(), RenderError> {
    let wanted = &chart.metadata().kube_version;
    let given = &capabilities.kube_version.normalized;
    if wanted.is_empty() || version::is_compatible(wanted, given) {
        return Ok(());
    }
    Err(RenderError::KubeVersion { wanted: wanted.clone(), given: capabilities.kube_version.version.clone() })
}

/// A template, with the root map its chart's templates share.
struct Renderable {
    text: Str,
    scope: Map,
    base_path: Str,
}

/// Parses all templates of the tree, then executes those that are no partials. Mirrors `engine.render`.
fn execute(
    chart: &Chart,
    coalesced: &Map,
    options: &Options,
    world: &mut dyn World,
) -> Result<BTreeMap<String, Str>, TemplateError> {
    let release = Value::Map(options.release.to_map());
    let capabilities = options.capabilities.to_value();
    let mut found = BTreeMap::new();
    let values = coalesced.with_type(chart.behaviour().values_type());
    collect(chart, chart.root(), values, &[("Release", release), ("Capabilities", capabilities)], &mut found);
    let mut ordered: Vec<(String, Renderable)> = found.into_iter().collect();
    // The deepest come first and names run backwards, so that of two definitions the chart further up has the last word.
    ordered.sort_by_cached_key(|(path, _)| Reverse((path.matches('/').count(), path.clone())));

    let functions = functions_of(chart.behaviour());
    let values_type = chart.behaviour().values_type();
    let step = timing::step("parse templates");
    let mut templates = Templates::new("gotpl");
    for (path, it) in &ordered {
        templates
            .parse(path.as_str(), it.text.clone(), &functions)
            .map_err(|cause| TemplateError::Parse { template: path.as_str().into(), cause })?;
    }
    drop(step);
    let _step = timing::step("execute templates");
    let mut rendered = BTreeMap::new();
    for (path, it) in ordered {
        if path.rsplit('/').next().is_some_and(|base| base.starts_with('_')) {
            continue;
        }
        let about = Map::new(values_type);
        about.insert("Name", Value::from(path.as_str()));
        about.insert("BasePath", Value::Str(it.base_path));
        it.scope.insert("Template", Value::Map(about));
        let dot = Value::Map(it.scope.with_type(values_type));
        let printed = templates.execute(path.as_str(), &dot, &functions, world, MissingKey::Zero).map_err(|cause| {
            TemplateError::Exec {
                template: path.as_str().into(),
                cause: Box::new(cause),
                by_line: chart.behaviour().is_4,
            }
        })?;
        rendered.insert(path, without_no_value(printed));
    }
    Ok(rendered)
}

/// What templates see as `.Chart`.
fn about(chart: &Chart, id: NodeId) -> Value {
    let metadata = &chart.node(id).metadata;
    if !chart.behaviour().is_4 {
        return metadata.to_structure(chart.is_root(id));
    }
    let about = metadata.to_map();
    about.insert("IsRoot", Value::Bool(chart.is_root(id)));
    Value::Map(about)
}

/// Gathers the templates of a chart and those below it, and gives the root map they share. Mirrors `recAllTpls`.
fn collect(
    chart: &Chart,
    id: NodeId,
    values: Map,
    shared: &[(&str, Value); 2],
    found: &mut BTreeMap<String, Renderable>,
) -> Map {
    let node = chart.node(id);
    let about = about(chart, id);
    let below = Map::any();
    let values_type = chart.behaviour().values_type();
    let scope = Map::from_entries([
        ("Chart".into(), about),
        ("Files".into(), Files::new(&node.files, chart.behaviour()).to_value()),
        ("Values".into(), Value::Map(values.clone())),
        ("Subcharts".into(), Value::Map(below.clone())),
    ]);
    for (name, value) in shared {
        scope.insert(*name, value.clone());
    }
    for dependency in chart.dependencies(id) {
        let name = chart.node(*dependency).metadata.name.as_str();
        let values = values::table(&values, name).map(|it| it.with_type(values_type));
        let values = values.unwrap_or_else(|_| Map::new(values_type));
        below.insert(name, Value::Map(collect(chart, *dependency, values, shared, found)));
    }
    let path = chart.full_path(id);
    let library = node.metadata.is_library();
    for file in node.templates.iter() {
        let base = file.name.rsplit('/').next().unwrap_or(&file.name);
        if library && !base.starts_with('_') {
            continue;
        }
        let renderable =
            Renderable { text: file.data.clone(), scope: scope.clone(), base_path: format!("{path}/templates").into() };
        found.insert(format!("{path}/{}", file.name), renderable);
    }
    scope
}
