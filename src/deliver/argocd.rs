//! What Argo CD takes a bundle over with: an Application for each part, and one that brings them.

use crate::deliver::flux::FluxContent;
use crate::deliver::kept::Kept;
use crate::stage::spec::Source;
use helm_engine::value::Value;
use helm_engine::yaml;

/// A part as Argo CD shall run it.
#[derive(Clone, Debug)]
pub struct ArgocdPart {
    pub name: String,
    pub content: FluxContent,
    /// What the chart makes anew on each render, and Argo CD leaves as it is.
    pub ignored: Vec<Ignored>,
    /// What the Application does not have, though the bootstrap has made it.
    pub kept: Vec<Kept>,
}

/// The places of an object that stay as the cluster has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    pub group: String,
    pub kind: String,
    pub name: String,
    pub namespace: String,
    /// JSON pointers.
    pub pointers: Vec<String>,
}

/// The repository that Argo CD reads these files from.
#[derive(Clone, Debug)]
pub struct Place {
    pub repository: String,
    pub revision: String,
}

/// The files of a hand-over, by path. `bundle` names the Application that brings the others.
pub fn files(bundle: &str, parts: &[ArgocdPart], place: Option<&Place>) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let name = &part.name;
        let mut called = name.as_str();
        let (namespace, source) = match &part.content {
            FluxContent::Manifest(text) => {
                files.push((format!("{name}/manifest.yaml"), text.clone()));
                ("default", in_git(place, &format!("infrastructure/{bundle}/{name}")))
            }
            // Argo CD takes over what Flux has as a release of its own.
            FluxContent::Patch(_) => continue,
            FluxContent::Chart { release, object, source, chart, version, namespace, values, .. } => {
                called = object.as_deref().unwrap_or(name);
                let values = yaml::write(&Value::Map(values.clone())).map(|it| it.to_text().into_owned());
                let helm = map(&[
                    ("releaseName", release.as_str().into()),
                    // As a text: nulls in it stay, which an object of the API server loses.
                    ("values", values.unwrap_or_default().as_str().into()),
                ]);
                let mut fields = match &**source {
                    Source::Oci(oci) => {
                        let above = oci.repository.rsplit_once('/').map_or("", |(above, _)| above);
                        let address = format!("{}/{above}", oci.host);
                        chart_of(address.trim_end_matches('/'), last(&oci.repository), version)
                    }
                    Source::Repository { address, .. } => chart_of(address, chart, version),
                    Source::Local(path) | Source::Url(path) => in_git(place, path.trim_start_matches("./")),
                };
                fields.push(("helm", helm));
                (namespace.as_str(), fields)
            }
        };
        files.push((
            format!("applications/{name}.yaml"),
            application(called, Some(at), namespace, source, &part.ignored),
        ));
    }
    let source = in_git(place, &format!("infrastructure/{bundle}/applications"));
    let text = application(bundle, None, "argocd", source, &[]);
    let note = "# Apply this once by hand; `path` is where the files beside it lie in your repository.\n";
    files.push((format!("{bundle}.yaml"), format!("{note}{text}")));
    files
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn chart_of(address: &str, chart: &str, version: &str) -> Vec<(&'static str, Value)> {
    vec![("repoURL", address.into()), ("chart", chart.into()), ("targetRevision", version.into())]
}

fn in_git(place: Option<&Place>, path: &str) -> Vec<(&'static str, Value)> {
    let (repository, revision) = place.map_or(("", "HEAD"), |it| (it.repository.as_str(), it.revision.as_str()));
    vec![("repoURL", repository.into()), ("path", path.into()), ("targetRevision", revision.into())]
}

/// One Application. It never prunes: that could delete the cluster's network.
fn application(
    name: &str,
    wave: Option<usize>,
    namespace: &str,
    source: Vec<(&'static str, Value)>,
    ignored: &[Ignored],
) -> String {
    let text = |it: &str| Value::from(it);
    let mut metadata = vec![("name", text(name)), ("namespace", text("argocd"))];
    if let Some(wave) = wave {
        let wave = [("argocd.argoproj.io/sync-wave", wave.to_string().as_str().into())];
        metadata.push(("annotations", map(&wave)));
    }
    let automated = map(&[("prune", Value::Bool(false)), ("selfHeal", Value::Bool(true))]);
    let mut options = vec![text("ServerSideApply=true"), text("Prune=false")];
    if !ignored.is_empty() {
        options.push(text("RespectIgnoreDifferences=true"));
    }
    let mut spec = vec![
        ("project", text("default")),
        ("destination", map(&[("server", text("https://kubernetes.default.svc")), ("namespace", text(namespace))])),
        ("source", map(&source)),
        ("syncPolicy", map(&[("automated", automated), ("syncOptions", Value::list(options))])),
    ];
    if !ignored.is_empty() {
        let entries = ignored.iter().map(|it| {
            let mut fields = vec![("kind", text(&it.kind)), ("name", text(&it.name))];
            for (key, value) in [("group", &it.group), ("namespace", &it.namespace)] {
                if !value.is_empty() {
                    fields.push((key, text(value)));
                }
            }
            fields.push(("jsonPointers", Value::list(it.pointers.iter().map(|it| text(it)))));
            map(&fields)
        });
        spec.push(("ignoreDifferences", Value::list(entries)));
    }
    let object = map(&[
        ("apiVersion", text("argoproj.io/v1alpha1")),
        ("kind", text("Application")),
        ("metadata", map(&metadata)),
        ("spec", map(&spec)),
    ]);
    yaml::write(&object).map(|it| it.to_text().into_owned()).unwrap_or_default()
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::map(entries.iter().cloned())
}
