//! What a registry sends: a bundle is written where the user says, else under its own name, and nothing else is believed.

use ichor::base::digest::Digest;
use serde_json::json;

use super::bundles::{assert_harmless, bad_labels, good, ground};
use super::listing;
use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;

/// A registry that hands out these bytes as a bundle; titles and annotations are the registry's own.
fn registry(bundle: Vec<u8>, title: &str) -> Server {
    let config = b"{}".to_vec();
    let descriptor = |kind: &str, bytes: &[u8]| {
        let annotations = json!({"org.opencontainers.image.title": title, "org.opencontainers.image.ref.name": title});
        json!({"mediaType": kind, "digest": Digest::of(bytes).to_string(), "size": bytes.len(), "annotations": annotations})
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.ichor.bundle.v1.tar+gzip", &bundle)],
        "annotations": {"org.opencontainers.image.title": title},
    });
    let (blob, title) = (Digest::of(&bundle).to_string(), title.replace(|it: char| it.is_control(), ""));
    Server::start(move |asked| match asked.path.as_str() {
        path if path.contains("/manifests/") => {
            Answer::new(200, manifest.to_string()).header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
        }
        // The blob lies behind an address that has a name of its own.
        path if path.ends_with(&format!("/blobs/{blob}")) => Answer::new(307, "")
            .header("Location", "/elsewhere/..%2f..%2fredirected.tar.gz")
            .header("Content-Disposition", format!("attachment; filename=\"{title}\"")),
        path if path.starts_with("/elsewhere/") => {
            Answer::new(200, bundle.clone()).header("Content-Disposition", format!("attachment; filename=\"{title}\""))
        }
        path if path.contains("/blobs/") => Answer::new(200, config.clone()),
        _ => Answer::new(404, ""),
    })
}

fn pull(workspace: &Workspace, server: &Server, args: &[&str]) -> std::process::Output {
    workspace.write("config.yaml", format!("plainHttp: ['{}']\n", server.host));
    let address = format!("oci://{}/bundles/x:1", server.host);
    let mut command = workspace.command(&[&["pull", &address, "--config", "../../config.yaml"], args].concat());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name);
    }
    command.env("HOME", workspace.path()).current_dir(workspace.path().join("deep/er")).output().expect("it runs")
}

#[test]
fn a_bundle_by_a_hostile_name_is_not_pulled() {
    let workspace = ground();
    for name in bad_labels(workspace.path()) {
        let mut forged = good(&workspace);
        forged.index["name"] = json!(name);
        let server = registry(forged.encode(), "x.tar.gz");
        workspace.write("config.yaml", format!("plainHttp: ['{}']\n", server.host));
        let before = listing(workspace.path());
        for args in [&[][..], &["-o", "mine.tar.gz"]] {
            let run = pull(&workspace, &server, args);
            let said = String::from_utf8_lossy(&run.stderr).into_owned();
            assert_eq!(run.status.code(), Some(2), "{said}");
            assert!(listing(workspace.path()) == before, "{args:?} wrote something: {said}");
            assert!(said.contains("is no bundle") && run.stdout.is_empty(), "{said}");
            assert_harmless(&said);
        }
    }
}

#[test]
fn what_a_registry_calls_a_bundle_is_of_no_account() {
    let workspace = ground();
    for title in ["../x", "../../x.tar.gz", "/tmp/x", "..", ".", "", "a\\b", "a\nb", "\u{1b}[2J", "precious.yaml"] {
        let server = registry(good(&workspace).encode(), title);
        let run = pull(&workspace, &server, &[]);
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(0), "{title:?}: {said}");
        assert!(said.starts_with("wrote quickstart.tar.gz\n"), "{title:?}: {said}");
        let mut found = listing(workspace.path());
        let own = workspace.path().join("deep/er/quickstart.tar.gz");
        assert!(found.remove(&own.display().to_string()).is_some());
        std::fs::remove_file(own).expect("removed");
        assert!(found == listing(workspace.path()), "{title:?}");
    }
}
