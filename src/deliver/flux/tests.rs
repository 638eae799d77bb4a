//! Tests of `flux`.

use super::*;
use crate::deliver::changes::changes;
use crate::stage::spec::{ContentKind, OciName};

fn read(text: &str) -> Map {
    yaml::read_map(text.as_bytes()).expect("YAML")
}

#[test]
fn an_oci_chart_is_pinned_by_digest() {
    let digest = Digest::of(b"x");
    let name = "quay.io/cilium/charts/cilium:1.19.6";
    let chart = FluxContent::Chart {
        release: "cilium".into(),
        object: None,
        source: Box::new(Source::Oci(OciName::parse(name).expect("a name"))),
        chart: "cilium".into(),
        version: "1.19.6".into(),
        manifest: Some(digest),
        namespace: "kube-system".into(),
        values: read("a: 1\n"),
        secrets: true,
        plain_http: false,
    };
    let files =
        files("matrix", &[FluxPart { name: "cilium".into(), content: chart, secrets: Vec::new(), kept: Vec::new() }]);
    let text = |path: &str| files.iter().find(|it| it.0 == path).map(|it| it.1.as_str()).expect("the file");
    assert!(text("cilium/source.yaml").contains("  url: oci://quay.io/cilium/charts/cilium\n"));
    assert!(text("cilium/source.yaml").contains(&format!("digest: {digest}\n    tag: 1.19.6\n")));
    assert!(text("cilium/release.yaml").contains("chartRef:\n    kind: OCIRepository\n    name: cilium\n"));
    assert!(text("cilium/release.yaml").contains("- kind: Secret\n    name: cilium-secret-values\n"));
    assert!(text("cilium/values.yaml").contains("values.yaml: |\n    a: 1\n"));
    assert!(text("kustomization.yaml").contains("resources:\n- cilium\n"));
    assert!(text("matrix.yaml").contains("path: ./infrastructure/matrix\n"));
}

#[test]
fn a_chart_of_a_repository_is_named_by_its_address_and_version() {
    let source = Source::parse("https://helm.cilium.io/cilium", ContentKind::Chart).expect("a source");
    let chart = FluxContent::Chart {
        release: "called".into(),
        object: None,
        source: Box::new(source),
        chart: "cilium".into(),
        version: "1.18.5".into(),
        manifest: None,
        namespace: "cilium".into(),
        values: read("{}\n"),
        secrets: false,
        plain_http: false,
    };
    let files =
        files("matrix", &[FluxPart { name: "net".into(), content: chart, secrets: Vec::new(), kept: Vec::new() }]);
    let text = |path: &str| files.iter().find(|it| it.0 == path).map(|it| it.1.as_str()).expect("the file");
    assert!(text("net/source.yaml").contains("kind: HelmRepository\n"));
    assert!(text("net/source.yaml").contains("  url: https://helm.cilium.io\n"));
    let release = text("net/release.yaml");
    assert!(release.contains("      chart: cilium\n") && release.contains("      version: 1.18.5\n"), "{release}");
    assert!(release.contains("  releaseName: called\n"), "{release}");
    assert!(
        release.contains("        kind: HelmRepository\n        name: net\n        namespace: cilium\n"),
        "{release}"
    );
}

#[test]
fn certificates_stay_by_the_names_of_their_secrets() {
    let given = read("hubble: {relay: {enabled: true}}\n");
    let all = read(
        "hubble:\n  enabled: true\n  tls: {enabled: true, auto: {enabled: true, method: helm}, server: {existingSecret: ''}}\n  relay: {enabled: true, tls: {client: {existingSecret: ''}, server: {enabled: false, existingSecret: ''}}}\n  ui: {enabled: false}\n",
    );
    let kept = keep_certificates(&given, &all, &all);
    let told: Vec<String> = changes(&given, &kept).iter().map(|it| it.path.clone()).collect();
    assert_eq!(
        told,
        ["hubble.relay.tls.client.existingSecret", "hubble.tls.auto.enabled", "hubble.tls.server.existingSecret"]
    );
    let server = at(&kept, &["hubble", "tls", "server", "existingSecret"]);
    assert!(matches!(server, Some(Value::Str(it)) if it == "hubble-server-certs"));
    assert!(at(&given, &["hubble", "tls"]).is_none());
    let later = keep_certificates(&given, &all, &read("hubble: {enabled: false}\n"));
    assert_eq!(changes(&given, &later), [], "what the bootstrap did not make is made by the chart");
}
