//! Certificates and secrets that exist already.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use crate::support::opened::{age, encrypt, lock};
use crate::support::peer::{Peer, needs};
use crate::support::program::Run;
use crate::support::program::filter;
use crate::support::workspace::Workspace;

fn openssl(workspace: &Workspace, args: &[&str]) {
    let done = Peer::Openssl.command().args(args).current_dir(workspace.path()).output().expect("openssl");
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A CA and the leaf of the relay, made by openssl: an ECDSA key in PKCS#8 and another subject than Helm would give.
fn own_certificates(workspace: &Workspace) {
    openssl(
        workspace,
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "400",
            "-subj",
            "/O=Home/CN=Beacon CA",
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
        ],
    );
    openssl(
        workspace,
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "200",
            "-CA",
            "ca.crt",
            "-CAkey",
            "ca.key",
            "-subj",
            "/CN=relay.beacon",
            "-addext",
            "subjectAltName=IP:10.96.0.20,DNS:relay.beacon",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
            "leaf.key",
            "-out",
            "leaf.crt",
        ],
    );
}

#[test]
fn a_ca_and_a_leaf_of_ones_own_are_kept() {
    needs!(Age, Openssl);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    own_certificates(&workspace);
    encrypt(&workspace, &workspace.path().join("ca.key"), "ca.key.age");
    let without = workspace.run(&["lock", "--import", "ca.crt", "--import", "ca.key.age"]);
    assert!(without.code() == 2 && without.stderr().contains("ca.key.age"), "{}", without.stderr());
    let args = [
        "lock",
        "-i",
        "key.txt",
        "--import",
        "ca.crt",
        "--import",
        "ca.key.age",
        "--import",
        "leaf.crt",
        "--import",
        "leaf.key",
    ];
    let run = workspace.run(&args);
    assert!(run.code() == 0 && !run.stderr().contains("not taken"), "{}", run.stderr());
    let locked = lock(&workspace);
    let pins = &locked.parts["beacon"].pins;
    assert_eq!(pins.len(), 3, "{:?}", pins.keys());
    for (pin, name) in [("beacon-ca", "ca"), ("relay.beacon", "leaf")] {
        assert_eq!(pins[pin].certificate.as_ref().expect("one").pem, workspace.read(&format!("{name}.crt")));
        assert_eq!(
            age(&workspace, &pins[pin].sealed.as_ref().expect("sealed").0),
            workspace.read(&format!("{name}.key"))
        );
    }
    // The leaf that was not brought is issued under the CA that was.
    workspace.write("server.crt", &pins["quickstart.beacon.example.com"].certificate.as_ref().expect("one").pem);
    openssl(&workspace, &["verify", "-CAfile", "ca.crt", "server.crt"]);
    workspace.done(&["build"]);
    // Once taken, neither the files nor a key are needed.
    assert!(workspace.run(&["lock"]).stderr().contains("unchanged"));
    let again = workspace.run(&args);
    assert!(again.stderr().contains("unchanged"), "{}", again.stderr());
}

#[test]
fn what_no_call_asks_for_is_said_and_not_taken() {
    needs!(Openssl);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    let before = lock(&workspace);
    openssl(
        &workspace,
        &["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=stranger", "-keyout", "k", "-out", "c"],
    );
    let run = workspace.run(&["lock", "--import", "c", "--import", "k"]);
    assert!(
        run.code() == 0 && run.stderr().contains("not taken") && run.stderr().contains("CN=stranger"),
        "{}",
        run.stderr()
    );
    assert_eq!(lock(&workspace), before);
    for (args, word) in [
        (&["lock", "--import", "c"][..], "no certificate together with its private key"),
        (&["lock", "--import", "ichor.yaml"], "no certificate together with its private key"),
        (&["lock", "--import", "missing"], "missing"),
    ] {
        let run = workspace.run(args);
        assert!(run.code() == 2 && run.stderr().contains(word), "{args:?}: {}", run.stderr());
    }
    openssl(&workspace, &["pkcs8", "-topk8", "-in", "k", "-out", "locked", "-passout", "pass:x"]);
    let run = workspace.run(&["lock", "--import", "c", "--import", "locked"]);
    assert!(run.code() == 2 && run.stderr().contains("password"), "{}", run.stderr());
    assert_eq!(lock(&workspace), before);
}

fn import(workspace: &Workspace, secrets: &Path) -> Run {
    let mut command = workspace.command(&["lock", "--import-secret", "-i", "key.txt"]);
    command.stdin(File::open(secrets).expect("a file"));
    Run(command.output().expect("it runs"))
}

#[test]
fn a_password_is_found_by_where_it_goes() {
    needs!(Age);
    let workspace = Workspace::new();
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write(
        "app/templates/s.yaml",
        "{{ $p := randAlphaNum 20 }}apiVersion: v1\nkind: Secret\nmetadata: {name: app, namespace: apps}\ndata:\n  password: {{ $p | \
         b64enc }}\nstringData:\n  other: {{ randAlphaNum 20 }}\n  users: {{ htpasswd \"admin\" $p }}\n",
    );
    workspace.write(
        "ichor.yaml",
        format!(
            "bundle: app\ntalos: \"1.12\"\nrecipients: [{}]\nparts: [{{name: app, chart: ./app, namespace: apps}}]\n",
            workspace.recipient()
        ),
    );
    workspace.done(&["lock"]);
    let before = lock(&workspace).parts["app"].pins.clone();
    let encoded = filter(Command::new("base64").args(["-w0"]), b"the running password");
    let encoded = String::from_utf8(encoded).expect("text");
    workspace.write(
        "secret.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: app, namespace: apps}}\ndata: {{password: {encoded}}}\n"
        ),
    );
    let run = import(&workspace, &workspace.path().join("secret.yaml"));
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let after = lock(&workspace).parts["app"].pins.clone();
    let open = |pin: &str| age(&workspace, &after[pin].sealed.as_ref().expect("sealed").0);
    assert_eq!(open("randAlphaNum"), "the running password");
    assert!(
        bcrypt::verify("the running password", open("htpasswd").strip_prefix("admin:").expect("an entry"))
            .expect("a hash")
    );
    assert_eq!(after["randAlphaNum-2"], before["randAlphaNum-2"]);
    let again = import(&workspace, &workspace.path().join("secret.yaml"));
    assert!(again.stderr().contains("unchanged"), "{}", again.stderr());
    for (text, word) in [
        ("kind: ConfigMap\n", "`ConfigMap`"),
        ("kind: Secret\nmetadata: {name: a}\ndata: {a: '%%leak%%'}\n", "base64"),
        ("leak: [", "no YAML"),
    ] {
        workspace.write("bad.yaml", text);
        let run = import(&workspace, &workspace.path().join("bad.yaml"));
        assert!(run.code() == 2 && run.stderr().contains(word) && !run.stderr().contains("leak"), "{}", run.stderr());
    }
}
