//! What is wrong is said with its place, exits as the README says, and leaves everything as it was.

use std::fs;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::program::ICHOR;
use crate::support::workspace::Workspace;

/// Runs `args`, and expects the exit code and every one of `words` on standard error; nothing on standard output.
fn refused(workspace: &Workspace, args: &[&str], code: i32, words: &[&str]) {
    let before = listing(workspace);
    let run = workspace.run(args);
    let stderr = run.stderr();
    assert_eq!(run.code(), code, "{args:?}: {stderr}");
    assert_eq!(run.stdout(), "", "{args:?}");
    for word in words {
        assert!(stderr.contains(word), "{args:?} does not say `{word}`:\n{stderr}");
    }
    assert_eq!(listing(workspace), before, "{args:?} left something behind");
}

#[test]
fn a_spec_with_faults_lists_them_all() {
    let workspace = Workspace::quickstart();
    let spec =
        "bundel: x\ntalos: latest\nparts:\n  - name: A_b\n    chart: ./chart\n    vlaues: []\n  - manifest: x.yaml\n";
    workspace.write("ichor.yaml", spec);
    let words = [
        "ichor.yaml:1:1",
        "`bundel`",
        "did you mean `bundle`?",
        "ichor.yaml:2:8",
        "`latest`",
        "6:5",
        "`vlaues`",
        "7:5",
    ];
    refused(&workspace, &["lock"], 2, &words);
}

#[test]
fn a_spec_that_is_no_yaml_shows_the_line() {
    let workspace = Workspace::quickstart();
    workspace.write("ichor.yaml", "bundle: x\n  talos: [\n");
    refused(&workspace, &["lock"], 2, &["ichor.yaml:2", "not YAML"]);
}

#[test]
fn missing_things_are_named() {
    let workspace = Workspace::quickstart();
    refused(&workspace, &["lock", "nowhere.yaml"], 2, &["nowhere.yaml"]);
    refused(&workspace, &["build"], 2, &["lockfiles/quickstart.lock", "ichor lock"]);
    refused(&workspace, &["open", "nothing.tar.gz"], 2, &["nothing.tar.gz"]);
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", spec.replace("./chart", "./none").replace("network.yaml", "none.yaml"));
    refused(&workspace, &["lock"], 2, &["ichor.yaml:10:12", "./none", "none.yaml"]);
}

#[test]
fn a_chart_that_is_none_or_of_another_version() {
    let workspace = Workspace::quickstart();
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", spec.replace("version: 0.1.0", "version: ^0.2"));
    refused(&workspace, &["lock"], 2, &["0.1.0", "^0.2", "ichor.yaml:11:14"]);
    workspace.write("ichor.yaml", spec.replace("./chart", "values.yaml"));
    refused(&workspace, &["lock"], 2, &["values.yaml", "no chart"]);
}

#[test]
fn a_broken_template_is_placed() {
    let workspace = Workspace::quickstart();
    workspace.write("chart/templates/broken.yaml", "a: 1\nb: {{ .Values.image.tag | nope }}\n");
    refused(&workspace, &["lock"], 2, &["beacon/templates/broken.yaml:2", "nope"]);
}

#[test]
fn a_branch_on_a_sealed_value_is_placed() {
    let workspace = Workspace::quickstart();
    let template = "{{ include \"beacon.ca\" . }}\n{{ if eq .beaconCA.Key \"x\" }}a: 1{{ end }}\n";
    workspace.write("chart/templates/branch.yaml", template);
    refused(&workspace, &["lock"], 2, &["beacon/templates/branch.yaml:2:6", "sealed"]);
}

#[test]
fn values_the_schema_refuses() {
    let workspace = Workspace::quickstart();
    let schema = r#"{"properties": {"relay": {"properties": {"replicas": {"maximum": 1}}}}}"#;
    workspace.write("chart/values.schema.json", schema);
    refused(&workspace, &["lock"], 2, &["values don't meet the specifications of the schema", "replicas"]);
}

#[test]
fn hostile_archives_are_refused() {
    let workspace = Workspace::quickstart();
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", spec.replace("./chart", "./chart.tgz"));
    let chart = b"apiVersion: v2\nname: beacon\nversion: 0.1.0\n";
    for path in ["beacon/../../escape.yaml", "//etc/absolute.yaml"] {
        workspace.write("chart.tgz", archive(&[("beacon/Chart.yaml", chart), (path, b"x")]));
        refused(&workspace, &["lock"], 2, &["chart.tgz", "no chart"]);
    }
    let bomb = vec![b'\n'; 200 << 20];
    workspace.write("chart.tgz", archive(&[("beacon/Chart.yaml", chart), ("beacon/templates/a.yaml", &bomb)]));
    refused(&workspace, &["lock"], 2, &["chart.tgz", "size"]);
    workspace.write("chart.tgz", &archive(&[("beacon/Chart.yaml", chart)])[..40]);
    refused(&workspace, &["lock"], 2, &["chart.tgz", "no chart"]);
}

#[test]
fn a_lock_edited_by_hand() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let lock = workspace.read("lockfiles/quickstart.lock");
    workspace.write("lockfiles/quickstart.lock", lock.replace("format: 1", "format:  1"));
    refused(&workspace, &["build"], 2, &["quickstart.lock", "canonical"]);
    workspace.write("lockfiles/quickstart.lock", lock.replace("format: 1", "format: 99"));
    refused(&workspace, &["build"], 2, &["format 99", "newer"]);
    workspace.write("lockfiles/quickstart.lock", lock.replace("bundle: quickstart", "bundle: quickstart\nzebra: 1"));
    refused(&workspace, &["lock"], 2, &["zebra"]);
}

#[test]
fn a_stale_lock_says_what_changed() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.write("values.yaml", "cluster: other\n");
    refused(&workspace, &["build"], 2, &["beacon", "values", "ichor lock"]);
    workspace.write("values.yaml", "cluster: quickstart\n");
    workspace.write("network.yaml", "kind: Other\n");
    refused(&workspace, &["build"], 2, &["policy", "digest", "ichor lock"]);
}

#[test]
fn a_bundle_cut_short_or_altered() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "bundle.tar.gz"]);
    let bytes = fs::read(workspace.path().join("bundle.tar.gz")).expect("a bundle");
    workspace.write("bundle.tar.gz", &bytes[..bytes.len() / 2]);
    refused(&workspace, &["open", "bundle.tar.gz", "-i", "key.txt"], 2, &["no bundle"]);
    workspace.write("bundle.tar.gz", "plain text");
    refused(&workspace, &["open", "bundle.tar.gz", "-i", "key.txt"], 2, &["no bundle"]);
}

#[test]
fn the_wrong_identity() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "bundle.tar.gz"]);
    let other = Workspace::new();
    let key = other.key();
    refused(&workspace, &["open", "bundle.tar.gz", "-i", key.to_str().expect("text")], 2, &["none of the identities"]);
    refused(&workspace, &["open", "bundle.tar.gz"], 2, &["-i"]);
}

/// A gzipped tar with these files, whatever their paths.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).expect("written");
    }
    builder.into_inner().and_then(|it| it.finish()).expect("written")
}

/// Every path below the workspace with its contents.
fn listing(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![workspace.path().to_path_buf()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.display().to_string(), fs::read(&path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_reader_that_leaves_is_no_fault_and_a_full_one_is() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    let shell = |script: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, ICHOR]).current_dir(workspace.path());
        assert!(shell.env("ICHOR_STORE", workspace.path().join("store")).status().expect("sh").success());
        (workspace.read("code"), workspace.read("said"))
    };
    for args in [
        "certs",
        "images",
        "verify",
        "template x chart",
        "show all chart",
        "open -i key.txt",
        "build",
        "completions bash",
    ] {
        let (code, said) = shell(&format!("{{ sleep 0.1; \"$0\" {args}; echo $? >code; }} 2>said | true"));
        assert!(code == "0\n" && !said.contains("error"), "{args}: {code}{said}");
        let (code, _) = shell(&format!("{{ sleep 0.1; \"$0\" {args} 2>&1; echo $? >code; }} | true"));
        assert_eq!(code, "0\n", "{args}");
        let (code, said) = shell(&format!("\"$0\" {args} >/dev/full 2>said; echo $? >code"));
        assert!(code == "3\n" && said.contains("standard output"), "{args}: {code}{said}");
    }
}
