//! What Flux takes a bundle over with: the same charts, by digest, with the same values.

use super::flux_patch::FluxPatch;
use super::flux_secrets::{self, FluxSecret};
use super::kept::{self, Kept};
use crate::base::digest::Digest;
use crate::stage::spec::Source;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// A part as Flux shall run it.
#[derive(Clone, Debug)]
pub struct FluxPart {
    pub name: String,
    pub content: FluxContent,
    /// What SOPS has encrypted.
    pub secrets: Vec<FluxSecret>,
    /// What leaves the release.
    pub kept: Vec<Kept>,
}

/// What a part consists of.
#[derive(Clone, Debug)]
pub enum FluxContent {
    Manifest(String),
    /// A release that Flux has already.
    Patch(FluxPatch),
    Chart {
        /// Helm's name of the release.
        release: String,
        /// The name of the tool's own object, where it has one already.
        object: Option<String>,
        /// A registry, a repository or a folder of the Git repository; Flux takes charts from nowhere else.
        source: Box<Source>,
        /// The chart's own name.
        chart: String,
        version: String,
        /// The digest of the OCI manifest, where it is known.
        manifest: Option<Digest>,
        namespace: String,
        /// The values from now on.
        values: Map,
        /// Whether there are sealed values beside them, which a Secret must bring.
        secrets: bool,
        /// Whether the registry is spoken to without TLS.
        plain_http: bool,
    },
}

/// The files of a hand-over, by path. `bundle` names the Flux Kustomization.
pub fn files(bundle: &str, parts: &[FluxPart]) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = Vec::new();
    for part in parts {
        let name = &part.name;
        let mut resources = Vec::new();
        match &part.content {
            FluxContent::Manifest(text) => {
                files.push((format!("{name}/manifest.yaml"), text.clone()));
                resources.push("manifest.yaml".to_owned());
            }
            FluxContent::Patch(patch) => {
                let text = patch.text(flux_secrets::post_renderers(&part.secrets));
                files.extend(text.map(|it| (format!("{name}/patch.yaml"), it)));
            }
            FluxContent::Chart {
                release,
                source,
                chart,
                version,
                manifest,
                namespace,
                values,
                secrets,
                plain_http,
                ..
            } => {
                let (manifest, secrets, plain_http) = (*manifest, *secrets, *plain_http);
                let patches = flux_secrets::post_renderers(&part.secrets);
                let origin =
                    Origin { name, release, source, chart, version, manifest, namespace, secrets, plain_http, patches };
                let text = yaml::write(&Value::Map(values.clone())).map(|it| it.to_text().into_owned());
                let text = text.unwrap_or_default();
                let mut about =
                    vec![("name", format!("{name}-values").as_str().into()), ("namespace", namespace.as_str().into())];
                if text.contains('$') {
                    // Where Flux substitutes variables, it would replace `${...}` that is meant for the chart.
                    let annotation = ("kustomize.toolkit.fluxcd.io/substitute", "disabled".into());
                    about.push(("annotations", map(&[annotation])));
                }
                let config = map(&[
                    ("apiVersion", "v1".into()),
                    ("kind", "ConfigMap".into()),
                    ("metadata", map(&about)),
                    ("data", map(&[("values.yaml", text.as_str().into())])),
                ]);
                if let Some(source) = origin.source() {
                    files.push((format!("{name}/source.yaml"), source));
                    resources.push("source.yaml".into());
                }
                files.push((format!("{name}/values.yaml"), write(&config)));
                files.push((format!("{name}/release.yaml"), origin.release()));
                resources.extend(["values.yaml".into(), "release.yaml".into()]);
            }
        }
        if let Some(kept) = kept::file(&part.kept) {
            files.push((format!("{name}/keep.yaml"), kept));
            resources.insert(0, "keep.yaml".into());
        }
        for secret in &part.secrets {
            let file = FluxSecret::file(&secret.name);
            files.push((format!("{name}/{file}"), secret.text.clone()));
            resources.push(file);
        }
        if !resources.is_empty() {
            let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
            files.push((format!("{name}/kustomization.yaml"), kustomization(&resources)));
            folders.push(name.as_str());
        }
    }
    // An empty kustomization is a fault to kustomize.
    if !folders.is_empty() {
        files.push(("kustomization.yaml".into(), kustomization(&folders)));
        let decrypts = parts.iter().any(|it| !it.secrets.is_empty());
        files.push((format!("{bundle}.yaml"), flux_kustomization(bundle, decrypts)));
    }
    files
}

/// Where a chart comes from, for Flux.
struct Origin<'a> {
    name: &'a str,
    release: &'a str,
    source: &'a Source,
    chart: &'a str,
    version: &'a str,
    manifest: Option<Digest>,
    namespace: &'a str,
    secrets: bool,
    plain_http: bool,
    /// What takes objects out of the release.
    patches: Option<Value>,
}

impl Origin<'_> {
    /// The source object; `None` for a chart that lies in the Git repository itself.
    fn source(&self) -> Option<String> {
        let (kind, spec) = match self.source {
            Source::Oci(name) => {
                let mut reference = vec![("tag", self.version.replace('+', "_").as_str().into())];
                reference.extend(self.manifest.map(|it| ("digest", it.to_string().as_str().into())));
                let layer = map(&[
                    ("mediaType", "application/vnd.cncf.helm.chart.content.v1.tar+gzip".into()),
                    ("operation", "copy".into()),
                ]);
                let mut spec = vec![
                    ("interval", "1h".into()),
                    ("url", format!("oci://{}/{}", name.host, name.repository).into()),
                    ("ref", map(&reference)),
                    ("layerSelector", layer),
                ];
                if self.plain_http {
                    spec.push(("insecure", Value::Bool(true)));
                }
                ("OCIRepository", map(&spec))
            }
            Source::Repository { address, .. } => {
                ("HelmRepository", map(&[("interval", "1h".into()), ("url", address.as_str().into())]))
            }
            Source::Local(_) | Source::Url(_) => return None,
        };
        Some(write(&map(&[
            ("apiVersion", "source.toolkit.fluxcd.io/v1".into()),
            ("kind", kind.into()),
            ("metadata", metadata(self.name, self.namespace)),
            ("spec", spec),
        ])))
    }

    fn release(&self) -> String {
        let from = |kind: &str, suffix: &str| {
            map(&[("kind", kind.into()), ("name", format!("{}-{suffix}", self.name).into())])
        };
        let mut values = vec![from("ConfigMap", "values")];
        if self.secrets {
            values.push(from("Secret", "secret-values"));
        }
        let mut spec = vec![
            ("interval", "1h".into()),
            ("releaseName", self.release.into()),
            ("targetNamespace", self.namespace.into()),
            ("storageNamespace", self.namespace.into()),
            ("install", map(&[("crds", "CreateReplace".into())])),
            ("upgrade", map(&[("crds", "CreateReplace".into())])),
            ("valuesFrom", Value::list(values)),
        ];
        spec.extend(self.patches.clone().map(|it| ("postRenderers", it)));
        if let Source::Oci(_) = self.source {
            spec.push(("chartRef", map(&[("kind", "OCIRepository".into()), ("name", self.name.into())])));
        } else {
            let (chart, kind, name, namespace) = match self.source {
                Source::Local(path) => (path.as_str(), "GitRepository", "flux-system", "flux-system"),
                _ => (self.chart, "HelmRepository", self.name, self.namespace),
            };
            let source = map(&[("kind", kind.into()), ("name", name.into()), ("namespace", namespace.into())]);
            let chart = map(&[("chart", chart.into()), ("version", self.version.into()), ("sourceRef", source)]);
            spec.push(("chart", map(&[("spec", chart)])));
        }
        write(&map(&[
            ("apiVersion", "helm.toolkit.fluxcd.io/v2".into()),
            ("kind", "HelmRelease".into()),
            ("metadata", metadata(self.name, self.namespace)),
            ("spec", map(&spec)),
        ]))
    }
}

/// Values that have Cilium go on with the certificates it was bootstrapped with: those Secrets stay where they are, and
/// the chart is told their names in place of minting others. `given` is what the user sets from now on, `all` the same
/// with the chart's own values below it, `bootstrap` what the bootstrap had. Where a certificate is wanted that the
/// bootstrap did not make, nothing changes: the chart makes it, and looks the others up in the cluster.
pub fn keep_certificates(given: &Map, all: &Map, bootstrap: &Map) -> Map {
    // Values that were read from YAML have no cycles.
    let kept = given.deep_copy().unwrap_or_else(Map::any);
    let made = certificates(bootstrap);
    let wanted = certificates(all);
    if wanted.is_empty() || !wanted.iter().all(|it| made.contains(it)) {
        return kept;
    }
    set(&kept, &["hubble", "tls", "auto", "enabled"], Value::Bool(false));
    for (path, secret) in wanted {
        set(&kept, &[path, &["existingSecret"]].concat(), secret.into());
    }
    kept
}

/// The leaf certificates that Cilium's chart makes for these values: where they are set, and their Secrets.
fn certificates(all: &Map) -> Vec<(&'static [&'static str], &'static str)> {
    let on = |path: &[&str]| matches!(at(all, path), Some(Value::Bool(true)));
    let minted = on(&["hubble", "enabled"])
        && on(&["hubble", "tls", "enabled"])
        && on(&["hubble", "tls", "auto", "enabled"])
        && matches!(at(all, &["hubble", "tls", "auto", "method"]), Some(Value::Str(text)) if text == "helm");
    if !minted {
        return Vec::new();
    }
    let relay = on(&["hubble", "relay", "enabled"]);
    let relay_server = relay && on(&["hubble", "relay", "tls", "server", "enabled"]);
    let all_of: [(bool, &'static [&'static str], &'static str); 5] = [
        (true, &["hubble", "tls", "server"], "hubble-server-certs"),
        (relay, &["hubble", "relay", "tls", "client"], "hubble-relay-client-certs"),
        (relay_server, &["hubble", "relay", "tls", "server"], "hubble-relay-server-certs"),
        (
            relay_server && on(&["hubble", "ui", "enabled"]),
            &["hubble", "ui", "tls", "client"],
            "hubble-ui-client-certs",
        ),
        (
            on(&["hubble", "metrics", "tls", "enabled"]),
            &["hubble", "metrics", "tls", "server"],
            "hubble-metrics-server-certs",
        ),
    ];
    // A Secret the user names already, or a chart that knows no such value, is left alone.
    let free = |path: &[&str]| matches!(at(all, &[path, &["existingSecret"]].concat()), Some(Value::Str(text)) if text.is_empty());
    all_of
        .into_iter()
        .filter(|(wanted, path, _)| *wanted && free(path))
        .map(|(_, path, secret)| (path, secret))
        .collect()
}

/// The value at a path.
pub fn at(map: &Map, path: &[&str]) -> Option<Value> {
    let (last, above) = path.split_last()?;
    let holder = above.iter().try_fold(map.clone(), |map, key| match map.get(key) {
        Some(Value::Map(below)) => Some(below),
        _ => None,
    })?;
    holder.get(last)
}

fn set(map: &Map, path: &[&str], value: Value) {
    let Some((last, above)) = path.split_last() else { return };
    let mut holder = map.clone();
    for key in above {
        let below = match holder.get(key) {
            Some(Value::Map(below)) => below,
            _ => {
                let below = Map::any();
                holder.insert(*key, Value::Map(below.clone()));
                below
            }
        };
        holder = below;
    }
    holder.insert(*last, value);
}

fn kustomization(resources: &[&str]) -> String {
    write(&map(&[
        ("apiVersion", "kustomize.config.k8s.io/v1beta1".into()),
        ("kind", "Kustomization".into()),
        ("resources", Value::list(resources.iter().map(|it| Value::from(*it)))),
    ]))
}

/// The Kustomization never prunes: that could delete the cluster's network.
fn flux_kustomization(bundle: &str, decrypts: bool) -> String {
    let source = map(&[("kind", "GitRepository".into()), ("name", "flux-system".into())]);
    let mut spec = vec![
        ("interval", "10m".into()),
        ("path", format!("./infrastructure/{bundle}").into()),
        ("prune", Value::Bool(false)),
        ("sourceRef", source),
        ("wait", Value::Bool(true)),
    ];
    if decrypts {
        spec.push(("decryption", flux_secrets::decryption()));
    }
    let text = write(&map(&[
        ("apiVersion", "kustomize.toolkit.fluxcd.io/v1".into()),
        ("kind", "Kustomization".into()),
        ("metadata", metadata(bundle, "flux-system")),
        ("spec", map(&spec)),
    ]));
    format!(
        "# Belongs into the folder that Flux watches; `path` is where the files beside it lie in your repository.\n{text}"
    )
}

fn metadata(name: &str, namespace: &str) -> Value {
    map(&[("name", name.into()), ("namespace", namespace.into())])
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::map(entries.iter().cloned())
}

fn write(value: &Value) -> String {
    yaml::write(value).map(|it| it.to_text().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
