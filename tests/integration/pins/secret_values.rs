//! Sealed user values: through every operation of a template, and what cannot be sealed.

use crate::support::copy;
use crate::support::opened::{age, encrypt, lock, manifests};
use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::repository;
use crate::support::workspace::Workspace;

fn app() -> Workspace {
    let workspace = Workspace::new();
    let data = repository().join("tests/data/pins");
    copy(&data.join("app"), &workspace.path().join("app"));
    encrypt(&workspace, &data.join("secret.yaml"), "secret.yaml.age");
    workspace.write(
        "ichor.yaml",
        format!(
            "bundle: app\ntalos: \"1.12\"\nrecipients: [{}]\nparts:\n  - name: app\n    chart: ./app\n    values: [{{db: {{user: root}}}}]\n    \
             secretValues: [secret.yaml.age]\n",
            workspace.recipient()
        ),
    );
    workspace
}

#[test]
fn a_bundle_opens_to_what_helm_prints_with_the_values_in_the_clear() {
    needs!(Age);
    let workspace = app();
    let without_key = workspace.run(&["lock"]);
    assert_eq!(without_key.code(), 2);
    assert!(without_key.stderr().contains("secret.yaml.age"), "{}", without_key.stderr());
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.done(&["build"]);
    let opened = manifests(&workspace.done(&["open", "-i", "key.txt"])).remove("00-app").expect("a manifest");
    let secret = repository().join("tests/data/pins/secret.yaml");
    let mut args = vec!["template", "app", "app", "--set", "db.user=root", "-f", secret.to_str().expect("text")];
    args.extend(["-s", "templates/secret.yaml"]);
    let direct = workspace.done(&args);
    assert!(opened.contains(direct.trim_end()), "{opened}\n-----\n{direct}");
    let pins = &lock(&workspace).parts["app"].pins;
    let admin = age(&workspace, &pins["randAlphaNum"].sealed.as_ref().expect("sealed").0);
    let entry = age(&workspace, &pins["htpasswd"].sealed.as_ref().expect("sealed").0);
    assert!(opened.contains(&format!("admin: {admin}\n")) && opened.contains(&format!("htpasswd: {entry:?}\n")));
    assert!(opened.contains("empty: \"\"\n"));
    assert!(ichor_bcrypt(&admin, entry.strip_prefix("admin:").expect("an entry")));
    let hash = age(&workspace, &pins["bcrypt"].sealed.as_ref().expect("sealed").0);
    assert!(ichor_bcrypt("hunter2-\"quoted\"-and 'more': # tail", &hash));
}

/// Python has no bcrypt of its own; the crate that checks is the one of another author than the template function's.
fn ichor_bcrypt(password: &str, hash: &str) -> bool {
    bcrypt::verify(password, hash).expect("a hash")
}

#[test]
fn a_value_that_stays_keeps_its_envelope_and_the_others_are_sealed_anew() {
    needs!(Age);
    let workspace = app();
    let said = workspace.said(&["lock", "-i", "key.txt"]);
    let before = lock(&workspace).parts["app"].pins.clone();
    for name in before.keys().filter(|it| it.starts_with("values.")) {
        assert!(said.contains(&format!("sealed app/{name}\n")), "{said}");
    }
    // Nothing changed: no key is needed, and nothing is written.
    let said = workspace.said(&["lock"]);
    assert!(said.contains("unchanged") && !said.contains("sealed "), "{said}");
    let text = std::fs::read_to_string(repository().join("tests/data/pins/secret.yaml")).expect("text");
    let text = text.replace("tok/en", "other").replace("  key: alice-key-0123\n", "");
    let sealed = filter(Peer::Age.command().args(["-a", "-r", workspace.recipient()]), text.as_bytes());
    workspace.write("secret.yaml.age", sealed);
    let stale = workspace.run(&["build"]);
    assert!(stale.code() == 2 && stale.stderr().contains("digest of the secret values"), "{}", stale.stderr());
    let said = workspace.said(&["lock", "-i", "key.txt"]);
    assert!(said.contains("sealed app/values.token\n") && !said.contains("values.db.password"), "{said}");
    assert!(said.contains("dropped app/values.users.0.key"), "{said}");
    let after = lock(&workspace).parts["app"].pins.clone();
    assert_eq!(before["values.db.password"], after["values.db.password"]);
    assert_eq!(before["bcrypt"], after["bcrypt"]);
    assert_ne!(before["values.token"], after["values.token"]);
    assert!(before.contains_key("values.users.0.key") && !after.contains_key("values.users.0.key"));
}

#[test]
fn a_password_made_of_a_replaced_one_is_replaced_with_it() {
    needs!(Age);
    let workspace = app();
    workspace.done(&["lock", "-i", "key.txt"]);
    let before = lock(&workspace).parts["app"].pins.clone();
    workspace.done(&["rotate", "app/randAlphaNum", "-i", "key.txt"]);
    let after = lock(&workspace).parts["app"].pins.clone();
    assert_ne!(before["randAlphaNum"], after["randAlphaNum"]);
    assert_ne!(before["htpasswd"], after["htpasswd"]);
    assert_eq!(before["bcrypt"], after["bcrypt"]);
    assert_eq!(before["uuidv4"], after["uuidv4"]);
    let open = |pin: &str| age(&workspace, &after[pin].sealed.as_ref().expect("sealed").0);
    assert!(ichor_bcrypt(&open("randAlphaNum"), open("htpasswd").strip_prefix("admin:").expect("an entry")));
}

#[test]
fn what_cannot_be_sealed_is_named_and_never_shown() {
    needs!(Age);
    let workspace = app();
    for (text, words) in [
        ("a: {b: 12}", ["a.b", "a number"]),
        ("a: [x, true]", ["a.1", "a boolean"]),
        ("a: null", ["`a`", "null"]),
        ("a: ''", ["`a`", "empty"]),
        ("a: {}", ["`a`", "empty"]),
        ("a: \"leak\\x7f\"", ["`a`", "characters"]),
        ("- leak", ["secret.yaml.age", "mapping"]),
        ("a: 'leak", ["secret.yaml.age", "mapping"]),
    ] {
        let sealed = filter(Peer::Age.command().args(["-r", workspace.recipient()]), text.as_bytes());
        workspace.write("secret.yaml.age", sealed);
        let run = workspace.run(&["lock", "-i", "key.txt"]);
        assert_eq!(run.code(), 2, "{text}: {}", run.stderr());
        assert!(words.iter().all(|it| run.stderr().contains(it)), "{text}: {}", run.stderr());
        assert!(!run.stderr().contains("leak"), "{}", run.stderr());
        assert!(!workspace.exists("lockfiles/app.lock"));
    }
}

#[test]
fn a_sealed_value_that_a_certificate_would_show_is_refused() {
    needs!(Age);
    let workspace = app();
    workspace.write("app/templates/c.yaml", "a: {{ (genCA .Values.token 10).Cert | b64enc }}\n");
    let run = workspace.run(&["lock", "-i", "key.txt"]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr().contains("app/templates/c.yaml:1:7") && run.stderr().contains("to everyone"),
        "{}",
        run.stderr()
    );
}

#[test]
fn lookup_finds_what_the_file_holds() {
    needs!(Age);
    let workspace = app();
    workspace.write(
        "app/templates/c.yaml",
        "kind: A\nfound: {{ (lookup \"v1\" \"ConfigMap\" \"kube-system\" \"info\").data.endpoint }}\nmany: {{ len (lookup \
         \"v1\" \"ConfigMap\" \"\" \"\").items }}\nnone: {{ lookup \"v1\" \"Pod\" \"a\" \"b\" | toJson }}\n",
    );
    workspace.write("objects.yaml", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: info, namespace: kube-system}\n  data: {endpoint: there}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n");
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", format!("{spec}    lookup: objects.yaml\n"));
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.done(&["build", "--no-check"]);
    let opened = manifests(&workspace.done(&["open", "-i", "key.txt"])).remove("00-app").expect("a manifest");
    assert!(
        opened.contains("found: there\n") && opened.contains("many: 1\n") && opened.contains("none: {}\n"),
        "{opened}"
    );
    workspace.write("objects.yaml", workspace.read("objects.yaml").replace("there", "elsewhere"));
    assert!(workspace.run(&["build"]).stderr().contains("digest of the lookup file"));
}
