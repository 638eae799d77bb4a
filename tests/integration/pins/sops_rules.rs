//! Recipients from a `.sops.yaml`, in the spec and at `init`.

use ichor::edge::age::{KeyKind, generate};

use crate::support::opened::lock;
use crate::support::workspace::Workspace;

fn keys(workspace: &Workspace) -> Vec<String> {
    lock(workspace).recipients.into_iter().map(|it| it.key).collect()
}

/// A quickstart whose spec leaves it to a `.sops.yaml`.
fn workspace(rules: &str) -> Workspace {
    let workspace = Workspace::quickstart();
    let own = format!("- {}", workspace.recipient());
    let spec = workspace.read("ichor.yaml");
    let spec: Vec<&str> = spec.lines().filter(|line| !line.contains(&own)).collect();
    let spec = spec.join("\n").replace("recipients:", "recipients: .sops.yaml") + "\n";
    workspace.write("ichor.yaml", spec);
    workspace.write(".sops.yaml", rules.replace("OWN", workspace.recipient()));
    workspace
}

#[test]
fn the_spec_may_leave_it_to_sops_whom_to_seal_to() {
    let (_, other) = generate(KeyKind::Classic);
    let rules = format!(
        "creation_rules:\n  - path_regex: talos/.*[.]yaml$\n    age: {other}\n  - path_regex: ^lockfiles/\n    age: >-\n      OWN,\n      {other}\n"
    );
    let workspace = workspace(&rules);
    workspace.done(&["lock"]);
    assert_eq!(keys(&workspace), [workspace.recipient().to_owned(), other.clone()]);
    workspace.done(&["build"]);
    workspace.done(&["open", "-i", "key.txt", "--for", "kubectl"]);
    workspace.done(&["upgrade", "beacon", "0.1.0", "--write"]);
    // A change there is one of the recipients.
    let only = workspace.read(".sops.yaml").replace(&format!(",\n      {other}"), "");
    workspace.write(".sops.yaml", only);
    for call in ["lock", "build"] {
        workspace.refused(&[call], 2, &["L00", "recipients", "ichor reseal -i KEY"]);
    }
    workspace.done(&["reseal", "-i", "key.txt"]);
    assert_eq!(keys(&workspace), [workspace.recipient().to_owned()]);
    workspace.done(&["build"]);
}

#[test]
fn a_file_that_names_nobody_is_told_with_its_line() {
    let rules = "creation_rules:\n  - path_regex: talos/.*[.]yaml$\n    age: OWN\n";
    let workspace = workspace(rules);
    let at = ["S013", "ichor.yaml:5:13", ".sops.yaml"];
    let told = |rules: &str, words: &[&str]| {
        workspace.write(".sops.yaml", rules);
        workspace.refused(&["lock"], 2, &[&at[..], words].concat())
    };
    let named = rules.replace("OWN", workspace.recipient());
    told(&named, &["none of its `creation_rules` is for `lockfiles/quickstart.lock`", "path_regex: lockfiles/"]);
    told("creation_rules:\n  - pgp: ABCD\n", &["names no age key"]);
    told("creation_rules:\n  - path_regex: '('\n", &["no regular expression"]);
    told("- not a mapping\n", &["no YAML mapping"]);
    let group = format!("age: [{}]", workspace.recipient());
    told(&format!("creation_rules:\n  - key_groups: [{{{group}}}, {{{group}}}]\n"), &["several key groups"]);
    let (identity, _) = generate(KeyKind::Classic);
    let identity = String::from_utf8_lossy(identity.expose()).into_owned();
    let key = identity.lines().find(|it| it.starts_with("AGE-")).expect("a key");
    let said =
        told(&format!("creation_rules:\n  - age: {key}\n"), &["a private key is not a recipient", "age-keygen -y"]);
    assert!(!said.contains(&key[20..40]), "the key is shown");
    std::fs::remove_file(workspace.at(".sops.yaml")).expect("removed");
    workspace.refused(&["lock"], 2, &["E001", ".sops.yaml"]);
}

#[test]
fn init_takes_the_keys_that_sops_has_for_the_lock() {
    let workspace = Workspace::new();
    let own = workspace.recipient().to_owned();
    workspace.write(".sops.yaml", format!("creation_rules:\n  - path_regex: '[.]lock$'\n    age: {own}\n"));
    let said = workspace.said(&["init", "--yes", "--name", "one", "one"]);
    assert!(said.contains(".sops.yaml") && said.contains("lockfiles/one.lock"), "{said}");
    assert!(workspace.read("one/ichor.yaml").contains(&format!("recipients:\n  - {own}\n")));
    workspace.done(&["init", "--yes", "--name", "two", "-R", ".sops.yaml", "two"]);
    assert!(workspace.read("two/ichor.yaml").contains(&format!("  - {own}\n")));
    // A key that is named comes alone.
    let (_, other) = generate(KeyKind::PostQuantum);
    workspace.done(&["init", "--yes", "--name", "three", "-r", &other, "three"]);
    assert!(!workspace.read("three/ichor.yaml").contains(&own));
    workspace.write(".sops.yaml", "creation_rules:\n  - path_regex: x$\n    pgp: ABCD\n");
    let said = workspace.said(&["init", "--yes", "--name", "four", "four"]);
    assert!(said.contains("note:") && said.contains("none of its `creation_rules`"), "{said}");
    assert!(workspace.read("four/ichor.yaml").contains("recipients: []"));
    workspace.refused(&["init", "--yes", "--name", "five", "-R", ".sops.yaml", "five"], 2, &["S013"]);
}
