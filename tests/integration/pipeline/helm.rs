//! Which Helm charts are rendered as: the spec may say, the lock keeps it, and an upgrade changes it.

use crate::support::repository;
use crate::support::workspace::Workspace;

/// A chart of which Helm 4.2.3, 4.2.4 and 3.22 each print something else: blank lines before a separator, a default
/// that is null.
const TEMPLATE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n{{- if hasKey .Values \"none\" }}\ndata: {none: here}\n{{- end }}\n";

fn workspace(head: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n");
    workspace.write("chart/values.yaml", "none: null\n");
    workspace.write("chart/templates/all.yaml", TEMPLATE);
    spec(&workspace, head);
    workspace
}

fn spec(workspace: &Workspace, head: &str) {
    let recipients = format!("recipients: [{}]\n", workspace.recipient());
    workspace.spec(&format!("{head}{recipients}"), "  - {name: maps, chart: ./chart}\n");
}

fn locked_helm(workspace: &Workspace) -> Option<String> {
    let lock = workspace.read("lockfiles/box.lock");
    lock.lines().find_map(|it| it.strip_prefix("helm: ")).map(|it| it.trim_matches('"').to_owned())
}

#[test]
fn a_first_lock_takes_the_newest_and_later_ones_keep_what_is_locked() {
    let workspace = workspace("");
    workspace.done(&["lock"]);
    assert_eq!(locked_helm(&workspace).as_deref(), Some("4.3.1"));
    for (head, helm) in [
        ("helm: \"4.2\"\n", "4.2.4"),
        ("", "4.2.4"),
        ("helm: \"4.2.3\"\n", "4.2.3"),
        ("helm: \"4.2\"\n", "4.2.3"),
        // A version without differences of its own is recorded as it is named.
        ("helm: \"4.1.1\"\n", "4.1.1"),
        ("helm: 3.19.2\n", "3.19.2"),
        ("", "3.19.2"),
    ] {
        spec(&workspace, head);
        if !head.is_empty() {
            // A build takes no other Helm than the lock's.
            let built = workspace.run(&["build"]);
            assert!(built.code() == 0 || built.stderr().contains("Helm"), "{head}: {}", built.stderr());
        }
        workspace.done(&["lock"]);
        assert_eq!(locked_helm(&workspace).as_deref(), Some(helm), "{head}");
        workspace.done(&["build"]);
    }
}

#[test]
fn a_build_asks_for_a_lock_of_the_helm_that_the_spec_names() {
    let workspace = workspace("helm: \"4.2.3\"\n");
    workspace.done(&["lock"]);
    spec(&workspace, "helm: \"4.3\"\n");
    workspace.refused(&["build"], 2, &["Helm", "4.2.3", "4.3", "ichor lock"]);
}

#[test]
fn an_unknown_helm_is_an_error_that_lists_the_known_ones() {
    let known = "3.17.0 to 3.17.4";
    let workspace = workspace("helm: \"5.0\"\n");
    workspace.refused(&["lock"], 2, &["`5.0`", known, "4.3.0 to 4.3.1", "ichor.yaml:3:7"]);
    spec(&workspace, "");
    workspace.done(&["lock"]);
    workspace.refused(&["upgrade", "--helm", "4.3.99"], 2, &["`4.3.99`", known]);
    workspace.refused(&["template", "chart", "--helm-version", "2.17"], 2, &["`2.17`", known]);
    workspace.refused(&["show", "values", "chart", "--helm-version", "4"], 2, &["`4`", known]);
    let lock = workspace.read("lockfiles/box.lock");
    workspace.write("lockfiles/box.lock", lock.replace("helm: 4.3.1", "helm: 9.0.0"));
    workspace.refused(&["build"], 2, &["`9.0.0`", known]);
}

#[test]
fn an_upgrade_in_blank_lines_alone_says_so_and_is_no_risk() {
    let workspace = workspace("helm: \"4.2.3\" # ours\n");
    workspace.done(&["lock"]);
    let (before, lock) = (workspace.read("ichor.yaml"), workspace.read("lockfiles/box.lock"));
    let said = workspace.done(&["upgrade", "--helm", "4.3"]);
    for part in [
        "box: now → Helm 4.3.1\n",
        "risk: none, blank lines alone differ\n",
        "part maps: the text differs in blank lines alone, which is no risk\n",
        "Helm       4.2.3 → 4.3.1\n",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!((workspace.read("ichor.yaml"), workspace.read("lockfiles/box.lock")), (before.clone(), lock.clone()));
    let json: serde_json::Value =
        serde_json::from_str(&workspace.done(&["upgrade", "--helm", "4.3", "--format", "json"])).expect("JSON");
    assert_eq!((&json["identical"], &json["findings"]), (&false.into(), &serde_json::json!([])));
    workspace.done(&["upgrade", "--helm", "4.3", "--write"]);
    assert_eq!(locked_helm(&workspace).as_deref(), Some("4.3.1"));
    assert_eq!(workspace.read("ichor.yaml"), before.replace("4.2.3", "4.3"), "the rest of the spec stays");
    workspace.done(&["build"]);
    // Going back is an upgrade, too.
    workspace.done(&["upgrade", "--helm", "4.2.3", "--write"]);
    assert_eq!((workspace.read("ichor.yaml"), workspace.read("lockfiles/box.lock")), (before, lock));
}

#[test]
fn an_upgrade_that_changes_content_shows_it() {
    let workspace = workspace("helm: \"3.22\"\n");
    workspace.done(&["lock"]);
    let said = workspace.done(&["upgrade", "--helm", "4.2.4"]);
    assert!(said.contains("~ v1 ConfigMap two") && said.contains("- none: here"), "{said}");
    assert!(!said.contains("blank lines"), "{said}");
    // The chart is the same, and so are its defaults: a key whose default is null is one that a user may set.
    assert!(!said.contains("defaults of the chart"), "{said}");
    let head = format!("helm: \"3.22\"\nrecipients: [{}]\n", workspace.recipient());
    workspace.spec(&head, "  - {name: maps, chart: ./chart, values: [{none: 1}]}\n");
    workspace.done(&["lock"]);
    let said = workspace.done(&["upgrade", "--helm", "4.2.4"]);
    assert!(said.contains("risk: none, blank lines alone differ"), "{said}");
}

#[test]
fn an_upgrade_writes_the_lock_alone_where_the_spec_names_no_helm() {
    let workspace = workspace("helm: \"4.2.3\"\n");
    workspace.done(&["lock"]);
    spec(&workspace, "");
    let before = workspace.read("ichor.yaml");
    let run = workspace.run(&["upgrade", "--helm", "4.3.0", "--write"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(!run.stderr().contains("and the spec"), "{}", run.stderr());
    assert_eq!((locked_helm(&workspace).as_deref(), workspace.read("ichor.yaml")), (Some("4.3.0"), before));
    let said = workspace.done(&["upgrade", "--helm", "4.3.0"]);
    assert!(said.contains("risk: nothing differs"), "{said}");
}

#[test]
fn an_upgrade_to_a_helm_that_does_not_render_is_shown_and_not_taken() {
    let workspace = workspace("helm: \"4.3\"\n");
    workspace.write("chart/templates/d.yaml", "# {{ durationHours \"90m\" }}\n");
    workspace.done(&["lock"]);
    let lock = workspace.read("lockfiles/box.lock");
    let run = workspace.run(&["upgrade", "--helm", "4.2"]);
    assert_eq!(run.code(), 1);
    let said = run.stdout();
    assert!(said.contains("part maps does not render") && said.contains("\"durationHours\" not defined"), "{said}");
    assert_eq!(workspace.run(&["upgrade", "--helm", "4.2", "--write"]).code(), 2);
    assert_eq!(workspace.read("lockfiles/box.lock"), lock);
    workspace.refused(&["upgrade", "maps", "1.0.0", "--helm", "4.2"], 2, &["--helm"]);
}

/// What a lock records of output and resources.
fn outputs(lock: &str) -> Vec<&str> {
    lock.lines().filter(|it| it.trim().starts_with("output: ")).collect()
}

#[test]
fn a_lock_from_before_is_of_4_2_3() {
    let workspace = workspace("helm: \"4.2.3\"\n");
    workspace.done(&["lock"]);
    let named = workspace.read("lockfiles/box.lock");
    workspace.done(&["build", "-o", "named.tar.gz"]);
    // As it was written before locks named a Helm.
    spec(&workspace, "");
    let unnamed = named.replace("helm: 4.2.3\n", "");
    assert_ne!(unnamed, named);
    workspace.write("lockfiles/box.lock", &unnamed);
    workspace.done(&["lock"]);
    assert_eq!(workspace.read("lockfiles/box.lock"), unnamed, "it stays as it was written");
    workspace.done(&["build", "-o", "unnamed.tar.gz"]);
    workspace.done(&["verify", "unnamed.tar.gz"]);
    let same = workspace.done(&["diff", "named.tar.gz", "unnamed.tar.gz"]);
    assert!(same.contains("risk: nothing differs"), "{same}");
    // The newest Helm prints something else.
    workspace.done(&["upgrade", "--helm", "4.3", "--write"]);
    assert_ne!(outputs(&workspace.read("lockfiles/box.lock")), outputs(&unnamed));
}

/// `envelopes::before` holds that this lock, which names no Helm, builds to the bytes it had. Its chart tells Helms apart.
#[test]
fn a_lock_of_before_is_of_4_2_3_and_its_chart_tells() {
    let folder = repository().join("tests/data/lock/before-binding");
    let workspace = Workspace::new();
    crate::support::copy(&folder, workspace.path());
    let lock = workspace.read("fresh.lock");
    assert!(!lock.contains("\nhelm:"), "{lock}");
    workspace.write("lockfiles/before.lock", &lock);
    workspace.done(&["lock", "--locked"]);
    let said = workspace.done(&["upgrade", "--helm", "4.3"]);
    assert!(said.contains("4.2.3 → 4.3.1") && said.contains("blank lines alone"), "{said}");
    workspace.done(&["upgrade", "--helm", "4.3", "--write"]);
    assert_ne!(outputs(&workspace.read("lockfiles/before.lock")), outputs(&lock));
}

#[test]
fn a_handoff_names_the_helm_of_flux_and_what_it_prints_otherwise() {
    let workspace = workspace("helm: \"4.3\"\n");
    workspace.done(&["lock"]);
    let guide = |flux: &str| {
        workspace.done(&["handoff", "flux", "--flux", flux]);
        workspace.read("flux/HANDOFF.md")
    };
    let same = guide("2.9");
    assert!(same.contains("Flux 2.9 renders with Helm 4.2.4, and the lock is of Helm 4.3.1."), "{same}");
    assert!(same.contains("Both print the same of these charts, white space aside."), "{same}");
    assert_eq!(guide("2.9.5"), same);
    // Blank lines are no difference; a default that is null is one.
    let other = guide("2.8");
    assert!(other.contains("Helm 4.1.1") && other.contains("Part maps: other content in"), "{other}");
    assert!(other.contains("- v1 ConfigMap two") && !other.contains("ConfigMap one"), "{other}");
    assert!(other.contains("ichor upgrade --helm 4.1.1"), "{other}");
    workspace.write("chart/templates/d.yaml", "# {{ durationHours \"90m\" }}\n");
    workspace.done(&["lock"]);
    let fails = guide("2.9");
    assert!(fails.contains("Part maps does not render with Helm 4.2.4") && fails.contains("durationHours"), "{fails}");
    workspace.refused(&["handoff", "flux", "--flux", "2.1"], 2, &["`2.1`", "2.7, 2.8, 2.9"]);
}
