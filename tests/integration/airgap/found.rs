//! Which images are found: of charts in the manner of operators (`tests/data/images`), and of Cilium.
//!
//! A case is a chart of one template: `--- values`, `--- template`, the images that `--- run`, and those that are
//! `--- guessed`. What runs is told once more by a scan that knows nothing of objects, and looks at lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value as Json;

use crate::support::peer::needs;
use crate::support::workspace::Workspace;
use crate::support::{conformance, repository};

/// The sections of a case, by name.
fn read(text: &str) -> BTreeMap<&str, String> {
    let mut sections: BTreeMap<&str, String> = BTreeMap::new();
    let mut section = "about";
    for line in text.lines() {
        match line.strip_prefix("--- ") {
            Some(name) => section = name,
            None => {
                let text = sections.entry(section).or_default();
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    sections
}

fn lines(text: Option<&String>) -> BTreeSet<String> {
    text.into_iter().flat_map(|it| it.lines()).map(str::to_owned).collect()
}

/// Every text behind `image:` or, of a volume, `reference:`, line by line, without a look at what it belongs to.
fn slow_scan(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (mut literal, mut depth): (Option<usize>, usize) = (None, 0);
    for line in text.lines().filter(|it| !it.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        if literal.is_some_and(|at| indent > at) {
            continue;
        }
        literal = line.trim_end().ends_with(['|', '-']).then_some(indent).filter(|_| line.contains(": |"));
        // Schemas speak of images, and have none.
        if line.trim_start() == "openAPIV3Schema:" {
            depth = indent;
        } else if depth > 0 && indent <= depth {
            depth = 0;
        }
        // Beside a repository stands but a piece of a name.
        if depth > 0 || line.contains("repository:") || line.trim_start().starts_with('#') {
            continue;
        }
        for key in ["image:", "reference:"] {
            for (at, _) in line.match_indices(key) {
                let before = line.get(..at).and_then(|it| it.chars().next_back());
                if before.is_some_and(|it| it.is_alphanumeric()) {
                    continue;
                }
                let rest = line.get(at + key.len()..).unwrap_or_default();
                let word = rest.trim_start().trim_start_matches(['"', '\'']);
                let end = word.find(['"', '\'', ' ', ',', '}']).unwrap_or(word.len());
                let word = word.get(..end).unwrap_or_default();
                if rest.starts_with(' ') && !word.is_empty() && !word.starts_with('{') {
                    found.insert(word.to_owned());
                }
            }
        }
    }
    found
}

/// The images of a workspace: those that run, and those that are guessed.
fn listed(workspace: &Workspace) -> [BTreeSet<String>; 2] {
    let all: Json = serde_json::from_str(&workspace.done(&["images", "--format=json", "--guessed"])).expect("JSON");
    ["run", "guessed"].map(|how| {
        let images = all["images"].as_array().expect("a list").iter();
        images.filter(|it| it["found"] == how).map(|it| it["image"].as_str().expect("text").to_owned()).collect()
    })
}

#[test]
fn every_image_of_an_operator_is_found() {
    let mut cases = 0;
    for entry in fs::read_dir(repository().join("tests/data/images")).expect("cases") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("text");
        let case = read(&text);
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let workspace = Workspace::with("", "  - {name: op, chart: ./op, namespace: op}\n");
        let template = case.get("template").expect("a template");
        workspace.write("op/Chart.yaml", "apiVersion: v2\nname: op\nversion: 1.0.0\n");
        workspace.write("op/values.yaml", case.get("values").cloned().unwrap_or_default());
        workspace.write("op/templates/all.yaml", template);
        workspace.done(&["lock"]);
        let [run, guessed] = listed(&workspace);
        assert_eq!(run, lines(case.get("run")), "{name}: what runs");
        assert_eq!(guessed, lines(case.get("guessed")), "{name}: what is guessed");
        let rendered = workspace.done(&["template", "op", "./op", "--include-crds"]);
        assert_eq!(run, slow_scan(&rendered), "{name}: a slow scan");
        let plain: BTreeSet<String> = workspace.done(&["images"]).lines().map(str::to_owned).collect();
        assert_eq!(plain, run, "{name}: the plain list");
        cases += 1;
    }
    assert!(cases >= 30, "{cases} cases");
}

#[test]
fn every_image_of_cilium_is_found() {
    needs!(CiliumCharts);
    let shared = conformance().expect("the charts");
    let cases: Vec<Json> =
        serde_json::from_str(&fs::read_to_string(shared.join("cases.json")).expect("cases")).expect("JSON");
    let mut compared = 0;
    for entry in fs::read_dir(shared.join("charts")).expect("charts") {
        let chart = entry.expect("an entry").path();
        if !chart.file_name().is_some_and(|it| it.to_string_lossy().starts_with("cilium-")) {
            continue;
        }
        for case in &cases {
            let workspace = Workspace::new();
            let text = |it: &Json| it.as_str().expect("text").to_owned();
            let values: Vec<String> = case["values"].as_array().expect("a list").iter().map(&text).collect();
            let files: Vec<String> =
                values.iter().map(|it| shared.join(format!("profiles/{it}.yaml")).display().to_string()).collect();
            let mut args = vec!["template".to_owned(), "cilium".into(), chart.display().to_string()];
            files.iter().for_each(|it| args.extend(["-f".to_owned(), it.clone()]));
            args.extend(["-n".to_owned(), text(&case["namespace"])]);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let rendered = workspace.done(&args);
            workspace.spec("", "  - {name: cilium, manifest: m.yaml}\n");
            workspace.write("m.yaml", &rendered);
            workspace.done(&["lock"]);
            let [run, _] = listed(&workspace);
            assert_eq!(run, slow_scan(&rendered), "{} {}", chart.display(), case["id"]);
            assert!(!run.is_empty());
            compared += 1;
        }
    }
    assert_eq!(compared, 40);
}

#[test]
fn a_part_declares_images_and_the_lock_keeps_them() {
    let parts = "  - name: m\n    manifest: m.yaml\n    images: [quay.io/op/agent:v1, 'busybox:1.36']\n";
    let workspace = Workspace::with("", parts);
    workspace.write("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: d}\n");
    workspace.done(&["lock"]);
    assert!(
        workspace.lock().contains("moreImages:\n    - busybox:1.36\n    - quay.io/op/agent:v1\n"),
        "{}",
        workspace.lock()
    );
    assert_eq!(workspace.done(&["images"]), "busybox:1.36\nquay.io/op/agent:v1\n");
    let text = workspace.done(&["images", "--format=text"]);
    assert!(text.contains("busybox:1.36\n  declared for m\n"), "{text}");
    workspace.done(&["build", "-o", "b.tar.gz"]);
    workspace.done(&["verify", "b.tar.gz"]);
    let read = workspace.shell(&["env"], "tar -xzOf b.tar.gz images.txt");
    assert_eq!(read.stdout(), "busybox:1.36\nquay.io/op/agent:v1\n");
    // Another list is another lock.
    workspace.edit("ichor.yaml", "busybox:1.36", "busybox:1.37");
    workspace.refused(&["build", "-o", "b.tar.gz"], 2, &["L006", "`images`", "ichor lock"]);
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "b.tar.gz"]);
    workspace.edit("ichor.yaml", "busybox:1.37", "Busy Box");
    workspace.refused(&["lock"], 2, &["S005", "ichor.yaml:6:", "an entry of `images`"]);
}
