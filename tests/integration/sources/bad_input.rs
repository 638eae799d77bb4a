//! What registries and disks do wrong: a clear error, and lock, vendor and cache as they were.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::charts;
use crate::support::peer::needs;
use crate::support::program::Run;
use crate::support::registry::{Kind, Registry};
use crate::support::server::free_port;
use crate::support::server::{Answer, Server};
use crate::support::site::Site;
use crate::support::workspace::Workspace;

fn part(host: &str) -> String {
    format!("  - name: one\n    chart: oci://{host}/charts/one\n    version: 1.0.0\n")
}

#[test]
fn a_registry_that_is_down() {
    let port = free_port();
    let host = format!("127.0.0.1:{port}");
    let workspace = Workspace::with(&format!("plainHttp: ['{host}']\n"), &part(&host));
    workspace.refused(&["lock"], 3, &["ichor.yaml:6:12", &host, "again in", "run the command again"]);
    let workspace = Workspace::with("", &part("no-such-host.invalid"));
    workspace.refused(&["lock"], 3, &["no-such-host.invalid"]);
}

#[test]
fn plain_http_only_where_it_is_named() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let workspace = Workspace::with("", &part(&registry.host));
    workspace.refused(&["lock"], 2, &[&registry.host, "plain http", "plainHttp"]);
    let parts = format!("  - name: x\n    manifest: http://{}/x.yaml\n", registry.host);
    let workspace = Workspace::with("", &parts);
    workspace.refused(&["lock"], 2, &["plain http", "plainHttp"]);
}

#[test]
fn names_versions_and_manifests_that_are_not_there() {
    needs!(DockerRegistry, HelmSdk);
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
    needs!(DockerRegistry, HelmSdk);
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
    needs!(DockerRegistry, HelmSdk);
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
        assert!(workspace.state().is_empty(), "nothing is kept of it");
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
    needs!(DockerRegistry, HelmSdk);
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
    needs!(DockerRegistry, HelmSdk, Htpasswd);
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
    needs!(DockerRegistry);
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
        assert!(workspace.state().is_empty(), "nothing is kept of it");
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
    needs!(HelmSdk, Openssl, Python);
    let site = Site::start();
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
    let workspace = Workspace::with("", "  - name: x\n    chart: https://me:hunter2@x.io/y\n");
    let said = workspace.refused(&["lock"], 2, &["line 5", "docker login"]);
    assert!(!said.contains("hunter2"), "{said}");
}

/// Runs the program in a namespace in which `prepare` has mounted something, and gives what changed below a folder.
fn beneath(workspace: &Workspace, prepare: &str, folder: &str, args: &str) -> Option<(Run, String)> {
    let list = format!(
        "find {folder} | sort | while read -r it; do test -f \"$it\" && sha256sum \"$it\" || echo \"$it\"; done"
    );
    let script = format!(
        "mkdir -p {folder} && {{ {prepare}; }} || {{ echo cannot mount >&2; exit 99; }}\n{list} > home/before\n\
         \"$ICHOR\" {args}; code=$?\n{list} > home/after\ndiff home/before home/after > home/diff; exit $code"
    );
    let run = workspace.shell(&["unshare", "-rm"], &script);
    if run.stderr().contains("cannot mount") || run.stderr().contains("unshare") {
        eprintln!("skipped: no file system can be mounted here");
        assert!(std::env::var_os("CI").is_none(), "{}", run.stderr());
        return None;
    }
    Some((run, workspace.read("home/diff")))
}

#[test]
fn a_full_disk() {
    needs!(DockerRegistry, HelmSdk, Namespaces);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let workspace = Workspace::with(&registry.head(), &part(&registry.host));
    // File systems of their own, with room for ever more of what is written: a page for each file.
    let mut refused = Vec::new();
    for (folder, args) in [("cache", "lock"), ("vendor", "vendor"), ("cache", "vendor")] {
        for pages in 1.. {
            let _ = fs::remove_dir_all(workspace.path().join("cache"));
            let mount = format!("mount -t tmpfs -o size={}k,mode=755 none {folder}", 4 * pages);
            let before = workspace.state();
            let Some((run, changes)) = beneath(&workspace, &mount, folder, args) else { return };
            if run.code() == 0 {
                assert!(changes.contains("blobs/sha256/"), "{changes}");
                refused.push(pages - 1);
                break;
            }
            assert_eq!(run.code(), 3, "{}", run.stderr());
            assert!(run.stderr().to_lowercase().contains("no space left"), "{}", run.stderr());
            assert!(run.stderr().contains("make room there"), "{}", run.stderr());
            assert_eq!(changes, "", "{args} with {pages} pages in {folder}");
            assert!(workspace.state() == before, "{args} with {pages} pages in {folder}");
        }
    }
    // Manifest, configuration and archive; two more documents in vendor.
    assert_eq!(refused, [2, 4, 2]);
    // No room for the lock: what was fetched for it goes, too.
    for folder in ["cache", "vendor", "lockfiles"] {
        workspace.remove(folder);
    }
    let full =
        "mount -t tmpfs -o size=8k,mode=755 none lockfiles && { cat /dev/zero > lockfiles/rest 2>/dev/null; true; }";
    let Some((run, changes)) = beneath(&workspace, full, "lockfiles", "lock") else { return };
    assert_eq!((run.code(), changes.as_str()), (3, ""), "{}", run.stderr());
    assert!(run.stderr().contains("box.lock"), "{}", run.stderr());
    assert!(workspace.state().is_empty() && !workspace.path().join("cache").exists());
    workspace.done(&["lock"]);
}

#[test]
fn a_read_only_vendor_and_cache() {
    needs!(DockerRegistry, HelmSdk, Namespaces);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0"), ("one", "1.1.0")]);
    let workspace = Workspace::with(&registry.head(), &part(&registry.host));
    workspace.done(&["lock"]);
    workspace.done(&["vendor"]);
    workspace.spec(&registry.head(), &part(&registry.host).replace("1.0.0", "1.1.0"));
    workspace.done(&["lock"]);
    let read_only = |it: &str| format!("mount --bind {it} {it} && mount -o remount,ro,bind {it}");
    for (folder, args) in [("vendor", "vendor"), ("cache", "vendor"), ("lockfiles", "lock --update one")] {
        registry.push_files("charts", &[moved(&registry)]);
        if folder == "cache" {
            // Something must be fetched.
            for entry in fs::read_dir(workspace.path().join("cache/blobs/sha256")).expect("blobs") {
                fs::remove_file(entry.expect("a blob").path()).expect("removed");
            }
        }
        let before = workspace.state();
        let Some((run, changes)) = beneath(&workspace, &read_only(folder), folder, args) else { return };
        assert_eq!((run.code(), changes.as_str()), (3, ""), "{args}: {}", run.stderr());
        let said = run.stderr().to_lowercase();
        assert!(said.contains(folder) && said.contains("read-only"), "{said}");
        assert!(said.contains("see that you may write there"), "{said}");
        assert!(workspace.state() == before, "{args} with a read-only {folder}");
    }
    // What is in the cache already need not be written there; neither need an unwritable cache keep a build back.
    workspace.done(&["lock", "--update", "one"]);
    let Some((run, _)) = beneath(&workspace, &read_only("cache"), "cache", "vendor") else { return };
    assert_eq!(run.code(), 0, "{}", run.stderr());
    // A file where the folder should be.
    workspace.remove("vendor");
    workspace.write("vendor", "a file");
    workspace.refused(&["vendor"], 3, &["vendor"]);
    fs::remove_file(workspace.path().join("vendor")).expect("removed");
    fs::create_dir(workspace.path().join("vendor")).expect("made");
    workspace.write("vendor/blobs", "a file");
    workspace.refused(&["vendor"], 3, &["vendor/blobs"]);
}

/// Another archive of the newer version, so that its tag moves.
fn moved(registry: &Registry) -> std::path::PathBuf {
    let mut files = charts::files("one", "1.1.0");
    files[1].1 = format!("greeting: r{}\n", rand::random::<u64>());
    let path = registry.folder.path().join("one-1.1.0.tgz");
    fs::write(&path, charts::pack("one", &files)).expect("written");
    path
}
