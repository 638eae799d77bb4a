//! Files of SOPS: read where sealed values belong, refused elsewhere, and written for those who keep secrets in git.

use std::collections::BTreeSet;
use std::fs;

use ichor::edge::age::{KeyKind, generate};

use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::text;
use crate::support::workspace::Workspace;

/// What a file of SOPS looks like, as far as telling it goes.
const SEALED: &str = "token: ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]\nsops:\n  version: 3.11.0\n";

/// A chart that shows all of its values in a Secret.
fn app(secret: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write(
        "app/templates/s.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  all: {{ toYaml .Values | quote }}\n",
    );
    spec(&workspace, secret);
    workspace
}

fn spec(workspace: &Workspace, secret: &str) {
    let key = workspace.recipient();
    workspace.spec(
        &format!("recipients: [{key}]\n"),
        &format!("  - {{name: app, chart: ./app, secretValues: ['{secret}']}}\n"),
    );
}

/// What a cluster gets of a chart with these sealed values.
fn opened(workspace: &Workspace, secret: &str) -> String {
    spec(workspace, secret);
    let _ = fs::remove_file(workspace.at("lockfiles/box.lock"));
    workspace.done(&["lock", "-i", "key.txt"]);
    workspace.done(&["build", "--no-check"]);
    workspace.done(&["open", "-i", "key.txt", "--for", "kubectl"])
}

/// `sops`, with the key of the workspace and nobody's settings.
fn sops(workspace: &Workspace) -> std::process::Command {
    let mut sops = Peer::Sops.command();
    sops.current_dir(workspace.path()).env("SOPS_AGE_KEY_FILE", workspace.key());
    sops.env("HOME", workspace.at("home")).env_remove("SOPS_CONFIG").env_remove("SOPS_AGE_RECIPIENTS");
    sops
}

/// Plain texts that SOPS takes as YAML, JSON, dotenv and as any bytes. All their values are text, which is what can be
/// sealed.
fn plain() -> Vec<(&'static str, &'static str)> {
    vec![
        ("flat.yaml", "password: PROBE\n"),
        ("flat.yml", "password: PROBE\nuser: 'admin'\n"),
        ("nested.yaml", "db:\n  auth:\n    password: PROBE\n    user: root\nother: x\n"),
        ("list.yaml", "users:\n  - name: a\n    key: PROBE\n  - name: b\n    key: two\n"),
        ("comments.yaml", "# about\npassword: PROBE # the old one\n# before\nother: y\n# at the end\n"),
        ("block.yaml", "pem: |\n  -----BEGIN X-----\n  PROBE\n  -----END X-----\nnext: |-\n  a\n  b\n"),
        ("folded.yaml", "text: >\n  one PROBE\n  two\n\n  three\n"),
        ("quoted.yaml", "a: \"PROBE \\\"quoted\\\" \\u00e9 \\t tab\"\nb: 'it''s'\n"),
        ("like-others.yaml", "a: \"12\"\nb: \"true\"\nc: \"null\"\nd: \"1e3\"\ne: PROBE\nf: \"0x1f\"\n"),
        ("unicode.yaml", "grüße: PROBE-äöü-日本\nemoji: \"😀\"\n"),
        ("templates.yaml", "a: \"{{ PROBE }}\"\nb: \"${X}\"\n"),
        (
            "long.yaml",
            "a: PROBE-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx xxxxxxxxxxx\n",
        ),
        ("deep.yaml", "a:\n  b:\n    c:\n      d:\n        - e: PROBE\n          f: [g, h]\n"),
        ("documents.yaml", "a: PROBE\n---\nb: two\n---\nc: three\n"),
        ("documents-comments.yaml", "# one\na: PROBE\n---\n# two\nb: two # x\n"),
        ("partly.yaml", "password: PROBE\nuser: admin\n"),
        ("partly-nested.yaml", "a:\n  secret: PROBE\n  open: x\nb: {data: two, kind: y}\n"),
        ("unencrypted-suffix.yaml", "user_unencrypted: admin\npassword: PROBE\n"),
        ("spaces.yaml", "a: ' PROBE '\nb: \"x\\n\"\n"),
        ("numbers-as-keys.yaml", "\"1\": PROBE\n\"true\": x\n"),
        ("flat.json", "{\"password\": \"PROBE\"}"),
        ("nested.json", "{\"a\": {\"b\": [{\"c\": \"PROBE\"}, {\"d\": \"é\\n\"}]}}"),
        ("flat.env", "PASSWORD=PROBE\nUSER=admin\n"),
        ("comments.env", "# about\nPASSWORD=PROBE=with=signs\n"),
        ("quotes.env", "PASSWORD=\"PROBE\"\nEMPTY_NOT='x y'\n"),
        ("values.sops", "password: PROBE\nlist: [a, b]\n"),
        ("values.enc", "# a comment stays\npassword: PROBE\n"),
        ("values.yaml.sops", "a: {b: {c: PROBE}}\n"),
        ("values", "password: PROBE\n"),
        ("documents.sops", "a: PROBE\n---\nb: two\n"),
    ]
}

#[test]
fn files_of_every_form_are_read_as_sops_reads_them() {
    needs!(Sops, Age);
    let workspace = app("none");
    let (_, other) = generate(KeyKind::Classic);
    let own = workspace.recipient().to_owned();
    let mut seen = BTreeSet::new();
    for (index, (name, plain)) in plain().into_iter().enumerate() {
        let secret = format!("probe-{index}");
        workspace.write("plain", plain.replace("PROBE", &secret));
        // Some are for several people.
        let to = if index % 3 == 0 { format!("{other},{own}") } else { own.clone() };
        let mut encrypt = sops(&workspace);
        encrypt.args(["--encrypt", "--age", &to, "--filename-override", name]);
        if name.starts_with("partly") {
            encrypt.args(["--encrypted-regex", "^(password|secret|data)$"]);
        }
        workspace.write(name, filter(encrypt.arg(workspace.at("plain")), b""));
        assert!(!workspace.read(name).contains(&secret), "{name} is encrypted");
        // What `sops -d` prints, sealed to age, is read the same; of what has a structure, in the form that values have.
        let mut decrypt = sops(&workspace);
        decrypt.arg("--decrypt");
        if [".json", ".env", ".ini"].iter().any(|it| name.ends_with(it)) {
            decrypt.args(["--output-type", "yaml"]);
        }
        let clear = filter(decrypt.arg(name), b"");
        assert!(text(&clear).contains(&secret), "{name}: {}", text(&clear));
        workspace.write("same.age", filter(Peer::Age.command().args(["-r", &own]), &clear));
        spec(&workspace, "same.age");
        assert_eq!(workspace.run(&["lock", "-i", "key.txt"]).code(), 0, "{name}: {}", text(&clear));
        let (found, expected) = (opened(&workspace, name), opened(&workspace, "same.age"));
        assert_eq!(found, expected, "{name}");
        assert!(found.contains(&secret), "{name}: {found}");
        seen.insert(name);
    }
    assert_eq!(seen.len(), 30);
}

#[test]
fn a_binary_file_is_imported_as_it_was() {
    needs!(Sops, Openssl);
    let workspace = Workspace::quickstart();
    let mut openssl = Peer::Openssl.command();
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Beacon CA", "-days", "900"]);
    filter(openssl.args(["-keyout"]).arg(workspace.at("k.pem")).arg("-out").arg(workspace.at("c.pem")), b"");
    workspace.write("plain", workspace.read("c.pem") + &workspace.read("k.pem"));
    let mut encrypt = sops(&workspace);
    encrypt.args(["--encrypt", "--age", workspace.recipient(), "--filename-override", "ca.pem"]);
    workspace.write("ca.pem", filter(encrypt.arg(workspace.at("plain")), b""));
    let said = workspace.said(&["lock", "-i", "key.txt", "--import", "ca.pem"]);
    assert!(said.contains("imported beacon/beacon-ca"), "{said}");
}

#[test]
fn what_is_opened_goes_under_sops_and_comes_back_to_the_byte() {
    needs!(Sops);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    workspace.write("cp.yaml", "version: v1alpha1\nmachine:\n  type: controlplane\ncluster: {}\n");
    let back = |file: &str| text(&filter(sops(&workspace).args(["--decrypt", file]), b""));
    for (target, file) in
        [("talos", "a/cp.sops"), ("machine-config=cp.yaml", "cp.yaml.sops"), ("kubectl", "all.enc"), ("omni", "omni")]
    {
        let plain = workspace.done(&["open", "-i", "key.txt", "--for", target]);
        let said = workspace.said(&["open", "-i", "key.txt", "--for", target, "--sops", "-o", file]);
        assert!(said.contains(&format!("sops -d {file}")), "{said}");
        assert!(plain.contains("tls.key") && back(file) == plain, "{target}");
        let sealed = workspace.read(file);
        assert!(sealed.contains("ENC[AES256_GCM,") && !sealed.contains("tls.key"), "{sealed}");
        assert!(sealed.contains(workspace.recipient()), "{sealed}");
    }
    workspace.done(&["open", "-i", "key.txt", "--for", "files", "-o", "plain/"]);
    workspace.done(&["open", "-i", "key.txt", "--for", "files", "--sops", "-o", "sealed/"]);
    let mut files = 0;
    for entry in fs::read_dir(workspace.at("plain")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("text");
        if !name.starts_with('.') {
            assert_eq!(back(&format!("sealed/{name}.sops")), workspace.read(&format!("plain/{name}")), "{name}");
            files += 1;
        }
    }
    assert!(files >= 2 && !workspace.exists("sealed/00-beacon.yaml"));
}

#[test]
fn a_rule_for_the_file_says_who_opens_it() {
    needs!(Sops);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    let (identity, other) = generate(KeyKind::Classic);
    workspace.write("other.txt", identity.expose());
    workspace.write(
        "git/.sops.yaml",
        format!("creation_rules:\n  - path_regex: ^talos/.*[.]sops$\n    age: {other}\n    encrypted_regex: ^data$\n"),
    );
    let open = |file: &str| workspace.said(&["open", "-i", "key.txt", "--sops", "-o", file]);
    open("git/talos/cp.sops");
    let sealed = workspace.read("git/talos/cp.sops");
    assert!(sealed.contains(&other) && !sealed.contains(workspace.recipient()), "{sealed}");
    let mut back = sops(&workspace);
    back.env("SOPS_AGE_KEY_FILE", workspace.at("other.txt")).args(["--decrypt", "git/talos/cp.sops"]);
    assert_eq!(text(&filter(&mut back, b"")), workspace.done(&["open", "-i", "key.txt"]));
    // No rule is for this one.
    open("git/cp.sops");
    assert!(workspace.read("git/cp.sops").contains(workspace.recipient()));
}

#[test]
fn what_sops_could_not_give_back_is_refused() {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    let open = |rest: &[&'static str]| [&["open", "-i", "key.txt", "--sops"][..], rest].concat();
    for name in ["cp.yaml", "cp.sops.yml", "cp.json", "x.env"] {
        workspace.refused(&open(&["-o", name]), 2, &["D014", &format!("{name}.sops")]);
        assert!(!workspace.exists(name));
    }
    workspace.refused(&open(&[]), 2, &["-o FILE.sops"]);
    workspace.refused(&open(&["--for", "flux", "-o", "f/"]), 2, &["handoff flux --sops"]);
    let mut none = workspace.command(&open(&["-o", "cp.sops"]));
    let run = none.env("PATH", "/nonexistent").output().expect("it runs");
    let said = text(&run.stderr);
    assert!(run.status.code() == Some(2) && said.contains("A001") && said.contains("install `sops`"), "{said}");
    assert!(!workspace.exists("cp.sops") && !said.contains("PRIVATE KEY"));
}

#[test]
fn where_plain_text_is_meant_sops_is_named() {
    let workspace = Workspace::with(
        "",
        "  - {name: app, chart: ./app, values: [v.yaml], lookup: objects.yaml}\n  - {name: m, manifest: m.yaml}\n",
    );
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write("app/templates/s.yaml", "kind: A\nmetadata: {name: a}\n");
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
    for name in ["v.yaml", "objects.yaml", "m.yaml"] {
        workspace.write("v.yaml", "a: b\n").write("objects.yaml", object).write("m.yaml", object);
        workspace.write(name, SEALED);
        workspace.refused(&["lock"], 2, &["V030", &format!("`{name}` is encrypted by SOPS"), "secretValues"]);
    }
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    workspace.write("cp.yaml", format!("machine: {{type: controlplane}}\ncluster: {{}}\n{SEALED}"));
    let call = ["open", "-i", "key.txt", "--for", "machine-config", "cp.yaml"];
    workspace.refused(&call, 2, &["D013", "cp.yaml", "sops -d cp.yaml | ichor open"]);
}
