//! What stands twice where one is read: documents of a spec, keys of a machine config.

use crate::support::workspace::Workspace;

const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: kube-system}\n";

fn workspace() -> Workspace {
    let workspace = Workspace::with("", "  - {name: cm, manifest: m.yaml}\n");
    workspace.write("m.yaml", OBJECT);
    workspace
}

#[test]
fn a_spec_is_one_document() {
    let workspace = workspace();
    let spec = workspace.read("ichor.yaml");
    let lines = spec.lines().count();
    for (second, count) in [
        ("---\nbundle: e\ntalos: \"1.11\"\nparts: []\n", 2),
        ("--- # next\nbundle: e\n", 2),
        ("...\n---\nbundle: e\n", 2),
        ("---\n- a\n", 2),
        ("---\nword\n", 2),
        ("---\nbundle: e\n---\nbundle: f\n", 3),
        ("---\n---\nbundle: e\n", 2),
    ] {
        workspace.write("ichor.yaml", format!("{spec}{second}"));
        let at =
            lines + second.lines().take_while(|it| it.starts_with(['-', '.']) && !it.starts_with("- ")).count() + 1;
        for call in ["lock", "build", "check", "certs", "images", "verify"] {
            let run = workspace.run(&[call]);
            let said = run.stderr();
            assert_eq!(run.code(), 2, "{call}: {said}");
            if call == "verify" {
                continue;
            }
            for word in ["S012", &format!("the spec holds {count} documents"), &format!("ichor.yaml:{at}:1")] {
                assert!(said.contains(word), "{call}, {second:?}: no `{word}` in {said}");
            }
        }
        assert!(!workspace.exists("lockfiles/box.lock"));
    }
    // One document, however it is set off.
    for one in [
        format!("---\n{spec}"),
        format!("{spec}---\n"),
        format!("# a\n---\n{spec}...\n"),
        format!("{spec}---\n# end\n"),
    ] {
        workspace.write("ichor.yaml", one);
        workspace.done(&["lock"]);
    }
    // The user's own file, too.
    workspace.write("ichor.yaml", spec.replace("m.yaml", "https://localhost:1/m.yaml"));
    workspace.write("home/.config/ichor/config.yaml", "plainHttp: []\n---\nplainHttp: [a]\n");
    let said = workspace.run(&["lock"]).stderr();
    assert!(said.contains("S012") && said.contains("config.yaml:3:1"), "{said}");
}

#[test]
fn a_machine_config_with_a_key_twice_is_refused() {
    let workspace = workspace();
    workspace.done(&["lock"]);
    for (config, line, key) in [
        ("machine:\n  type: controlplane\ncluster:\n  id: x\ncluster:\n  id: y\n", 5, "cluster"),
        ("machine: {type: controlplane}\nmachine: {type: worker}\ncluster: {}\n", 2, "machine"),
        (
            "machine: {type: controlplane}\ncluster:\n  inlineManifests: []\n  inlineManifests: []\n",
            4,
            "inlineManifests",
        ),
        ("machine: {type: controlplane}\ncluster:\n  a: {b: 1, \"b\": 2}\n", 3, "b"),
        ("machine:\n  type: controlplane\n  files:\n    - path: a\n      path: b\ncluster: {}\n", 5, "path"),
        ("machine: {type: controlplane}\ncluster: {}\n---\napiVersion: v1alpha1\nkind: X\nkind: Y\n", 6, "kind"),
    ] {
        workspace.write("config.yaml", config);
        let run = workspace.run(&["build", "--for", "machine-config", "config.yaml", "-o", "one.yaml"]);
        let said = run.stderr();
        assert_eq!(run.code(), 2, "{config}{said}");
        for word in [format!("line {line}"), format!("`{key}`"), "config.yaml".into(), "D004".into()] {
            assert!(said.contains(&word), "no `{word}`: {config}{said}");
        }
        assert!(!workspace.exists("one.yaml"));
    }
    // The same key in two mappings, or in two documents, is none twice.
    let good = "machine: {type: controlplane}\ncluster: {id: x, b: {id: y}}\n---\napiVersion: v1alpha1\nkind: X\n---\napiVersion: v1alpha1\nkind: X\n";
    workspace.write("config.yaml", good);
    workspace.done(&["build", "--for", "machine-config", "config.yaml", "-o", "one.yaml"]);
    workspace.done(&["build", "--for", "machine-config", "one.yaml", "-o", "two.yaml"]);
    assert_eq!(workspace.read("one.yaml"), workspace.read("two.yaml"));
}
