//! What registries and disks do wrong: a clear error, and lock, vendor and cache as they were.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::charts;
use crate::server::{Answer, Server};
use crate::servers::{Kind, Registry, Static, free_port};
use crate::workspace::Workspace;

fn part(host: &str) -> String {
    format!("  - name: one\n    chart: oci://{host}/charts/one\n    version: 1.0.0\n")
}

#[test]
fn a_registry_that_is_down() {
    if crate::servers::lacking() {
        return;
    }
    let port = free_port();
    let host = format!("127.0.0.1:{port}");
    let workspace = Workspace::with(&format!("plainHttp: ['{host}']\n"), &part(&host));
    workspace.refused(&["lock"], 3, &["ichor.yaml:6:12", &host, "again in", "run the command again"]);
    let workspace = Workspace::with("", &part("no-such-host.invalid"));
    workspace.refused(&["lock"], 3, &["no-such-host.invalid"]);
}

#[test]
fn plain_http_only_where_it_is_named() {
    if crate::servers::lacking() {
        return;
    }
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let workspace = Workspace::with("", &part(&registry.host));
    workspace.refused(&["lock"], 3, &[&registry.host]);
    let parts = format!("  - name: x\n    manifest: http://{}/x.yaml\n", registry.host);
    let workspace = Workspace::with("", &parts);
    workspace.refused(&["lock"], 2, &["plain http", "plainHttp"]);
}

#[test]
fn names_versions_and_manifests_that_are_not_there() {
    if crate::servers::lacking() {
        return;
    }
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0"), ("one", "1.1.0-rc.1")]);
    let host = &registry.host;
    let workspace = Workspace::with(&registry.head(), &part(host).replace("/one", "/none"));
    workspace.refused(&["lock"], 2, &["404 Not Found", "charts/none", "ichor.yaml:6:12"]);
    workspace.spec(&registry.head(), &part(host).replace("1.0.0", "1.0.7"));
    workspace.refused(&["lock"], 2, &["404 Not Found", "1.0.7"]);
    workspace.spec(&registry.head(), &part(host).replace("1.0.0", "^1.1"));
    workspace.refused(&["lock"], 2, &["satisfies `^1.1`", "the newest is 1.1.0-rc.1"]);
    workspace.spec(&registry.head(), &part(host).replace("1.0.0", "one two"));
    workspace.refused(&["lock"], 2, &["`one two` is no version constraint"]);
    let digest = ichor::base::digest::Digest::of(b"none");
    workspace.spec(&registry.head(), &part(host).replace("/one", &format!("/one@{digest}")));
    workspace.refused(&["lock"], 2, &["404 Not Found", &digest.to_string()]);
    // All faults at once.
    let two = part(host).replace("/one", "/none") + &part(host).replace("one", "two");
    workspace.spec(&registry.head(), &two);
    workspace.refused(&["lock"], 2, &["charts/none", "charts/two"]);
}

#[test]
fn a_tag_that_moved_names_both_digests() {
    if crate::servers::lacking() {
        return;
    }
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let workspace = Workspace::with(&registry.head(), &part(&registry.host));
    workspace.done(&["lock"]);
    let manifest = |lock: &str| {
        lock.lines().find_map(|it| it.trim().strip_prefix("manifest: ").map(str::to_owned)).expect("a manifest")
    };
    let before = manifest(&workspace.lock());
    let mut files = charts::files("one", "1.0.0");
    files[1].1 = "greeting: moved\n".into();
    let path = registry.folder.path().join("one-1.0.0.tgz");
    fs::write(&path, charts::pack("one", &files)).expect("written");
    registry.push_files("charts", &[path]);
    for args in [&["lock"][..], &["lock", "--update"]] {
        let said = workspace.refused(args, 1, &["has moved", &before, "ichor lock --update one"]);
        assert!(said.matches("sha256:").count() >= 2, "{said}");
    }
    // Without the network nobody can know, and vendor takes what was locked: the registry still has it.
    workspace.done(&["lock", "--locked", "--offline"]);
    workspace.remove("cache");
    workspace.done(&["vendor"]);
    workspace.done(&["lock", "--update", "one"]);
    assert_ne!(manifest(&workspace.lock()), before);
    assert!(workspace.lock().contains("version: 1.0.0"));
    // Where the registry has the old one no more.
    let workspace = Workspace::with(&registry.head(), &part(&registry.host));
    workspace.done(&["lock"]);
    let now = manifest(&workspace.lock());
    let deleted = ureq::delete(format!("http://{}/v2/charts/one/manifests/{now}", registry.host)).call();
    assert!(deleted.is_ok(), "{deleted:?}");
    registry.push(&[("one", "1.0.0")]);
    workspace.remove("cache");
    workspace.refused(&["vendor"], 1, &["has moved", &now, "--update one"]);
}

#[test]
fn blobs_of_another_digest_size_or_length() {
    if crate::servers::lacking() {
        return;
    }
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let spoiled = |spoil: fn(&mut Answer)| {
        Server::before(&registry.host, move |asked, mut answer| {
            if asked.path.contains("/blobs/") && answer.body.starts_with(&[0x1f, 0x8b]) {
                spoil(&mut answer);
            }
            answer
        })
    };
    let refused = |front: &Server, code: i32, words: &[&str]| {
        let workspace = Workspace::with(&front.head(), &part(&front.host));
        let run = workspace.run(&["lock"]);
        assert_eq!(run.code(), code, "{}", run.stderr());
        for word in words {
            assert!(run.stderr().contains(word), "`{word}` is not in {}", run.stderr());
        }
        assert!(!workspace.path().join("lockfiles/box.lock").exists());
        // The config that was right is kept; the archive that was wrong is not.
        assert!(workspace.state().values().all(|it| !it.starts_with(&[0x1f, 0x8b])));
    };
    refused(&spoiled(|it| *it.body.last_mut().expect("a byte") ^= 1), 1, &["has the digest sha256:", "was asked for"]);
    refused(&spoiled(|it| it.body.truncate(50)), 1, &["has 50 bytes, but its manifest says"]);
    refused(&spoiled(|it| it.body.extend([0; 9])), 1, &["more than the"]);
    refused(
        &spoiled(|it| {
            it.cut = Some(10);
            it.headers.clear();
        }),
        3,
        &["broke off after 10 bytes", "again in"],
    );
}

#[test]
fn a_manifest_of_another_digest() {
    if crate::servers::lacking() {
        return;
    }
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let spoil = Arc::new(AtomicBool::new(false));
    let is_spoiled = Arc::clone(&spoil);
    let front = Server::before(&registry.host, move |asked, mut answer| {
        if asked.path.contains("/manifests/sha256:") && is_spoiled.load(Ordering::SeqCst) {
            answer.body.push(b'\n');
        }
        answer
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host));
    workspace.done(&["lock"]);
    workspace.remove("cache");
    spoil.store(true, Ordering::SeqCst);
    workspace.refused(&["vendor"], 1, &["the manifest of", "was asked for"]);
}

#[test]
fn a_redirect_to_another_host_carries_no_credentials() {
    if crate::servers::lacking() {
        return;
    }
    let registry = Registry::with(Kind::Basic, &[("one", "1.0.0")]);
    let storage = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let elsewhere = Server::before(&storage.host, |_, answer| answer);
    let target = elsewhere.host.clone();
    let front = Server::before(&registry.host, move |asked, answer| {
        if asked.path.contains("/blobs/") && answer.status == 200 {
            return Answer::new(307, "").header("location", format!("http://{target}{}", asked.path));
        }
        answer
    });
    let workspace = Workspace::with(&front.head(), &part(&front.host));
    let auth = STANDARD.encode("me:secret");
    workspace.write("home/.docker/config.json", format!(r#"{{"auths": {{"{}": {{"auth": "{auth}"}}}}}}"#, front.host));
    // The other host speaks plain http, and is not named as one that may.
    let before = elsewhere.asked().len();
    let run = workspace.run(&["lock"]);
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stderr().contains("plain http") && elsewhere.asked().len() == before, "{}", run.stderr());
    workspace.spec(&format!("plainHttp: ['{}', '{}']\n", front.host, elsewhere.host), &part(&front.host));
    workspace.done(&["lock"]);
    assert!(front.asked().iter().any(|it| it.header("authorization").is_some()));
    let asked = elsewhere.asked();
    assert!(!asked.is_empty() && asked.iter().all(|it| it.header("authorization").is_none()));
    // To itself for ever.
    let round = Server::start(|asked| Answer::new(302, "").header("location", asked.path.clone()));
    let workspace = Workspace::with(&round.head(), &part(&round.host));
    workspace.refused(&["lock"], 3, &["redirects too often"]);
}

#[test]
fn what_is_no_chart() {
    if crate::servers::lacking() {
        return;
    }
    let registry = Registry::start(Kind::Plain);
    let put = |name: &str, layer_type: &str, layer: &[u8]| {
        let blob = |bytes: &[u8]| {
            let start = ureq::post(format!("http://{}/v2/charts/{name}/blobs/uploads/", registry.host)).send_empty();
            let start = start.expect("an upload");
            let at = start.headers().get("location").and_then(|it| it.to_str().ok()).expect("a place").to_owned();
            let digest = ichor::base::digest::Digest::of(bytes);
            ureq::put(format!("{at}&digest={digest}")).send(bytes).expect("uploaded");
            serde_json::json!({"digest": digest, "size": bytes.len()})
        };
        let (mut config, mut layer) = (blob(b"{}"), blob(layer));
        config["mediaType"] = "application/vnd.cncf.helm.config.v1+json".into();
        layer["mediaType"] = layer_type.into();
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest =
            serde_json::json!({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer]});
        let url = format!("http://{}/v2/charts/{name}/manifests/1.0.0", registry.host);
        ureq::put(url).header("content-type", media_type).send(manifest.to_string()).expect("pushed");
    };
    let chart = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
    put("no-gzip", chart, b"this is text");
    put("no-chart", chart, &charts::pack("x", &[("README.md".into(), "hello".into())]));
    put("image", "application/vnd.oci.image.layer.v1.tar+gzip", &charts::archive("image", "1.0.0"));
    put("renamed", chart, &charts::archive("original", "1.0.0"));
    put("other-version", chart, &charts::archive("other-version", "1.0.1"));
    // Pushed by hand as oras pushes, and right.
    put("right", chart, &charts::archive("right", "1.0.0"));
    let refused = |name: &str, words: &[&str]| {
        let parts = part(&registry.host).replace("charts/one", &format!("charts/{name}"));
        let workspace = Workspace::with(&registry.head(), &parts);
        let run = workspace.run(&["lock"]);
        assert_eq!(run.code(), 2, "{}", run.stderr());
        for word in words {
            assert!(run.stderr().contains(word), "{name} does not say `{word}`: {}", run.stderr());
        }
        assert!(!workspace.path().join("lockfiles/box.lock").exists());
    };
    refused("no-gzip", &["is no chart", "gzip"]);
    refused("no-chart", &["is no chart", "Chart.yaml"]);
    refused("image", &["is no chart", "application/vnd.oci.image.layer.v1.tar+gzip", "helm push"]);
    refused("renamed", &["a chart called `original`", "`renamed`"]);
    refused("other-version", &["is version 1.0.1", "version 1.0.0"]);
    let workspace = Workspace::with(&registry.head(), &part(&registry.host).replace("charts/one", "charts/right"));
    workspace.done(&["lock"]);
    workspace.done(&["vendor"]);
}

#[test]
fn classic_repositories_that_lie() {
    if crate::servers::lacking() {
        return;
    }
    let site = Static::start();
    charts::write(&site.www(), "two", "1.0.0");
    site.index(".");
    let spec = |parts: &str| {
        let workspace = Workspace::with("authorities: [ca.pem]\n", parts);
        fs::copy(site.ca(), workspace.path().join("ca.pem")).expect("copied");
        workspace
    };
    let two = format!("  - name: two\n    chart: {}/two\n    version: 1.0.0\n", site.address);
    let workspace = spec(&two);
    workspace.done(&["lock"]);
    // The archive is another than the index says.
    let mut other = charts::files("two", "1.0.0");
    other[1].1 = "greeting: other\n".into();
    fs::write(site.www().join("two-1.0.0.tgz"), charts::pack("two", &other)).expect("written");
    spec(&two).refused(&["lock"], 1, &["the index says sha256:", "has the digest sha256:"]);
    // The index agrees, but the lock does not.
    site.index(".");
    workspace.refused(&["lock", "--update"], 1, &["has moved", "the lock says sha256:"]);
    workspace.remove("cache");
    workspace.refused(&["vendor"], 1, &["has moved", "--update two"]);
    workspace.done(&["lock", "--update", "two"]);
    spec(&two.replace("/two", "/none")).refused(&["lock"], 2, &["has no chart `none`"]);
    spec(&two.replace("1.0.0", "2.x")).refused(&["lock"], 2, &["satisfies `2.x`", "the newest is 1.0.0"]);
    spec(&two.replace("/two", "/deeper/two")).refused(&["lock"], 2, &["index.yaml answers 404"]);
    fs::write(site.www().join("index.yaml"), "<html>").expect("written");
    spec(&two).refused(&["lock"], 2, &["is no index of a repository"]);
    // A manifest that is not what the spec says.
    fs::write(site.www().join("m.yaml"), "kind: X\n").expect("written");
    let digest = ichor::base::digest::Digest::of(b"other");
    let manifest = format!("  - name: m\n    manifest: {}/m.yaml\n    sha256: {}\n", site.address, digest.hex());
    spec(&manifest).refused(&["lock"], 1, &["the spec says", &digest.hex()]);
}

#[test]
fn addresses_with_passwords_are_refused_unseen() {
    if crate::servers::lacking() {
        return;
    }
    let workspace = Workspace::with("", "  - name: x\n    chart: https://me:hunter2@x.io/y\n");
    let said = workspace.refused(&["lock"], 2, &["line 5", "docker login"]);
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_full_disk_and_a_read_only_vendor() {
    if crate::servers::lacking() {
        return;
    }
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let workspace = Workspace::with(&registry.head(), &part(&registry.host));
    workspace.done(&["lock"]);
    let before = workspace.state();
    for folder in ["vendor", "cache"] {
        // A file system of its own with room for next to nothing.
        let script = format!(
            "mkdir -p {folder} && mount -t tmpfs -o size=4k,mode=755 none {folder} && rm -rf {folder}/* && \"$ICHOR\" vendor; \
             code=$?; find {folder} -type f | sed 's/^/left: /'; exit $code"
        );
        let run = workspace.shell(&["unshare", "-rm"], &script);
        if run.stderr().contains("mount") {
            eprintln!("skipped: no file system can be mounted here");
            assert!(std::env::var_os("CI").is_none(), "{}", run.stderr());
            return;
        }
        if folder == "vendor" {
            assert_eq!(run.code(), 3, "{}{}", run.stdout(), run.stderr());
            assert!(run.stderr().contains("space"), "{}", run.stderr());
            assert!(!run.stdout().contains("index.json"), "{}", run.stdout());
        }
        assert!(!run.stdout().contains(".ichor-"), "{}", run.stdout());
    }
    let now = workspace.state();
    assert!(before.iter().all(|(path, bytes)| now.get(path) == Some(bytes)), "lock and cache are as they were");
    let script =
        "mkdir -p vendor && mount --bind vendor vendor && mount -o remount,ro,bind vendor && \"$ICHOR\" vendor";
    let _ = fs::remove_dir_all(workspace.path().join("vendor"));
    let run = workspace.shell(&["unshare", "-rm"], script);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stderr().contains("vendor") && run.stderr().to_lowercase().contains("read-only"), "{}", run.stderr());
    // A file where the folder should be.
    let _ = fs::remove_dir_all(workspace.path().join("vendor"));
    workspace.write("vendor", "a file");
    workspace.refused(&["vendor"], 3, &["vendor"]);
    fs::set_permissions(workspace.path(), fs::Permissions::from_mode(0o755)).expect("set");
}
