//! Bundles in a registry: pushed, pulled, and read by others.

use std::fs;

use crate::support::peer::{Peer, needs};
use crate::support::registry::{Kind, Registry};
use crate::support::repository;
use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

/// A workspace with a bundle of the quickstart, and a user's file that says how the registry is reached.
fn with_bundle(registry: &Registry, kind: Kind) -> Workspace {
    let workspace = Workspace::new();
    let example = repository().join("examples/quickstart");
    workspace.done(&["build", example.to_str().expect("text"), "-o", "bundle.tar.gz"]);
    let reach = match kind {
        Kind::Tls => {
            fs::copy(registry.folder.path().join("ca.pem"), workspace.path().join("home/ca.pem")).expect("copied");
            "authorities: [../../ca.pem]\n".to_owned()
        }
        _ => registry.head(),
    };
    workspace.write("home/.config/ichor/config.yaml", reach);
    if kind == Kind::Basic {
        let auth = format!("{{\"auths\": {{\"{}\": {{\"auth\": \"bWU6c2VjcmV0\"}}}}}}", registry.host);
        workspace.write("home/.docker/config.json", auth);
    }
    workspace
}

#[test]
fn a_bundle_goes_to_a_registry_and_comes_back() {
    needs!(DockerRegistry, Htpasswd, Openssl, Skopeo);
    for kind in [Kind::Plain, Kind::Basic, Kind::Tls] {
        let registry = Registry::start(kind);
        let workspace = with_bundle(&registry, kind);
        let address = format!("oci://{}/clusters/quickstart:2026-11", registry.host);
        let pushed = workspace.done(&["push", &address, "bundle.tar.gz"]);
        let by_digest = pushed.trim();
        assert!(by_digest.starts_with(&format!("{address}@sha256:")), "{pushed}");
        assert_eq!(workspace.done(&["push", &address, "bundle.tar.gz"]), pushed, "a second push changes nothing");
        let untagged = by_digest.replace(":2026-11@", "@");
        for (from, to) in [(address.as_str(), "tag"), (by_digest, "both"), (&untagged, "digest")] {
            workspace.done(&["pull", from, "-o", to]);
            let bytes = |path: &str| fs::read(workspace.path().join(path)).expect("a bundle");
            assert!(bytes(to) == bytes("bundle.tar.gz"), "{from}");
            let spec = repository().join("examples/quickstart");
            let verified = workspace.done(&["verify", from, "--spec", spec.to_str().expect("text")]);
            assert!(verified.contains("verified"), "{from}: {verified}");
        }
        let digests = workspace.done(&["pull", &address]);
        assert!(workspace.path().join("quickstart.tar.gz").exists());
        let example = repository().join("examples/quickstart");
        let built = workspace.done(&["build", example.to_str().expect("text"), "-o", "again.tar.gz"]);
        assert_eq!(digests, built);
        if kind == Kind::Plain {
            let from = address.replace("oci://", "docker://");
            let mut skopeo = Peer::Skopeo.command();
            skopeo.args(["copy", "--src-tls-verify=false", &from, "dir:copied"]).current_dir(workspace.path());
            let run = skopeo.output().expect("skopeo is installed");
            assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
            let manifest = fs::read(workspace.path().join("copied/manifest.json")).expect("a manifest");
            let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
            let layer = &manifest["layers"][0];
            assert_eq!(layer["annotations"]["org.opencontainers.image.title"], "quickstart.tar.gz");
            let blob = layer["digest"].as_str().expect("a digest").trim_start_matches("sha256:");
            let copied = fs::read(workspace.path().join("copied").join(blob)).expect("a blob");
            assert!(copied == fs::read(workspace.path().join("bundle.tar.gz")).expect("a bundle"));
        }
    }
}

#[test]
fn pull_says_what_was_proved_and_compares_with_a_lock() {
    needs!(DockerRegistry);
    let registry = Registry::start(Kind::Plain);
    let workspace = with_bundle(&registry, Kind::Plain);
    let address = format!("oci://{}/clusters/quickstart:1", registry.host);
    let pushed = workspace.done(&["push", &address, "bundle.tar.gz"]);
    let digest = pushed.trim().rsplit_once('@').expect("a digest").1.to_owned();
    let pulled = workspace.said(&["pull", &address, "-o", "b.tar.gz"]);
    for word in
        [&format!("stands for {digest} now"), "not prove who", "not compared with a lock", "ichor verify b.tar.gz"]
    {
        assert!(pulled.contains(word), "{word}: {pulled}");
    }
    let by_digest = workspace.said(&["pull", &address.replace(":1", &format!("@{digest}")), "-o", "b.tar.gz"]);
    assert!(by_digest.contains(&format!("what {digest} stands for")), "{by_digest}");
    assert!(by_digest.contains("not compared with a lock") && !by_digest.contains("not prove who"), "{by_digest}");
    let lock = repository().join("lockfiles/quickstart.lock");
    let lock = lock.to_str().expect("text");
    let compared = workspace.said(&["pull", &address, "-o", "c.tar.gz", "--lock", lock]);
    assert!(compared.contains("matches the lock") && !compared.contains("not compared"), "{compared}");
    // A bundle of somebody else under the same tag.
    workspace.write("other/m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n");
    workspace
        .write("other/ichor.yaml", "bundle: quickstart\ntalos: \"1.12\"\nparts:\n  - {name: a, manifest: m.yaml}\n");
    workspace.write("other/lockfiles/.keep", "");
    workspace.done(&["lock", "other"]);
    workspace.done(&["build", "other", "-o", "other.tar.gz"]);
    workspace.done(&["push", &address, "other.tar.gz"]);
    let run = workspace.run(&["pull", &address, "-o", "d.tar.gz", "--lock", lock]);
    assert!(run.code() == 1 && run.stderr().contains("B006"), "{}", run.stderr());
    assert!(!workspace.path().join("d.tar.gz").exists());
}

#[test]
fn what_is_no_bundle_is_neither_pushed_nor_pulled() {
    needs!(DockerRegistry, HelmSdk, Htpasswd, Openssl);
    let registry = Registry::with(Kind::Basic, &[("one", "1.0.0")]);
    let workspace = with_bundle(&registry, Kind::Basic);
    let host = &registry.host;
    let at = |rest: &str| format!("oci://{host}/{rest}");
    let refused = |args: &[&str], code: i32, words: &[&str]| {
        let run = workspace.run(args);
        assert_eq!(run.code(), code, "{args:?}: {}{}", run.stdout(), run.stderr());
        for word in words {
            assert!(run.stderr().contains(word), "{args:?} does not say `{word}`:\n{}", run.stderr());
        }
    };
    workspace.write("text", "no archive");
    refused(&["push", &at("x:1"), "text"], 2, &["`text` is no bundle"]);
    refused(&["push", &at("x:1"), "none"], 2, &["none"]);
    refused(&["push", &at("x"), "bundle.tar.gz"], 2, &["names no tag", "oci://HOST/NAME:TAG"]);
    refused(&["push", "x:1", "bundle.tar.gz"], 2, &["is no place in a registry"]);
    refused(&["pull", &at("charts/one:1.0.0")], 2, &["is no bundle", "helm.chart"]);
    refused(&["pull", &at("charts/one:2.0.0")], 2, &["404 Not Found"]);
    fs::remove_file(workspace.path().join("home/.docker/config.json")).expect("removed");
    refused(&["push", &at("x:1"), "bundle.tar.gz"], 3, &["401 Unauthorized", "podman login"]);
    assert!(!workspace.path().join("one.tar.gz").exists());
}

#[test]
fn a_token_to_pull_by_is_not_taken_to_push_with() {
    let server = Server::start(|asked| {
        let realm = format!("http://{}/token", asked.header("host").expect("a host"));
        let authorization = asked.header("authorization").unwrap_or_default().to_owned();
        let challenge = |scope: &str| {
            let challenge = format!("Bearer realm=\"{realm}\",service=\"s\",scope=\"repository:b:{scope}\"");
            Answer::new(401, "").header("WWW-Authenticate", challenge)
        };
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", path) if path.starts_with("/token") => {
                let token = if path.contains("push") { "may-push" } else { "may-pull" };
                Answer::new(200, format!("{{\"token\": \"{token}\"}}"))
            }
            ("HEAD", _) if authorization.is_empty() => challenge("pull"),
            ("HEAD", _) => Answer::new(404, ""),
            _ if authorization != "Bearer may-push" => challenge("pull,push"),
            ("POST", _) => Answer::new(202, "").header("Location", "/v2/b/blobs/uploads/1?state=x"),
            ("PUT", path) if path.starts_with("/v2/b/blobs/uploads/1?state=x&digest=sha256%3A") => Answer::new(201, ""),
            ("PUT", "/v2/b/manifests/1") => Answer::new(201, ""),
            _ => Answer::new(500, ""),
        }
    });
    let workspace = Workspace::new();
    let example = repository().join("examples/quickstart");
    workspace.done(&["build", example.to_str().expect("text"), "-o", "bundle.tar.gz"]);
    workspace.write("home/.config/ichor/config.yaml", format!("plainHttp: ['{}']\n", server.host));
    workspace.done(&["push", &format!("oci://{}/b:1", server.host), "bundle.tar.gz"]);
    let asked = server.asked.lock().expect("what was asked");
    let put = asked.iter().find(|it| it.method == "PUT" && it.path.contains("manifests")).expect("a manifest");
    assert_eq!(put.header("content-type"), Some("application/vnd.oci.image.manifest.v1+json"));
    let uploads = asked.iter().filter(|it| it.method == "PUT" && !it.body.is_empty() && it.path.contains("uploads"));
    assert_eq!(uploads.count(), 2);
}
