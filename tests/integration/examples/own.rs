//! A bundle of our own that goes the same way as the examples, on machines without the charts of others.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::charts;
use crate::support::repository;

pub const SPEC: &str = "bundle: own
talos: \"1.13\"
kubernetes: \"1.34.1\"
apiVersions: [gateway.networking.k8s.io/v1/GatewayClass]
recipients:
  - age1a3aw0uep5e3q2gltu7x74vx2pnx3udvlyavngx6pwpq7ezqyu38savdrv6
parts:
  - name: gateway-api
    manifest: https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.4.1/experimental-install.yaml
  - name: beacon
    chart: oci://charts.example/team/beacon
    version: ^0.1
    namespace: beacon
    values:
      - values/base.yaml
  - name: policy
    manifest: policy.yaml
";

pub fn files() -> [(&'static str, &'static str); 2] {
    [
        ("values/base.yaml", "cluster: own\nrelay: {replicas: 3}\n"),
        (
            "policy.yaml",
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: beacon}\nspec: {podSelector: {}}\n",
        ),
    ]
}

/// Packs the quickstart's chart into a folder, with what a CNI mounts and a class that depends on the cluster.
pub fn archive(folder: &Path) -> PathBuf {
    let chart = repository().join("examples/quickstart/chart");
    let mut files = vec![("templates/cni.yaml".to_owned(), CNI.to_owned())];
    for path in ["Chart.yaml", "values.yaml"] {
        files.push((path.into(), fs::read_to_string(chart.join(path)).expect("a file")));
    }
    for entry in fs::read_dir(chart.join("templates")).expect("templates") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        files.push((format!("templates/{name}"), fs::read_to_string(&path).expect("a template")));
    }
    files.sort();
    let path = folder.join("beacon-0.1.0.tgz");
    fs::write(&path, charts::pack("beacon", &files)).expect("written");
    path
}

const CNI: &str = "{{- if .Capabilities.APIVersions.Has \"gateway.networking.k8s.io/v1/GatewayClass\" }}
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata:
  name: beacon
spec:
  controllerName: beacon.example/{{ .Capabilities.KubeVersion.Minor }}
---
{{- end }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: beacon-cni
  namespace: {{ .Release.Namespace }}
data:
  kube-proxy-replacement: \"true\"
  path: /opt/cni/bin # where plugins lie
";
