//! Secrets that YAML takes for something else than text: no target hands on a document that is not what it was.

use crate::support::opened::manifests;
use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::workspace::Workspace;

/// A chart with this line for its Secret, and a first document before it.
fn ground(template: &str) -> Workspace {
    let workspace = Workspace::new();
    let parts = "  - name: app\n    chart: ./app\n    secretValues: [secret.age]\n";
    workspace.spec(&format!("recipients: [{}]\n", workspace.recipient()), parts);
    workspace.write("cp.yaml", "machine: {type: controlplane}\n");
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write("app/templates/a.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: first}\n");
    workspace.write(
        "app/templates/b.yaml",
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: own}}\nstringData:\n{template}\n  last: z\n"),
    );
    workspace
}

/// Seals the secret, and builds.
fn build(workspace: &Workspace, secret: &str) {
    let text = serde_json::json!({"secret": secret, "other": "plain-other"}).to_string();
    let sealed = filter(Peer::Age.command().args(["-a", "-r", workspace.recipient()]), text.as_bytes());
    workspace.write("secret.age", sealed);
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.done(&["build", "--no-check", "-o", "b.tar.gz"]);
}

const TARGETS: &[&str] = &["talos", "machine-config=cp.yaml", "omni", "talhelper", "kubectl", "files", "flux"];

/// Every target refuses the bundle with one line that names manifest, document and hole, and the secret nowhere.
fn refused(workspace: &Workspace, attack: &str, secret: &str, hole: &str) {
    refused_by(&["kubectl"], workspace, attack, secret, hole);
}

fn refused_by(targets: &[&str], workspace: &Workspace, attack: &str, secret: &str, hole: &str) {
    for target in targets {
        let outputs = [&[][..], &["-o", "out/"], &["-o", "one.yaml"]];
        for output in if targets.len() == 1 { &outputs[..1] } else { &outputs } {
            let mut args = vec!["open", "b.tar.gz", "-i", "key.txt", "--for", target];
            args.extend(*output);
            // What only a folder takes fails for that alone.
            if (*target == "files" || *target == "flux") && *output != ["-o", "out/"] {
                continue;
            }
            let run = workspace.run(&args);
            let (said, shown) = (run.stderr(), run.stdout());
            assert_eq!(run.code(), 2, "{attack}: {args:?}: {said}{shown}");
            assert!(
                shown.is_empty() && !workspace.exists("out") && !workspace.exists("one.yaml"),
                "{attack}: {args:?}"
            );
            for word in ["B004", "`00-app`", "document 2", "Secret own", hole] {
                assert!(said.contains(word), "{attack}: {args:?} does not say {word}: {said}");
            }
            let lines: Vec<&str> = secret.lines().map(str::trim).filter(|it| it.len() > 3).collect();
            assert!(lines.iter().all(|it| !said.contains(it)), "{attack}: {args:?} shows the secret: {said}");
        }
    }
}

fn opens(workspace: &Workspace, attack: &str, expected: &str) {
    let opened = manifests(&workspace.done(&["open", "b.tar.gz", "-i", "key.txt"])).remove("00-app").expect("one");
    assert!(opened.contains(expected), "{attack}: {opened}");
    let secret = opened.split("kind: Secret\n").nth(1).expect("the Secret");
    assert!(secret.contains("  last: z\n"), "{attack}: {opened}");
    let stream = workspace.done(&["open", "b.tar.gz", "-i", "key.txt", "--for", "kubectl"]);
    assert!(stream.contains("kind: ServiceAccount") && stream.contains(secret), "{attack}: {stream}");
}

/// Whatever the form, and wherever it goes.
#[test]
fn every_target_refuses() {
    needs!(Age);
    let workspace = ground("  password: {{ .Values.secret }}");
    for secret in ["%pass: word #xyz", "{abcd: efgh}", "abcd\n---\nkind: Xxxx", "12345"] {
        build(&workspace, secret);
        refused_by(TARGETS, &workspace, secret, secret, "`app/values.secret`");
    }
    build(&workspace, "plain-secret");
    for target in TARGETS {
        workspace.done(&["open", "b.tar.gz", "-i", "key.txt", "--for", target, "-o", "out/"]);
        workspace.remove("out");
    }
}

#[test]
fn unquoted_secrets() {
    needs!(Age);
    let workspace = ground("  password: {{ .Values.secret }}");
    for secret in [
        "%pass: word #xyz",
        "{abcd",
        "{abcd: efgh}",
        "[abcd",
        "[abcd, efgh]",
        "abcd: efgh",
        "abcd:",
        "- abcd",
        "&abcd",
        "&abcd efgh",
        "*abcd",
        "!abcd",
        "!!int 1234",
        "!!binary abcd",
        "|",
        ">-",
        "|\n    abcd",
        "? abcd",
        "@abcd",
        "`abcd`",
        "\"abcd",
        "'abcd",
        "\"abcd\" efgh",
        "abcd #efgh",
        "#abcd",
        "abcd\nefgh",
        "abcd\n  efgh",
        "abcd\n   efgh: ijkl",
        "abcd\n  efgh: ijkl",
        "abcd\n---\nkind: Xxxx",
        "abcd\n---",
        "---\nkind: Xxxx",
        "abcd\n...\nkind: Xxxx",
        "\n---\napiVersion: v1\nkind: ClusterRoleBinding\nmetadata: {name: evil}\nx:\n  y: abcd",
        "abcd\n  last: evil",
        "abcd\n  password: evil",
        "abcd\n  <<: {evil: evil}",
        "abcd\nmetadata: {name: evil}",
        "\tabcd: efgh",
        "abcd\t#efgh",
        "12345",
        "-12345",
        "0x12345",
        "0o1234",
        "1_234",
        "12.50",
        ".inf",
        "-.INF",
        ".nan",
        "true",
        "False",
        "yes",
        "Off",
        "null",
        "NULL",
        "~",
        " ",
        "\n",
        "<<",
        "=: abcd",
        "%YAML 1.2",
    ] {
        build(&workspace, secret);
        let shown = if secret == "<<" { continue } else { secret };
        refused(&workspace, shown, secret, "`app/values.secret`");
    }
    for secret in [
        "plain-secret",
        "with spaces and 'quotes'",
        "a#b",
        "a:b",
        "x%y",
        "pass\\word",
        "ünï日本",
        "a\tb",
        "-x",
        "?x",
        "trailing\n",
    ] {
        build(&workspace, secret);
        opens(&workspace, secret, &format!("  password: {secret}"));
    }
}

#[test]
fn secrets_within_quotes() {
    needs!(Age);
    for (template, secrets) in [
        (
            "  password: \"{{ .Values.secret }}\"",
            &[
                "abcd\"efgh",
                "abcd\" #efgh",
                "abcd\\",
                "abcd\\nefgh",
                "abcd\\x41efgh",
                "\"",
                "abcd\", \"efgh",
                "abcd\"\n  evil: \"efgh",
                "abcd\nefgh",
                "abcd\n---\nefgh",
            ][..],
        ),
        (
            "  password: '{{ .Values.secret }}'",
            &["abcd'efgh", "abcd' #efgh", "abcd''efgh", "'", "abcd'\n  evil: 'efgh", "abcd\nefgh"],
        ),
        (
            "  password: |\n    {{ .Values.secret }}",
            &["abcd\nefgh", "abcd\n  evil: efgh", "  abcd", "abcd\n---\nefgh", "abcd\n    \tx\n  y"],
        ),
        ("  password: >\n    {{ .Values.secret }}", &["abcd\n    efgh", "abcd\nefgh"]),
        ("  password: {a: {{ .Values.secret }}, b: c}", &["abcd, efgh: ijkl", "abcd}", "abcd: efgh", "[abcd]", "1234"]),
        ("  password: [{{ .Values.secret }}, b]", &["abcd, efgh", "abcd]", "{abcd: efgh}", "1234"]),
        (
            "  {{ .Values.secret }}: abcd",
            &["last", "true", "1234", "{a: b}", "abcd: efgh", "? abcd", "# abcd", "abcd: efgh\n  ijkl"],
        ),
        (
            "  # {{ .Values.secret }}\n  password: x",
            &["abcd\n  evil: efgh", "abcd\nefgh", "abcd\n  # efgh", "abcd\r  evil: efgh"],
        ),
        ("  password: x # {{ .Values.secret }}", &["abcd\n  evil: efgh", "abcd\n# efgh"]),
        ("  password: a{{ .Values.secret }}b", &[": abcd", " #abcd ", "\n  evil: abcd"]),
        ("  password: {{ .Values.other }}{{ .Values.secret }}", &[": abcd", " #abcd", "\n  evil: abcd"]),
        (
            "  password: {{ .Values.secret | trim }}",
            &["{abcd", "1234", "true", "abcd: efgh", "abcd #efgh", "abcd\n  evil: efgh"],
        ),
        ("  password: {{ .Values.secret | upper }}", &["{abcd: efgh}", "null", "abcd #efgh"]),
        ("  password: {{ printf \"%s: %s\" .Values.secret .Values.other }}", &["abcd", "1234"]),
        ("  password:\n    {{ printf \"%s: %s\" .Values.secret .Values.other }}", &["abcd", "1234"]),
        ("  password: {{ .Values.secret | b64enc }}", &["\u{d7}\u{5d}"]),
    ] {
        let workspace = ground(template);
        for secret in secrets {
            let attack = format!("{template:?} with {secret:?}");
            build(&workspace, secret);
            if template.ends_with("b64enc }}") {
                continue;
            }
            refused(&workspace, &attack, secret, "app/values.secret");
        }
    }
    // What templates do to say it right stays right.
    for template in [
        "  password: {{ .Values.secret | quote }}",
        "  password: {{ .Values.secret | toJson }}",
        "  password: {{ .Values.secret | b64enc }}",
        "  password: {{ toYaml .Values.secret | nindent 4 }}",
        "{{ toYaml (dict \"password\" .Values.secret) | indent 2 }}",
        "  password: |-\n{{ .Values.secret | indent 4 }}",
        "  password: {{ .Values.secret | sha256sum | quote }}",
        "  config: {{ toJson (dict \"a\" .Values.secret) | quote }}",
        "  config: |\n    password = {{ .Values.secret | quote }}",
    ] {
        let workspace = ground(template);
        for secret in [
            "%pass: word #xyz",
            "12345",
            "true",
            "{abcd: efgh}",
            "abcd\nefgh: ijkl",
            "a\"b'c",
            "---\nkind: X",
            "*abcd",
            "back\\slash",
        ] {
            build(&workspace, secret);
            opens(&workspace, &format!("{template} with {secret:?}"), "kind: Secret");
        }
    }
}

/// The error names the one hole of several that is to blame, or all of them where no single one is.
#[test]
fn the_hole_to_blame_is_named() {
    needs!(Age);
    let workspace = ground("  one: {{ .Values.other }}\n  two: {{ .Values.secret }}");
    build(&workspace, "{abcd");
    let said = workspace.refused(&["open", "b.tar.gz", "-i", "key.txt"], 2, &["`app/values.secret`", "document 2"]);
    assert!(!said.contains("app/values.other") && !said.contains("abcd"), "{said}");
    let workspace = ground("  \"one-{{ .Values.other }}\": x\n  \"one-{{ .Values.secret }}\": y");
    build(&workspace, "plain-other");
    workspace.refused(
        &["open", "b.tar.gz", "-i", "key.txt"],
        2,
        &["`app/values.secret`", "`app/values.other`", "twice"],
    );
}
