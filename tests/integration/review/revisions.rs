//! Comparing revisions, locks and bundles, and what must be in none of the outputs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::git::{commit, git};
use crate::support::peer::needs;
use crate::support::text;
use crate::support::workspace::Workspace;

const FORMATS: [&str; 4] = ["text", "markdown", "html", "json"];

/// The quickstart, locked and committed, with its key ignored.
fn committed() -> Workspace {
    let workspace = Workspace::quickstart();
    workspace.write(".gitignore", "key.txt\nstore\nresult\n*.html\n*.tar.gz\n");
    workspace.done(&["lock", "-i", "key.txt"]);
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    commit(workspace.path(), "first");
    workspace
}

#[test]
fn head_is_compared_with_the_work_tree() {
    needs!(Git);
    let workspace = committed();
    let same = workspace.done(&["diff", "--exit-code"]);
    assert!(same.contains("risk: nothing differs"), "{}", same);
    let template = workspace.read("chart/templates/agent.yaml");
    assert!(template.contains("hostNetwork: true") || template.contains("containers:"), "{template}");
    workspace.write("chart/templates/role.yaml", "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: planted}\nrules: [{apiGroups: [''], resources: [secrets], verbs: ['*']}]\n");
    workspace.done(&["lock", "-i", "key.txt"]);
    let output = workspace.run(&["diff", "--exit-code"]);
    assert_eq!(output.code(), 1);
    let said = output.stdout();
    assert!(said.contains("ClusterRole planted: may now *: secrets (reads every Secret"), "{said}");
    assert!(!said.contains('\u{1b}'), "a pipe gets no colours");
    commit(workspace.path(), "second");
    for sides in [
        &["HEAD~1..HEAD"][..],
        &["HEAD~1"],
        &["HEAD~1", "HEAD"],
        &["HEAD~1:lockfiles/quickstart.lock", "lockfiles/quickstart.lock"],
    ] {
        let said = workspace.done(&[&["diff"], sides].concat());
        assert!(said.contains("planted"), "{sides:?}: {said}");
    }
    let said = workspace.done(&["diff", "HEAD..HEAD~1"]);
    assert!(said.contains("removes: ClusterRole planted"), "{said}");
}

#[test]
fn what_is_not_locked_yet_is_told() {
    needs!(Git);
    let workspace = committed();
    let network = workspace.read("network.yaml");
    workspace
        .write("network.yaml", format!("{network}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: more}}\n"));
    let said = workspace.done(&["diff", "--exit-code"]);
    assert!(said.contains("risk: nothing differs"), "the locks are the same: {said}");
    assert!(
        said.contains("note: part policy: the lock is behind the spec: the digest is") && said.contains("`ichor lock`"),
        "{said}"
    );
    workspace.write("network.yaml", network);
    let said = workspace.done(&["diff", "--exit-code"]);
    assert!(!said.contains("note:"), "{said}");
}

#[test]
fn a_revision_without_a_spec_has_nothing() {
    needs!(Git);
    let workspace = committed();
    git(workspace.path(), &["checkout", "-q", "--orphan", "before"]);
    git(workspace.path(), &["rm", "-rqf", "--cached", "."]);
    git(workspace.path(), &["commit", "-q", "--allow-empty", "-m", "nothing"]);
    for (sides, risk) in [("before..main", "adds "), ("main..before", "removes: ")] {
        let said = workspace.done(&["diff", sides]);
        assert!(said.starts_with("quickstart: ") && said.contains(risk), "{said}");
        assert!(said.contains("there is no ichor.yaml in it") && !said.contains("bundle "), "{said}");
    }
}

#[test]
fn a_lock_alone_is_compared_and_says_so() {
    needs!(Git);
    let workspace = committed();
    let lock = workspace.read("lockfiles/quickstart.lock");
    workspace.write("old.lock", &lock);
    workspace.write("chart/values.yaml", format!("{}\n# another\n", workspace.read("chart/values.yaml")));
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.write("new.lock", workspace.read("lockfiles/quickstart.lock"));
    let said = workspace.done(&["diff", "old.lock", "new.lock", "--spec", "elsewhere.yaml"]);
    assert!(said.contains("compared by the locks alone"), "{said}");
    assert!(said.contains("digest "), "{said}");
}

#[test]
fn bundles_are_compared() {
    needs!(Git);
    let workspace = committed();
    workspace.done(&["build", "-o", "one.tar.gz"]);
    workspace.write(
        "network.yaml",
        format!("{}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: more}}\n", workspace.read("network.yaml")),
    );
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.done(&["build", "-o", "two.tar.gz"]);
    let said = workspace.done(&["diff", "one.tar.gz", "two.tar.gz"]);
    assert!(said.contains("+ v1 Namespace more"), "{said}");
}

#[test]
fn what_is_no_side_is_told() {
    needs!(Git);
    let workspace = committed();
    let output = workspace.run(&["diff", "nowhere"]);
    assert_eq!(output.code(), 2);
    assert!(output.stderr().contains("G002"), "{}", output.stderr());
    let hostile = workspace.run(&["diff", "--", "--output=/tmp/x"]);
    assert_eq!(hostile.code(), 2);
}

#[test]
fn a_rotated_certificate_is_shown_and_no_secret_is() {
    needs!(Git);
    let workspace = committed();
    let secrets = |workspace: &Workspace| -> Vec<String> {
        workspace.done(&["build", "-o", "b.tar.gz"]);
        let patch = workspace.done(&["open", "b.tar.gz", "-i", "key.txt"]);
        let words = patch.split(|it: char| it.is_whitespace() || it == '"').filter(|it| it.len() > 200);
        let keys = words
            .filter_map(|it| String::from_utf8(STANDARD.decode(it).ok()?).ok())
            .filter(|it| it.contains("PRIVATE KEY"));
        keys.collect()
    };
    let mut keys = secrets(&workspace);
    // Without its pins, the lock is made anew with other keys.
    std::fs::remove_file(workspace.path().join("lockfiles/quickstart.lock")).expect("removed");
    workspace.done(&["lock", "-i", "key.txt"]);
    keys.extend(secrets(&workspace));
    assert!(keys.len() >= 4, "{}", keys.len());
    for format in FORMATS {
        let said = workspace.done(&["diff", "--format", format]);
        assert!(said.contains("authority is another"), "{format}: {said}");
        assert!(!said.contains("PRIVATE KEY") && !said.contains("AGE ENCRYPTED"), "{format}");
        for key in &keys {
            let inner: String = key.lines().filter(|it| !it.starts_with("-----")).collect();
            let bytes = STANDARD.decode(&inner).expect("base64");
            // Behind the modulus, which is in the certificate too.
            let forms =
                [inner[800..864].to_owned(), STANDARD.encode(key)[1_200..1_264].to_owned(), hex(&bytes[640..672])];
            for form in forms {
                assert!(!said.contains(&form), "{format} gives a key away");
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

#[test]
fn an_upgrade_is_planned_then_written_and_taken_back() {
    needs!(Git);
    let workspace = committed();
    let chart = workspace.read("chart/Chart.yaml");
    for (path, bytes) in files(&workspace.path().join("chart")) {
        workspace.write(&format!("next/{path}"), bytes);
    }
    let version = chart.lines().find_map(|it| it.strip_prefix("version: ")).expect("a version").to_owned();
    workspace.write("next/Chart.yaml", chart.replace(&format!("version: {version}"), "version: 99.0.0"));
    let spec = workspace.read("ichor.yaml");
    let part = spec.lines().find(|it| it.contains("name: beacon")).expect("a part");
    assert!(part.contains("beacon"));
    let said = workspace.done(&["upgrade", "beacon", "next", "--plan"]);
    assert!(said.contains("→ 99.0.0"), "{said}");
    assert_eq!(workspace.read("ichor.yaml"), spec);
    let lock = workspace.read("lockfiles/quickstart.lock");
    workspace.done(&["upgrade", "beacon", "next", "--write"]);
    let diff = text(&git(workspace.path(), &["diff", "--stat"]).stdout);
    assert!(diff.contains("ichor.yaml") && diff.contains("quickstart.lock"), "{diff}");
    workspace.done(&["build", "-o", "b.tar.gz"]);
    workspace.done(&["upgrade", "beacon", "chart", "--write"]);
    assert_eq!(workspace.read("lockfiles/quickstart.lock"), lock);
    let output = workspace.run(&["upgrade", "beacno", "chart"]);
    assert_eq!(output.code(), 2);
    assert!(output.stderr().contains("the spec's parts are"), "{}", output.stderr());
}

#[test]
fn an_upgrade_whose_schema_refuses_the_values_is_shown_and_not_taken() {
    let workspace = Workspace::new();
    for version in ["1", "2"] {
        let file = |name: &str| format!("c{version}/{name}");
        workspace.write(&file("Chart.yaml"), format!("apiVersion: v2\nname: c\nversion: {version}.0.0\n"));
        workspace.write(&file("values.yaml"), "size: 1\n");
        workspace.write(
            &file("templates/a.yaml"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {s: \"{{ .Values.size }}\"}\n",
        );
        workspace.write(&file("templates/NOTES.txt"), "\n   Thank you for {{ .Chart.Version }}.\n\n");
    }
    workspace.write("c2/values.schema.json", "{\"properties\": {\"size\": {\"type\": \"integer\"}}}");
    let spec = |size: &str| {
        format!(
            "bundle: b\ntalos: \"1.12\"\nrecipients: [{}]\nparts:\n  - {{name: c, chart: ./c1, values: [{{size: {size}}}]}} # mine\n",
            workspace.recipient()
        )
    };
    workspace.write("ichor.yaml", spec("big"));
    workspace.done(&["lock"]);
    let lock = workspace.read("lockfiles/b.lock");
    let plan = workspace.run(&["upgrade", "c", "c2"]);
    assert_eq!(plan.code(), 1);
    assert!(plan.stdout().contains("at '/size': got string, want integer"), "{}", plan.stdout());
    assert!(plan.stdout().contains("risk: cannot be applied"), "{}", plan.stdout());
    assert_eq!(workspace.run(&["upgrade", "c", "c2", "--write"]).code(), 2);
    assert_eq!((workspace.read("ichor.yaml"), workspace.read("lockfiles/b.lock")), (spec("big"), lock));
    workspace.write("ichor.yaml", spec("7"));
    workspace.done(&["lock"]);
    let said = workspace.done(&["upgrade", "c", "c2", "--write"]);
    assert!(said.contains("notes of the chart\n    Thank you for 2.0.0.\n"), "{said}");
    assert_eq!(workspace.read("ichor.yaml"), spec("7").replace("./c1", "./c2"));
}

fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below").display().to_string();
                found.push((name, std::fs::read(&path).expect("a file")));
            }
        }
    }
    found
}
