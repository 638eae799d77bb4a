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
        "--replace",
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
    assert!(run.code() == 0 && !run.stderr().contains("not imported"), "{}", run.stderr());
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
        run.code() == 0 && run.stderr().contains("not imported") && run.stderr().contains("CN=stranger"),
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
    let mut command = workspace.command(&["lock", "--import-secret", "--replace", "-i", "key.txt"]);
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

/// What was imported, what was there already, and what had to be made anew because of it are three things.
#[test]
fn each_pin_is_called_what_it_is_with_fingerprint_and_end() {
    needs!(Openssl);
    let workspace = Workspace::quickstart();
    own_certificates(&workspace);
    let args = ["lock", "-i", "key.txt", "--import", "ca.crt", "--import", "ca.key"];
    let first = workspace.run(&args);
    let said = first.stderr();
    assert_eq!(first.code(), 0, "{said}");
    let locked = lock(&workspace);
    let line = |word: &str, pin: &str| {
        let certificate = lock(&workspace).parts["beacon"].pins[pin].certificate.clone().expect("one");
        let (day, fingerprint) = (certificate.not_after.strftime("%F").to_string(), certificate.fingerprint);
        format!("{word} beacon/{pin} ({}, until {day}, sha256:{fingerprint})", certificate.subject)
    };
    assert!(said.contains(&line("imported", "beacon-ca")), "{said}");
    for leaf in ["relay.beacon", "quickstart.beacon.example.com"] {
        assert!(said.contains(&line("minted", leaf)), "{said}");
    }
    assert!(!said.contains("minted beacon/beacon-ca"), "{said}");
    // The same once more, and with one more.
    let again = workspace.run(&args).stderr();
    assert!(again.contains(&line("kept", "beacon-ca")) && again.contains("unchanged"), "{again}");
    assert!(!again.contains("imported"), "{again}");
    assert_eq!(lock(&workspace), locked);
}

/// An import over a lock took the CA of a cluster without a word.
#[test]
fn what_the_lock_holds_is_replaced_only_when_that_is_said() {
    needs!(Openssl);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    own_certificates(&workspace);
    let before = lock(&workspace);
    let args = ["lock", "-i", "key.txt", "--import", "ca.crt", "--import", "ca.key"];
    let run = workspace.run(&args);
    let said = run.stderr();
    assert_eq!(run.code(), 2, "{said}");
    for word in ["P015", "`beacon/beacon-ca`", "--replace", "beacon/relay.beacon", "--dry-run"] {
        assert!(said.contains(word), "`{word}`: {said}");
    }
    assert_eq!(lock(&workspace), before);
    // What writes nothing shows it.
    let shown = workspace.run(&[&args[..], &["--dry-run"]].concat());
    assert_eq!(shown.code(), 0, "{}", shown.stderr());
    assert!(shown.stdout().contains("beacon-ca") && !shown.stdout().contains("-----BEGIN"), "{}", shown.stdout());
    assert_eq!(lock(&workspace), before);
    let run = workspace.run(&[&args[..], &["--replace"]].concat());
    let said = run.stderr();
    assert_eq!(run.code(), 0, "{said}");
    assert!(said.contains("imported beacon/beacon-ca ("), "{said}");
    for leaf in ["relay.beacon", "quickstart.beacon.example.com"] {
        assert!(said.contains(&format!("issued anew beacon/{leaf} (")), "{said}");
    }
    assert!(!said.contains("minted"), "{said}");
}

fn words() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    let secret = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: apps}}\nstringData: {{word: {{{{ randAlphaNum 20 }}}}}}\n"
        )
    };
    workspace.write("app/templates/s.yaml", [secret("one"), secret("two"), secret("three")].join("---\n"));
    workspace.spec(
        &format!("recipients: [{}]\n", workspace.recipient()),
        "  - {name: app, chart: ./app, namespace: apps}\n",
    );
    workspace
}

/// The sealed words of a lock, by pin.
fn sealed(workspace: &Workspace) -> Vec<String> {
    let pins = lock(workspace).parts["app"].pins.clone();
    pins.values().map(|pin| age(workspace, &pin.sealed.as_ref().expect("sealed").0)).collect()
}

/// All but the first of several documents were lost.
#[test]
fn every_document_of_a_stream_is_read() {
    needs!(Age);
    let secret = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: apps}}\nstringData: {{word: own-{name}}}\n"
        )
    };
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";
    let (one, two, three) = (secret("one"), secret("two"), secret("three"));
    let list = |items: &[&str]| {
        let items: Vec<String> =
            items.iter().map(|it| format!("  - {}", it.trim_end().replace('\n', "\n    "))).collect();
        format!("apiVersion: v1\nkind: List\nitems:\n{}\n", items.join("\n"))
    };
    let streams = [
        format!("{one}---\n{two}---\n{three}"),
        format!("---\n{one}\n--- # two\n{two}---\n---\n# nothing\n---\n{three}...\n"),
        format!("{other}---\n{one}---\n{two}---\n{other}---\n{three}"),
        list(&[&one, &two, &three]),
        list(&[&one, other, &two]) + "---\n" + &three,
        list(&[&one]) + "---\n" + &list(&[&two, &three]),
        format!("{one}---\n{two}---\n{three}").replace('\n', "\r\n"),
    ];
    for stream in streams {
        let workspace = words();
        workspace.write("in.yaml", &stream);
        let run = import(&workspace, &workspace.at("in.yaml"));
        assert_eq!(run.code(), 0, "{stream}\n{}", run.stderr());
        assert_eq!(sealed(&workspace), ["own-one", "own-two", "own-three"], "{stream}");
        assert_eq!(run.stderr().matches("imported app/").count(), 3, "{}", run.stderr());
        let others = stream.matches("ConfigMap").count();
        let told = if others > 0 {
            format!("passed over: ConfigMap ({others}); only Secrets are read\n")
        } else {
            String::new()
        };
        let lines: String = run.stderr().split_inclusive('\n').filter(|it| it.contains("passed over")).collect();
        assert_eq!(lines, told);
    }
    // A fault in any of them is told, with the document.
    for (bad, word) in [
        ("leak: [", "document 2 of it is no YAML"),
        ("- leak", "document 2 of it is no object"),
        ("leak", "document 2"),
    ] {
        let workspace = words();
        workspace.write("in.yaml", format!("{one}---\n{bad}\n---\n{two}"));
        let run = import(&workspace, &workspace.at("in.yaml"));
        assert!(run.code() == 2 && run.stderr().contains(word) && !run.stderr().contains("leak"), "{}", run.stderr());
        assert!(!workspace.exists("lockfiles/box.lock"));
    }
    let workspace = words();
    for nothing in ["", "---\n", "# nothing\n"] {
        workspace.write("in.yaml", nothing);
        let run = import(&workspace, &workspace.at("in.yaml"));
        assert!(run.code() == 2 && run.stderr().contains("it is empty"), "{nothing:?}: {}", run.stderr());
    }
}

/// A lock that is lost comes back from the bundle, for who has the key.
#[test]
fn a_lock_is_rebuilt_from_what_a_bundle_opens_to() {
    needs!(Age);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "bundle.tar.gz"]);
    let before = lock(&workspace).parts["beacon"].pins.clone();
    std::fs::remove_file(workspace.at("lockfiles/quickstart.lock")).expect("removed");
    let opened = workspace.done(&["open", "bundle.tar.gz", "-i", "key.txt", "--for", "kubectl"]);
    workspace.write("opened.yaml", opened);
    let run = import(&workspace, &workspace.at("opened.yaml"));
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let after = lock(&workspace).parts["beacon"].pins.clone();
    for (name, pin) in &before {
        assert_eq!(after.get(name).map(|it| &it.certificate), Some(&pin.certificate), "{name}: {}", run.stderr());
    }
    assert!(!run.stderr().contains("minted"), "{}", run.stderr());
}
