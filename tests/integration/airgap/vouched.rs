//! Signatures and attestations: real keys of OpenSSH, and attacks on them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value as Json;

use crate::support::peer::{Peer, needs};
use crate::support::program::ICHOR;
use crate::support::workspace::Workspace;

/// A workspace with a bundle, and keys of people; all but the last are signers.
fn signed(people: &[&str]) -> Workspace {
    let workspace = Workspace::with("", "  - {name: m, manifest: m.yaml}\n");
    workspace.write("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: d}\n");
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check", "-o", "b.tar.gz"]);
    let mut signers = String::new();
    for (at, name) in people.iter().enumerate() {
        let path = workspace.at(name);
        let kind = if at % 2 == 0 { "ed25519" } else { "ecdsa" };
        let mut keygen = Peer::SshKeygen.command();
        keygen.args(["-q", "-t", kind, "-N", "", "-C", name, "-f"]).arg(&path);
        assert!(keygen.status().expect("ssh-keygen starts").success());
        if at + 1 < people.len() {
            signers += &format!("{name} {}", workspace.read(&format!("{name}.pub")));
        }
    }
    workspace.write("signers", signers);
    workspace
}

#[test]
fn ssh_keygen_takes_what_is_signed_and_the_other_way_round() {
    needs!(SshKeygen);
    let workspace = signed(&["anna", "eve"]);
    workspace.done(&["sign", "b.tar.gz", "--key", "anna"]);
    let verify = "ssh-keygen -Y verify -f signers -I anna -n ichor -s b.tar.gz.sig < b.tar.gz";
    let run = workspace.shell(&["env"], verify);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let said = workspace.said(&["verify", "b.tar.gz", "--signers", "signers", "--signed"]);
    assert!(said.contains("signed by anna (SHA256:"), "{said}");
    let sign = "rm b.tar.gz.sig && ssh-keygen -q -Y sign -f anna -n ichor b.tar.gz";
    assert_eq!(workspace.shell(&["env"], sign).code(), 0);
    workspace.done(&["verify", "b.tar.gz", "--signers", "signers", "--signed"]);
}

#[test]
fn forty_attacks_are_forty_refusals() {
    needs!(SshKeygen);
    let workspace = signed(&["anna", "bert", "eve"]);
    let keys = ["anna", "bert", "eve"];
    let ask = ["verify", "b.tar.gz", "--signers", "signers", "--signed"];
    let mut refused = 0;
    let mut check = |what: &str, args: &[&str], script: &str| {
        let run = workspace.shell(&["env"], script);
        assert_eq!(run.code(), 0, "{what}: {}", run.stderr());
        let run = workspace.run(args);
        assert_eq!(run.code(), 1, "{what}: {}{}", run.stdout(), run.stderr());
        assert!(run.stderr().contains("B012") || run.stderr().contains("B013"), "{what}: {}", run.stderr());
        refused += 1;
    };
    check("no signature", &ask, "true");
    let sign = |key: &str, namespace: &str, file: &str| {
        format!("rm -f {file}.sig; ssh-keygen -q -Y sign -f {key} -n {namespace} {file}")
    };
    check("another key", &ask, &sign("eve", "ichor", "b.tar.gz"));
    for namespace in ["file", "git", "ichor-attestation", "email"] {
        check("another purpose", &ask, &sign("anna", namespace, "b.tar.gz"));
    }
    for other in ["ichor.yaml", "m.yaml", "signers", "lockfiles/box.lock"] {
        let script = format!("{}; cp {other}.sig b.tar.gz.sig", sign("anna", "ichor", other));
        check("another artifact", &ask, &script);
    }
    for cut in [0, 40, 100, 200] {
        let script =
            format!("{}; head -c {cut} b.tar.gz.sig > s; mv s b.tar.gz.sig", sign("anna", "ichor", "b.tar.gz"));
        check("a signature cut short", &ask, &script);
    }
    for line in 2..6 {
        let script = format!("{}; sed -i '{line}s/[A-Ma-m]/Z/' b.tar.gz.sig", sign("anna", "ichor", "b.tar.gz"));
        check("a signature changed", &ask, &script);
    }
    for (what, option) in [
        ("not yet valid", "valid-after=\"20990101\""),
        ("expired", "valid-before=\"20200101\""),
        ("for another purpose", "namespaces=\"git\""),
        ("an authority alone", "cert-authority"),
    ] {
        let script = format!(
            "{}; cp signers kept; printf 'anna {option} %s\\n' \"$(cat anna.pub)\" > signers",
            sign("anna", "ichor", "b.tar.gz")
        );
        check(what, &ask, &script);
        workspace.shell(&["env"], "mv kept signers");
    }
    check(
        "another signer's file",
        &ask,
        &format!(
            "{}; cp signers kept; printf 'x %s\\n' \"$(cat eve.pub)\" > signers",
            sign("anna", "ichor", "b.tar.gz")
        ),
    );
    workspace.shell(&["env"], "mv kept signers; rm -f b.tar.gz.sig");

    // Statements.
    for key in keys {
        workspace.done(&["attest", "b.tar.gz", "--key", key, "-o", &format!("{key}.json")]);
    }
    let two = [
        "verify",
        "b.tar.gz",
        "--signers",
        "signers",
        "--rebuilders=2",
        "--attestation=one.json",
        "--attestation=two.json",
    ];
    workspace.shell(&["env"], "cp anna.json one.json; cp bert.json two.json");
    workspace.done(&two);
    check("one of them twice", &two, "cp anna.json two.json");
    check("one who is not trusted", &two, "cp eve.json two.json");
    check("a bare statement", &two, "echo '{}' > two.json");
    for field in ["payload", "payloadType", "signatures"] {
        let script = format!(
            "python3 -c \"import json; d=json.load(open('bert.json')); d.pop('{field}'); json.dump(d, open('two.json','w'))\""
        );
        check("a field stripped", &two, &script);
    }
    let edit = |code: &str| {
        format!(
            "python3 -c \"import json,base64 as b; d=json.load(open('bert.json')); e=json.load(open('eve.json')); {code}; json.dump(d, open('two.json','w'))\""
        )
    };
    check("no signatures", &two, &edit("d['signatures']=[]"));
    check("another's signature", &two, &edit("d['signatures']=e['signatures']"));
    check("another type", &two, &edit("d['payloadType']='text/plain'"));
    check("a signature that is none", &two, &edit("d['signatures'][0]['sig']='AAAA'"));
    for (what, from, to) in [
        ("another digest", "sha256", "sha512"),
        ("another name", "box.tar", "fox.tar"),
        ("another time", "clock", "click"),
        ("another builder", "urn:ichor:builder", "urn:other:builder"),
        ("another predicate", "slsa.dev/provenance", "slsa.dev/something"),
        ("another statement", "in-toto.io/Statement", "in-toto.io/Other"),
        ("another version", "resolvedDependencies", "resolvedDependency"),
    ] {
        let code = format!(
            "p=b.b64decode(d['payload']).decode(); assert '{from}' in p; d['payload']=b.b64encode(p.replace('{from}','{to}').encode()).decode()"
        );
        check(what, &two, &edit(&code));
    }
    // One of another bundle is told apart, and not counted.
    workspace.shell(&["env"], "cp bert.json two.json");
    workspace.edit("m.yaml", "name: c", "name: e");
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check", "-o", "b.tar.gz"]);
    check("replayed for a newer bundle", &two, "true");
    println!("{refused} attacks, {refused} refusals");
    assert!(refused >= 40, "{refused}");
}

/// A workspace elsewhere with the same spec and lock, and a bundle built there with nothing of the user's surroundings.
fn elsewhere(workspace: &Workspace, folder: &str, ichor: &str, key: &str) -> Workspace {
    let other = Workspace::new();
    let from = workspace.path().display().to_string();
    let script = format!(
        "set -e; umask 077; mkdir -p {folder}/tmp; for it in ichor.yaml m.yaml lockfiles; do cp -r \"$1/$it\" {folder}/; done; \
         cp \"$1/{key}\" \"$1/{key}.pub\" .; chmod 600 {key}; top=$PWD; cd {folder}; \
         exec env -i PATH=\"$PATH\" HOME=/nowhere TMPDIR=$PWD/tmp TZ=Asia/Tokyo LC_ALL=tr_TR.UTF-8 ICHOR_STORE=$PWD/store sh -ec \"\
         '$2' build --no-check -o b.tar.gz; '$2' attest b.tar.gz --key $top/{key} -o $top/{key}.json\""
    );
    let run = other.shell_with(&["unshare", "-rn"], &script, &[&from, ichor]);
    assert_eq!(run.code(), 0, "{}{}", run.stdout(), run.stderr());
    other
}

/// The program as it would be in another version: every place that names the version names that one.
fn of_version(workspace: &Workspace, own: &str, other: &str) -> String {
    let mut bytes = fs::read(ICHOR).expect("the program");
    let (own, other) = (own.as_bytes(), other.as_bytes());
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(own.len()).position(|it| it == own) {
        at += found;
        // A crate's own folder is no version of the program.
        if at == 0 || bytes[at - 1] != b'-' {
            bytes[at..at + other.len()].copy_from_slice(other);
        }
        at += own.len();
    }
    workspace.write("other-ichor", &bytes);
    let path = workspace.at("other-ichor");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it may be run");
    path.display().to_string()
}

#[test]
fn rebuilders_in_other_surroundings_attest_the_same() {
    needs!(SshKeygen, Namespaces);
    let workspace = signed(&["anna", "bert", "cleo", "eve"]);
    workspace.done(&["attest", "b.tar.gz", "--key", "anna", "-o", "anna.json"]);
    let far = elsewhere(&workspace, "deep/er", ICHOR, "bert");
    fs::copy(far.at("bert.json"), workspace.at("bert.json")).expect("carried");
    assert!(
        fs::read(far.at("deep/er/b.tar.gz")).expect("a bundle")
            == fs::read(workspace.at("b.tar.gz")).expect("a bundle")
    );
    let payload = |name: &str| {
        let envelope: Json = serde_json::from_str(&workspace.read(name)).expect("JSON");
        envelope["payload"].as_str().expect("text").to_owned()
    };
    assert_eq!(payload("anna.json"), payload("bert.json"), "the statement says nothing of who built it");
    let both = ["--attestation=anna.json", "--attestation=bert.json", "--signers=signers"];
    let said = workspace.said(&[&["verify", "b.tar.gz", "--rebuilders=2"][..], &both].concat());
    assert!(said.contains("attested by anna") && said.contains("attested by bert"), "{said}");
    workspace.refused(&[&["verify", "b.tar.gz", "--rebuilders=3"][..], &both].concat(), 1, &["B013", "3 rebuilders"]);
    workspace.refused(&["verify", "b.tar.gz", "--rebuilders=1"], 1, &["B012", "--signers"]);
    // A third builds with another version of the program, and is told apart.
    let own = env!("CARGO_PKG_VERSION");
    let version = format!("{}{}", &own[..own.len() - 1], if own.ends_with('9') { "8" } else { "9" });
    let other = elsewhere(&workspace, "third", &of_version(&workspace, own, &version), "cleo");
    fs::copy(other.at("cleo.json"), workspace.at("cleo.json")).expect("carried");
    let three = [&["verify", "b.tar.gz", "--rebuilders=3", "--attestation=cleo.json"][..], &both].concat();
    let said = workspace.refused(&three, 1, &["B013", "cleo built another bundle"]);
    assert!(said.contains(&format!("with ichor {version}")), "{said}");
    let two = [&["verify", "b.tar.gz", "--rebuilders=2", "--attestation=cleo.json"][..], &both].concat();
    let said = workspace.said(&two);
    assert!(said.contains("not counted: cleo.json") && said.contains(&version), "{said}");
    // What is not a rebuild of it is not attested.
    let bytes = fs::read(workspace.at("b.tar.gz")).expect("a bundle");
    workspace.edit("m.yaml", "name: c", "name: e");
    workspace.done(&["lock"]);
    workspace.write("b.tar.gz", &bytes);
    let run = workspace.run(&["attest", "b.tar.gz", "--key", "anna", "-o", "no.json"]);
    assert!(run.code() == 1 && run.stderr().contains("B001") && !workspace.exists("no.json"), "{}", run.stderr());
}
