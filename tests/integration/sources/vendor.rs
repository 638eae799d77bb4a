//! `vendor`: an image layout that other tools read, and that two runs at once do not break.

use std::fs;

use crate::support::charts;
use crate::support::peer::{Peer, needs};
use crate::support::registry::{Kind, Registry};
use crate::support::site::Site;
use crate::support::workspace::Workspace;

fn skopeo(args: &[&str]) -> String {
    let run = Peer::Skopeo.command().args(args).output().expect("skopeo is installed");
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("text")
}

#[test]
fn other_tools_read_it_and_what_they_push_is_read() {
    needs!(DockerRegistry, HelmSdk, Openssl, Python, Skopeo);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0")]);
    let site = Site::start();
    charts::write(&site.www(), "two", "2.0.0");
    site.index(".");
    fs::write(site.www().join("m.yaml"), "apiVersion: v1\nkind: Namespace\nmetadata: {name: m}\n").expect("written");
    let parts = format!(
        "  - name: one\n    chart: oci://{0}/charts/one\n\
         \x20 - name: again\n    chart: oci://{0}/charts/one\n\
         \x20 - name: two\n    chart: {1}/two\n\
         \x20 - name: m\n    manifest: {1}/m.yaml\n",
        registry.host, site.address
    );
    let workspace = Workspace::with(&format!("{}authorities: [ca.pem]\n", registry.head()), &parts);
    fs::copy(site.ca(), workspace.path().join("ca.pem")).expect("copied");
    workspace.done(&["lock"]);
    workspace.done(&["vendor"]);
    let index: serde_json::Value = serde_json::from_str(&workspace.read("vendor/index.json")).expect("an index");
    let names: Vec<&str> = index["manifests"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["annotations"]["org.opencontainers.image.ref.name"].as_str())
        .collect();
    let host = site.address.trim_start_matches("https://");
    assert_eq!(names.len(), 3, "what two parts share lies there once: {names:?}");
    assert!(names.contains(&format!("{}/charts/one:1.0.0", registry.host).as_str()), "{names:?}");
    assert!(names.contains(&format!("{host}/two:2.0.0").as_str()), "{names:?}");
    let vendor = workspace.path().join("vendor");
    for name in &names {
        let raw = skopeo(&["inspect", "--raw", &format!("oci:{}:{name}", vendor.display())]);
        assert!(raw.contains("\"layers\""), "{raw}");
    }
    // Whatever it is, it is copied to the byte; of what Helm pushed, skopeo shows the manifest alone, wherever it lies.
    for name in &names {
        let copy = tempfile::tempdir().expect("a folder");
        skopeo(&["copy", "-q", &format!("oci:{}:{name}", vendor.display()), &format!("dir:{}", copy.path().display())]);
        let manifest = fs::read(copy.path().join("manifest.json")).expect("a manifest");
        assert!(vendor.join("blobs/sha256").join(ichor::base::digest::Digest::of(&manifest).hex()).exists());
        let shown = Peer::Skopeo.command().args(["inspect", &format!("oci:{}:{name}", vendor.display())]).output();
        let shown = shown.expect("skopeo is installed");
        let (said, fault) = (String::from_utf8_lossy(&shown.stdout), String::from_utf8_lossy(&shown.stderr));
        if name.contains("charts/one") {
            let origin = format!("docker://{name}");
            let there = Peer::Skopeo.command().args(["inspect", "--tls-verify=false", &origin]).output();
            assert_eq!(there.expect("skopeo is installed").status.success(), shown.status.success(), "{fault}");
            continue;
        }
        let labels: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|it| panic!("{it}: {fault}"));
        let title = labels["Labels"]["org.opencontainers.image.title"].as_str().expect("a title");
        assert!(name.starts_with(&format!("{host}/{title}:")), "{said}");
        assert_eq!(labels["Layers"].as_array().map(Vec::len), Some(1), "{said}");
    }
    // Through skopeo into a registry, and back from there.
    let target = format!("docker://{}/charts/two:2.0.0", registry.host);
    skopeo(&["copy", "--dest-tls-verify=false", &format!("oci:{}:{host}/two:2.0.0", vendor.display()), &target]);
    let parts = format!("  - name: two\n    chart: oci://{}/charts/two\n    version: 2.0.0\n", registry.host);
    let other = Workspace::with(&registry.head(), &parts);
    other.done(&["lock"]);
    let digest = |lock: &str, part: &str| {
        let at = lock.find(&format!("  {part}:\n")).expect("the part");
        lock[at..].lines().find_map(|it| it.trim().strip_prefix("digest: ").map(str::to_owned)).expect("a digest")
    };
    assert_eq!(digest(&other.lock(), "two"), digest(&workspace.lock(), "two"));
}

#[test]
fn it_is_checked_mended_and_pruned() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::with(Kind::Plain, &[("one", "1.0.0"), ("one", "2.0.0"), ("two", "1.0.0")]);
    let part = |name: &str, version: &str| {
        format!("  - name: {name}\n    chart: oci://{}/charts/{name}\n    version: {version}\n", registry.host)
    };
    let workspace = Workspace::with(&registry.head(), &(part("one", "1.0.0") + &part("two", "1.0.0")));
    workspace.done(&["lock"]);
    workspace.refused(&["vendor", "--check"], 1, &["index.json", "oci-layout", "ichor vendor"]);
    workspace.done(&["vendor"]);
    let whole = workspace.state();
    workspace.done(&["vendor"]);
    assert!(workspace.state() == whole, "a second run changes nothing");
    // A second spec of the same workspace adds to it.
    let head = format!("bundle: other\ntalos: \"1.12\"\n{}parts:\n", registry.head());
    workspace.write("other.yaml", head + &part("one", "2.0.0"));
    workspace.done(&["lock", "other.yaml"]);
    workspace.done(&["vendor", "other.yaml"]);
    workspace.done(&["vendor", "--check"]);
    workspace.done(&["vendor", "--check", "other.yaml"]);
    let said = workspace.said(&["vendor", "--prune"]);
    assert!(said.contains("removed 0 artifacts and 0 blobs"), "{said}");
    fs::remove_file(workspace.path().join("lockfiles/other.lock")).expect("removed");
    let said = workspace.said(&["vendor", "--prune"]);
    assert!(said.contains("removed 1 artifact and 3 blobs"), "{said}");
    assert_eq!(workspace.read("vendor/index.json").matches("ref.name").count(), 2);
    // Everything that can be wrong with it.
    let blob =
        fs::read_dir(workspace.path().join("vendor/blobs/sha256")).expect("blobs").next().expect("one").expect("one");
    fs::write(blob.path(), "spoiled").expect("written");
    workspace.refused(&["vendor", "--check"], 1, &["is damaged"]);
    workspace.done(&["vendor"]);
    workspace.done(&["vendor", "--check"]);
    fs::remove_file(blob.path()).expect("removed");
    workspace.refused(&["vendor", "--check"], 1, &["is missing"]);
    workspace.done(&["vendor"]);
    let index = workspace.read("vendor/index.json");
    workspace.write("vendor/index.json", index.replace("\n", ""));
    workspace.refused(&["vendor", "--check"], 1, &["canonical"]);
    workspace.done(&["vendor"]);
    assert_eq!(workspace.read("vendor/index.json"), index);
    workspace.write("vendor/index.json", "{}");
    workspace.refused(&["vendor"], 2, &["index.json", "version control"]);
    workspace.write("lockfiles/broken.lock", "format: 1\n");
    workspace.write("vendor/index.json", &index);
    workspace.refused(&["vendor", "--prune"], 2, &["broken.lock"]);
}

#[test]
fn runs_at_once_take_turns() {
    needs!(DockerRegistry, HelmSdk);
    let charts: Vec<(String, String)> = (0..6).map(|it| (format!("c{it}"), "1.0.0".to_owned())).collect();
    let pairs: Vec<(&str, &str)> = charts.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let registry = Registry::with(Kind::Plain, &pairs);
    let workspace = Workspace::new();
    for (at, (name, _)) in charts.iter().enumerate() {
        let head = format!("bundle: b{at}\ntalos: \"1.12\"\n{}parts:\n", registry.head());
        workspace.write(
            &format!("{at}.yaml"),
            format!("{head}  - name: {name}\n    chart: oci://{}/charts/{name}\n", registry.host),
        );
        workspace.done(&["lock", &format!("{at}.yaml")]);
    }
    let runs: Vec<_> = (0..12)
        .map(|it| workspace.command(&["vendor", &format!("{}.yaml", it % 6)]).spawn().expect("starts"))
        .collect();
    for mut run in runs {
        assert!(run.wait().expect("it ends").success());
    }
    for at in 0..6 {
        workspace.done(&["vendor", "--check", &format!("{at}.yaml")]);
    }
    assert_eq!(workspace.read("vendor/index.json").matches("ref.name").count(), 6);
}
