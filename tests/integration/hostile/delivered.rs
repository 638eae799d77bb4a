//! Paths that this program itself makes up, where a chart or a spec has a say in them.

use std::fs;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::bundles::{assert_harmless, ground};
use super::listing;
use crate::support::workspace::Workspace;

/// `template --output-dir` writes below the folder alone, whatever a chart is called.
#[test]
fn a_chart_that_writes_files_of_its_own_name() {
    let workspace = Workspace::new();
    fs::create_dir_all(workspace.path().join("deep/er")).expect("made");
    for name in ["..", ".", "../x", "/x", "a/../../x", "x\\..\\..\\y"] {
        let chart = format!("apiVersion: v2\nname: {}\nversion: 1.0.0\n", serde_json::json!(name));
        workspace.write("chart/Chart.yaml", chart);
        workspace.write("chart/templates/a.yaml", "kind: A\n");
        workspace.write("chart/crds/b.yaml", "kind: B\n");
        let before = listing(workspace.path());
        let mut command = workspace.command(&["template", "r", "../../chart", "--include-crds", "--output-dir", "out"]);
        let run = command.current_dir(workspace.path().join("deep/er")).output().expect("it runs");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        let mut after = listing(workspace.path());
        let out = workspace.path().join("deep/er/out").display().to_string();
        after.retain(|path, _| !path.starts_with(&out));
        assert!(after == before, "{name}: {said}");
        assert_eq!(run.status.code(), Some(2), "{name}: {said}");
        assert!(!workspace.exists("deep/er/out"), "{name}: half of it is there");
        assert_harmless(&said);
    }
}

#[test]
fn a_release_that_is_a_path() {
    let workspace = ground();
    let before = listing(workspace.path());
    for name in ["../x", "..", "/x", "a/b"] {
        let run = workspace.run(&["template", name, "chart", "--output-dir", "out", "--release-name"]);
        assert_eq!(run.code(), 2, "{name}: {}", run.stderr());
        assert!(listing(workspace.path()) == before, "{name}: {}", run.stderr());
    }
}

/// Subcharts have names too, and so have the archives that hold them.
#[test]
fn a_chart_in_an_archive() {
    let workspace = Workspace::new();
    fs::create_dir_all(workspace.path().join("deep/er")).expect("made");
    let own = "apiVersion: v2\nname: app\nversion: 1.0.0\n";
    for name in ["..", "../../x"] {
        let inner = format!("apiVersion: v2\nname: \"{name}\"\nversion: 1.0.0\n");
        let files = [
            ("app/Chart.yaml", own),
            ("app/charts/in/Chart.yaml", &inner),
            ("app/charts/in/templates/a.yaml", "kind: A\n"),
        ];
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, text) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, text.as_bytes()).expect("written");
        }
        workspace.write("chart.tgz", builder.into_inner().and_then(|it| it.finish()).expect("written"));
        let before = listing(workspace.path());
        let mut command = workspace.command(&["template", "r", "../../chart.tgz", "--output-dir", "out"]);
        let run = command.current_dir(workspace.path().join("deep/er")).output().expect("it runs");
        let mut after = listing(workspace.path());
        let out = workspace.path().join("deep/er/out").display().to_string();
        after.retain(|path, _| !path.starts_with(&out));
        assert!(after == before, "{name}: {}", String::from_utf8_lossy(&run.stderr));
    }
}

/// A bundle may be called like a file that a target writes anyway; neither is lost.
#[test]
fn a_bundle_that_is_called_like_another_file() {
    let workspace = ground();
    let spec = workspace.read("ichor.yaml").replace("bundle: quickstart", "bundle: kustomization");
    workspace.write("ichor.yaml", spec);
    workspace.done(&["lock"]);
    let run = workspace.run(&["handoff", "flux", "-o", "flux/"]);
    assert_eq!(run.code(), 2, "{}", run.stderr());
    assert!(run.stderr().contains("kustomization.yaml"), "{}", run.stderr());
    assert!(!workspace.exists("flux/kustomization.yaml"));
}
