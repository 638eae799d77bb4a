//! Wrong identities, recipients and files in all places that take one: no private key is shown, and each message says what
//! to do.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use ichor::edge::age::{KeyKind, generate};

use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::text;
use crate::support::workspace::Workspace;

/// Private keys of every kind, in text.
struct Keys {
    classic: String,
    hybrid: String,
    plugin: String,
    ssh: String,
    rsa: String,
    ec: String,
}

impl Keys {
    fn new() -> Keys {
        let age = |kind| {
            let whole = text(generate(kind).0.expose());
            whole.lines().find(|it| it.starts_with("AGE-")).expect("a key").to_owned()
        };
        let plugin = bech32::Hrp::parse("age-plugin-none-").expect("a name");
        let openssl = |args: &[&str]| text(&filter(Peer::Openssl.command().args(args), b""));
        Keys {
            classic: age(KeyKind::Classic),
            hybrid: age(KeyKind::PostQuantum),
            plugin: bech32::encode_upper::<bech32::Bech32>(plugin, &[7; 30]).expect("a key"),
            ssh: ssh("ed25519"),
            rsa: openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
            ec: openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        }
    }

    fn all(&self) -> [&str; 6] {
        [&self.classic, &self.hybrid, &self.plugin, &self.ssh, &self.rsa, &self.ec]
    }

    /// Makes sure that no piece of a key stands in a text, in either case of letters.
    fn absent(&self, said: &str, what: &str) {
        let said = said.to_uppercase();
        for key in self.all() {
            let lines: Vec<&str> = key.lines().filter(|it| !it.starts_with("-----")).collect();
            for line in lines {
                let line = line.to_uppercase();
                // The names of kinds are no secret.
                let secret = line.rsplit("-1").next().filter(|_| line.starts_with("AGE-")).unwrap_or(&line);
                for start in (0..secret.len().saturating_sub(12)).step_by(4) {
                    assert!(!said.contains(&secret[start..start + 12]), "{what} shows a private key: {said}");
                }
            }
        }
    }
}

fn ssh(kind: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    filter(Peer::SshKeygen.command().args(["-q", "-t", kind, "-N", "", "-C", "me", "-f"]).arg(&path), b"");
    fs::read_to_string(path).expect("text")
}

/// Runs verbs that are to be refused.
struct Runs<'a> {
    workspace: &'a Workspace,
    keys: &'a Keys,
    count: usize,
    /// What was not said as it should be.
    faults: Vec<String>,
}

impl Runs<'_> {
    fn refused(&mut self, what: &str, calls: &[&[&str]]) {
        for call in calls {
            let run = self.workspace.run(call);
            let said = run.stdout() + &run.stderr();
            self.keys.absent(&said, what);
            self.count += 1;
            if ![2, 3].contains(&run.code()) {
                self.faults.push(format!("{what} is taken by {}: {said}", call[0]));
            } else if !said.contains("help:") {
                self.faults.push(format!("{what}: {} does not say what to do: {said}", call[0]));
            }
        }
    }
}

/// What a file of identities may hold in the place of a key that opens.
fn identities(keys: &Keys) -> Vec<(&'static str, Vec<u8>)> {
    let (_, public) = generate(KeyKind::Classic);
    let cut = |key: &str| key[..key.len() - 3].to_owned();
    let bent = |key: &str| key.replacen(&key[30..31], if &key[30..31] == "Q" { "P" } else { "Q" }, 1);
    let utf16 = |key: &str| key.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let pem = |name: &str, key: &str| format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", key.trim());
    vec![
        ("another key", keys.classic.clone().into()),
        ("another post-quantum key", keys.hybrid.clone().into()),
        ("another SSH key", keys.ssh.clone().into()),
        ("another RSA key", keys.rsa.clone().into()),
        ("a key of a plugin that is not there", keys.plugin.clone().into()),
        ("an elliptic key", keys.ec.clone().into()),
        ("an SSH key of another kind", ssh("ecdsa").into()),
        ("two keys", format!("{}\n{}\n", keys.classic, keys.hybrid).into()),
        ("a cut key", cut(&keys.classic).into()),
        ("a cut post-quantum key", cut(&keys.hybrid).into()),
        ("a cut SSH key", keys.ssh[..keys.ssh.len() / 2].into()),
        ("a bent key", bent(&keys.classic).into()),
        ("a bent post-quantum key", bent(&keys.hybrid).into()),
        ("a key in two cases", format!("{}{}", &keys.classic[..30], keys.classic[30..].to_lowercase()).into()),
        ("a key in quotes", format!("\"{}\"", keys.classic).into()),
        ("a key as a variable", format!("export AGE_KEY={}\n", keys.classic).into()),
        ("a key in YAML", format!("key: {}\n", keys.hybrid).into()),
        ("a key in JSON", format!("{{\"key\": \"{}\"}}", keys.classic).into()),
        ("a key in UTF-16", utf16(&keys.classic)),
        ("a key behind a mark of order", format!("\u{feff}{}", keys.classic).into()),
        ("a key on two lines", format!("{}\n{}", &keys.classic[..40], &keys.classic[40..]).into()),
        ("a public key", public.into()),
        (
            "an SSH public key",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB me".into(),
        ),
        ("nothing", Vec::new()),
        ("comments", "# a\n\n# b\n".into()),
        ("any words", "correct horse battery staple\n".into()),
        ("bytes", vec![0, 159, 146, 150, 255]),
        ("a PGP key", pem("PGP PRIVATE KEY BLOCK", &keys.classic).into()),
        ("a sealed PKCS#8 key", pem("ENCRYPTED PRIVATE KEY", &keys.ec).into()),
        ("a PKCS#8 key that is none", pem("PRIVATE KEY", &keys.classic).into()),
        ("the head of an age file", "age-encryption.org/v1\n-> X25519 abc\n".into()),
        ("armour around nothing", "-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n".into()),
    ]
}

#[test]
fn wrong_keys_are_told_without_being_shown() {
    needs!(Openssl, SshKeygen, Age);
    let keys = Keys::new();
    let workspace = Workspace::quickstart();
    let mut runs = Runs { workspace: &workspace, keys: &keys, count: 0, faults: Vec::new() };
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    // Identities: in a file, and in the place of one.
    let calls: [&[&str]; 3] = [
        &["open", "-i", "wrong", "--for", "kubectl"],
        &["reseal", "-i", "wrong"],
        &["rotate", "relay.beacon", "-i", "wrong"],
    ];
    for (what, held) in identities(&keys) {
        workspace.write("wrong", held);
        runs.refused(what, &calls);
    }
    fs::set_permissions(workspace.at("wrong"), fs::Permissions::from_mode(0o000)).expect("set");
    let other = generate(KeyKind::Classic).1;
    let sealed = filter(Peer::Age.command().args(["-r", &other]), keys.classic.as_bytes());
    workspace.write("sealed", &sealed);
    fs::create_dir(workspace.at("folder")).expect("made");
    for path in keys.all().into_iter().chain(["missing", "folder", "sealed", ""]) {
        let calls: [&[&str]; 3] =
            [&["open", "-i", path], &["reseal", "-i", path], &["rotate", "relay.beacon", "-i", path]];
        runs.refused("in the place of a file", &calls);
    }
    // Recipients: in the spec, at `init`, and in a `.sops.yaml`.
    let spec = workspace.read("ichor.yaml");
    let ecdsa = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA me";
    let public = ["age1qqqqqqqq", "age1pq1short", "age1tag1qqqq", "age1tagpq1qq", "ssh-ed25519 AAAA", "ssh-rsa", ecdsa];
    let public = public.into_iter().chain(["alice", "github:alice", "https://example.com/keys", "0xDEADBEEF"]);
    for key in keys.all().into_iter().chain(public) {
        let line = key.trim().replace('\n', " ");
        workspace.write("ichor.yaml", spec.replace(workspace.recipient(), &line));
        runs.refused("in the spec", &[&["lock"], &["reseal", "-i", "key.txt"]]);
        workspace.write("ichor.yaml", spec.replace(workspace.recipient(), &format!("'{line}'")));
        runs.refused("in quotes", &[&["lock"]]);
        runs.refused("at init", &[&["init", "--yes", "-r", &line, "new"]]);
        workspace.write(".sops.yaml", format!("creation_rules:\n  - age: '{line}'\n"));
        workspace.write("ichor.yaml", "bundle: quickstart\ntalos: '1.12'\nrecipients: .sops.yaml\nparts: []\n");
        runs.refused("in a .sops.yaml", &[&["lock"]]);
        runs.refused("at init", &[&["init", "--yes", "-R", ".sops.yaml", "new"]]);
        let _ = fs::remove_dir_all(workspace.at("new"));
        fs::remove_file(workspace.at(".sops.yaml")).expect("removed");
    }
    // Files of sealed values.
    let part = "  - name: beacon\n    secretValues: [v]\n";
    workspace.write("ichor.yaml", spec.replace("  - name: beacon\n", part));
    let mine = filter(Peer::Age.command().args(["-r", workspace.recipient()]), keys.classic.as_bytes());
    let half = mine[..mine.len() - 9].to_vec();
    let sops = format!("a: ENC[AES256_GCM,data:{}]\nsops:\n  version: 3.9.0\n", keys.classic);
    let clear = keys.all().map(|it| format!("a: {it}\n").into_bytes());
    let files = clear.into_iter().chain([Vec::new(), sealed, mine, half, sops.into_bytes()]);
    for file in files {
        workspace.write("v", file);
        runs.refused("as sealed values", &[&["lock", "-i", "key.txt"]]);
    }
    assert!(runs.faults.is_empty(), "{}", runs.faults.join("\n"));
    assert!(runs.count >= 200, "{} runs", runs.count);
}
