//! A release that Flux runs: its objects in the cluster say where the chart comes from, and which values are Secrets'.

use serde_json::{Value as Json, json};

use super::{AdoptError, Adoption};
use crate::edge::kubectl::{Kubectl, Served};
use crate::gitops::{self, Release};
use crate::ops::Error;

/// A HelmRelease of the cluster.
pub(super) struct OfFlux {
    /// The namespace in which Helm keeps account of it.
    pub storage: String,
    pub release: Release,
    /// The version of the chart that runs, as Flux notes it.
    pub version: Option<String>,
    /// What Flux puts behind the version of a chart of a registry: a part of its digest.
    pub is_oci: bool,
    /// The name of the chart, where it is known.
    pub chart: Option<String>,
    /// All values, those of Secrets among them.
    pub values: Json,
    /// The places of those of Secrets.
    pub secret: Vec<Vec<Json>>,
}

const RELEASES: [&str; 2] = ["helm.toolkit.fluxcd.io/v2", "helm.toolkit.fluxcd.io/v2beta2"];
const SOURCES: [&str; 2] = ["source.toolkit.fluxcd.io/v1", "source.toolkit.fluxcd.io/v1beta2"];

/// The HelmRelease of this name, or that of a release which Helm calls so; `None` where the cluster has none.
pub(super) fn read(adoption: &Adoption) -> Result<Option<OfFlux>, Error> {
    let kubectl = &adoption.kubectl;
    let versions: Vec<String> = RELEASES.iter().chain(&SOURCES).map(|it| (*it).to_owned()).collect();
    let served = kubectl.served(&versions)?;
    let of = |versions: [&str; 2], kind: &str| -> Option<(String, Served)> {
        versions
            .iter()
            .find_map(|it| Some(((*it).to_owned(), served.get(&((*it).to_owned(), kind.to_owned()))?.clone())))
    };
    let Some((version, kind)) = of(RELEASES, "HelmRelease") else { return Ok(None) };
    let all = kubectl.everywhere(&version, &kind)?;
    let Some(found) = all.iter().find(|it| is_meant(it, adoption)) else { return Ok(None) };
    let mut release = found.clone();
    let status = release.as_object_mut().and_then(|it| it.remove("status")).unwrap_or_default();
    let mut objects = Vec::new();
    for kind in ["OCIRepository", "HelmRepository", "GitRepository", "HelmChart"] {
        if let Some((version, served)) = of(SOURCES, kind) {
            objects.extend(kubectl.everywhere(&version, &served)?);
        }
    }
    objects.extend(values_from(kubectl, &release)?);
    if let Some(chart) = &adoption.chart {
        let spec = release["spec"].as_object_mut();
        spec.map(|it| it.remove("chartRef"));
        let source = json!({ "kind": "HelmRepository", "name": GIVEN });
        release["spec"]["chart"] = json!({ "spec": { "chart": "given", "sourceRef": source } });
        objects.push(json!({
            "apiVersion": SOURCES[0],
            "kind": "HelmRepository",
            "metadata": { "name": GIVEN, "namespace": release["metadata"]["namespace"] },
            "spec": { "url": chart },
        }));
    }
    let is_oci =
        release["spec"]["chartRef"]["kind"] == "OCIRepository" || found["spec"]["chartRef"]["kind"] == "OCIRepository";
    let mut read = gitops::live(&release, &objects).map_err(|it| AdoptError::Flux(it.to_string()))?;
    if let Some(chart) = &adoption.chart {
        read.chart.source.clone_from(chart);
    }
    let text = |it: &Json| it.as_str().map(str::to_owned);
    let storage = text(&release["spec"]["storageNamespace"]).or_else(|| text(&release["metadata"]["namespace"]));
    let last = &status["history"][0];
    let mut values = crate::review::compare::values_json(&read.values);
    let mut secret = Vec::new();
    for (path, it) in read.secrets.take().unwrap_or_default() {
        put(&mut values, &path, &String::from_utf8_lossy(it.expose()));
        secret.push(path);
    }
    Ok(Some(OfFlux {
        storage: storage.unwrap_or_default(),
        version: text(&last["chartVersion"]).or_else(|| text(&status["lastAppliedRevision"])),
        chart: text(&last["chartName"]).or_else(|| text(&found["spec"]["chart"]["spec"]["chart"])),
        is_oci,
        values,
        secret,
        release: read,
    }))
}

/// The name of the source that stands for what the user gave.
const GIVEN: &str = "given-by-the-user";

/// Whether a HelmRelease is the one that is asked for.
fn is_meant(release: &Json, adoption: &Adoption) -> bool {
    let text = |it: &Json| it.as_str().map(str::to_owned);
    let (spec, metadata) = (&release["spec"], &release["metadata"]);
    let (own, home) = (text(&metadata["name"]).unwrap_or_default(), text(&metadata["namespace"]).unwrap_or_default());
    let target = text(&spec["targetNamespace"]);
    let called = text(&spec["releaseName"]).unwrap_or_else(|| match &target {
        Some(target) => format!("{target}-{own}"),
        None => own.clone(),
    });
    let is_named = own == adoption.release || called == adoption.release;
    is_named && (target.as_ref() == Some(&adoption.namespace) || home == adoption.namespace)
}

/// The ConfigMaps and Secrets that the values come from.
fn values_from(kubectl: &Kubectl, release: &Json) -> Result<Vec<Json>, Error> {
    let namespace = release["metadata"]["namespace"].as_str().unwrap_or_default();
    let mut found = Vec::new();
    for it in release["spec"]["valuesFrom"].as_array().into_iter().flatten() {
        let plural = if it["kind"] == "Secret" { "secrets" } else { "configmaps" };
        let served = Served { plural: plural.into(), namespaced: true };
        if let Some(name) = it["name"].as_str() {
            found.extend(kubectl.get("v1", &served, namespace, &[name])?);
        }
    }
    Ok(found)
}

/// Puts a text at a place that is there.
fn put(values: &mut Json, path: &[Json], text: &str) {
    let mut place = values;
    for step in path {
        place = match step {
            Json::String(key) => {
                if !place.is_object() {
                    *place = json!({});
                }
                &mut place[key.as_str()]
            }
            step => {
                let at = step.as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or_default();
                if !place.is_array() {
                    *place = json!([]);
                }
                let Some(items) = place.as_array_mut() else { return };
                // The places of a list come one after the other.
                if at >= items.len() {
                    items.push(Json::Null);
                }
                let last = items.len() - 1;
                &mut items[at.min(last)]
            }
        };
    }
    *place = text.into();
}
