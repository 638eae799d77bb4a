//! Every kind of source, locked and vendored from real servers, and built where there is no network at all.

use std::fs;

use crate::support::charts;
use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::site::Site;
use crate::support::workspace::Workspace;

#[test]
fn every_kind_is_locked_vendored_and_built_without_a_network() {
    needs!(DockerRegistry, HelmSdk, Namespaces, Openssl, Python);
    let registry =
        Registry::with(Kind::Plain, &[("one", "1.0.0"), ("one", "1.2.0+build.7"), ("one", "2.0.0"), ("sub", "0.3.1")]);
    let site = Site::start();
    for version in ["1.2.0", "1.2.9", "1.3.0"] {
        charts::write(&site.www(), "two", version);
    }
    charts::write(&site.www(), "other", "0.1.0");
    site.index(".");
    let manifest = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: six\n";
    fs::write(site.www().join("six.yaml"), manifest).expect("written");
    let sha256 = sha256(manifest.as_bytes());
    let workspace = Workspace::new();
    fs::copy(site.ca(), workspace.path().join("ca.pem")).expect("copied");
    let host = &registry.host;
    for (path, text) in charts::files("three", "3.0.0") {
        let more = format!(
            "dependencies:\n- name: sub\n  version: ~0.3\n  repository: oci://{host}/charts\n\
             - name: other\n  alias: another\n  version: '>=0'\n  repository: {}\n\
             - name: near\n  version: 1.x\n  repository: file://../near\n",
            site.address
        );
        workspace.write(&format!("three/{path}"), if path == "Chart.yaml" { text + &more } else { text });
    }
    for (path, text) in charts::files("near", "1.0.0") {
        workspace.write(&format!("near/{path}"), text);
    }
    workspace.write("four-4.0.0.tgz", charts::archive("four", "4.0.0"));
    workspace.write("manifests/b.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n");
    workspace.write("manifests/a/a.json", r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}"#);
    workspace.write("manifests/README.md", "not a manifest");
    let site = &site.address;
    let parts = format!(
        "  - name: one\n    chart: oci://{host}/charts/one\n    version: ^1.0\n    values: [{{greeting: hi}}]\n\
         \x20 - name: two\n    chart: {site}/two\n    version: 1.2.x\n\
         \x20 - name: three\n    chart: ./three\n\
         \x20 - name: four\n    chart: ./four-4.0.0.tgz\n    version: 4.0.0\n\
         \x20 - name: five\n    manifest: manifests\n\
         \x20 - name: six\n    manifest: {site}/six.yaml\n    sha256: {sha256}\n"
    );
    workspace.spec(&format!("{}authorities: [ca.pem]\n", registry.head()), &parts);
    let said = workspace.said(&["lock"]);
    assert!(said.contains("have one ("), "plain lines where there is no terminal: {said}");
    let lock = workspace.lock();
    for words in ["version: 1.2.0+build.7", "version: 1.2.9", "version: 0.3.1", "another:", "source: file://../near"] {
        assert!(lock.contains(words), "{words} is in\n{lock}");
    }
    assert_eq!(lock.matches("manifest: sha256:").count(), 2, "what a registry gave has two digests");
    workspace.done(&["vendor"]);
    workspace.done(&["vendor", "--check"]);
    workspace.remove("cache");
    let built = workspace
        .shell(&["unshare", "-rn"], "\"$ICHOR\" build -o far.tar.gz && ip addr 2>/dev/null | grep -c 127 ; true");
    assert_eq!(built.code(), 0, "{}", built.stderr());
    assert!(built.stdout().contains("sha256:"), "{}", built.stderr());
    workspace.done(&["build", "--rebuild", "-o", "near.tar.gz"]);
    let bytes = |path: &str| fs::read(workspace.path().join(path)).expect("a bundle");
    assert_eq!(bytes("far.tar.gz"), bytes("near.tar.gz"));
    let text = unpacked(&bytes("near.tar.gz"));
    for words in
        ["name: one-one", "greeting: hi", "name: three-sub", "name: three-another", "name: three-near", "name: six"]
    {
        assert!(text.contains(words), "{words}");
    }
    // With all of it at hand, locking changes nothing and needs no network.
    workspace.done(&["lock", "--locked", "--offline"]);
}

#[test]
fn without_vendor_and_cache_a_build_names_the_command() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let parts = format!("  - name: one\n    chart: oci://{}/charts/one\n    version: 1.0.0\n", registry.host);
    let workspace = Workspace::with(&registry.head(), &parts);
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    workspace.remove("cache");
    workspace.refused(
        &["build", "--rebuild"],
        2,
        &["ichor vendor", "neither in vendor nor in the cache", "ichor.yaml:6:12"],
    );
    workspace.refused(&["vendor", "--offline"], 2, &["is not at hand", "--offline"]);
    workspace.done(&["vendor"]);
    workspace.remove("cache");
    workspace.done(&["build", "--rebuild"]);
    // The lock is stale where the spec has changed.
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", spec.replace("charts/one\n", "charts/one:1.0.0\n"));
    workspace.refused(&["build"], 2, &["ichor lock", "the source is"]);
    workspace.write("ichor.yaml", spec.replace("version: 1.0.0", "version: ^2"));
    workspace.refused(&["build"], 2, &["version 1.0.0", "^2", "ichor lock"]);
}

pub fn sha256(bytes: &[u8]) -> String {
    ichor::base::digest::Digest::of(bytes).hex()
}

fn unpacked(bundle: &[u8]) -> String {
    let mut text = String::new();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bundle));
    for entry in archive.entries().expect("entries") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry.expect("an entry"), &mut bytes).expect("read");
        text += &String::from_utf8_lossy(&bytes);
    }
    text
}
