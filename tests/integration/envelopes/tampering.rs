//! What somebody can do who may write locks and bundles and holds no key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ichor::stage::lock::{Envelope, Lock, Pin};

use crate::support::program::Run;
use crate::support::workspace::Workspace;

/// A chart that makes a CA, a leaf and two passwords.
const TEMPLATE: &str = r#"{{- $ca := genCA "Vault CA" 3650 }}
{{- $leaf := genSignedCert "vault.example.com" nil (list "vault.example.com") 365 $ca }}
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}
stringData:
  ca: {{ $ca.Key | quote }}
  leaf: {{ $leaf.Key | quote }}
  root: {{ randAlphaNum 24 }}
  guest: {{ randAlphaNum 24 }}
"#;

/// The pins of that chart.
pub const CA: &str = "vault-ca";
pub const LEAF: &str = "vault.example.com";
pub const ROOT: &str = "randAlphaNum";
pub const GUEST: &str = "randAlphaNum-2";

/// A workspace with that chart as the parts `vault` and `other` of bundle `one`, locked.
pub fn vault() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("chart/Chart.yaml", "apiVersion: v2\nname: vault\nversion: 1.0.0\n");
    workspace.write("chart/templates/all.yaml", TEMPLATE);
    spec(&workspace, "ichor.yaml", "one", "vault, other");
    workspace.done(&["lock"]);
    workspace
}

/// Writes a spec for a bundle of parts with that chart.
pub fn spec(workspace: &Workspace, file: &str, bundle: &str, parts: &str) {
    let recipient = workspace.recipient();
    let head = format!(
        "bundle: {bundle}\ntalos: \"1.12\"\ncertificates: {{algorithm: ecdsa-p256}}\nrecipients: [{recipient} me]\nparts:\n"
    );
    let parts = parts.split(", ").map(|it| format!("  - {{name: {it}, chart: ./chart}}\n"));
    workspace.write(file, head + &parts.collect::<String>());
}

pub fn read(workspace: &Workspace, bundle: &str) -> Lock {
    Lock::decode(&workspace.read(&format!("lockfiles/{bundle}.lock"))).expect("a lock")
}

pub fn write(workspace: &Workspace, lock: &Lock) {
    workspace.write(&format!("lockfiles/{}.lock", lock.bundle), lock.encode());
}

pub fn pin<'a>(lock: &'a mut Lock, part: &str, name: &str) -> &'a mut Pin {
    lock.parts.get_mut(part).expect("a part").pins.get_mut(name).expect("a pin")
}

pub fn envelope(lock: &Lock, part: &str, name: &str) -> String {
    lock.parts[part].pins[name].sealed.as_ref().expect("sealed").0.clone()
}

/// Puts an envelope in the place of another.
pub fn put(lock: &mut Lock, part: &str, name: &str, armored: &str) {
    pin(lock, part, name).sealed = Some(Envelope(armored.into()));
}

/// The age file in an envelope.
pub fn unarmored(envelope: &str) -> Vec<u8> {
    let body = envelope.lines().filter(|it| !it.starts_with("-----")).collect::<String>();
    STANDARD.decode(body).expect("base64")
}

/// An age file as an envelope.
pub fn armored(file: &[u8], columns: usize) -> String {
    let body = STANDARD.encode(file);
    let lines: Vec<&str> = body.as_bytes().chunks(columns).map(|it| std::str::from_utf8(it).expect("text")).collect();
    format!("-----BEGIN AGE ENCRYPTED FILE-----\n{}\n-----END AGE ENCRYPTED FILE-----\n", lines.join("\n"))
}

/// An age file with some bytes of it replaced once.
pub fn altered(envelope: &str, from: &str, to: &str) -> String {
    let file = unarmored(envelope);
    let at = file.windows(from.len()).position(|it| it == from.as_bytes()).expect("it is there");
    armored(&[&file[..at], to.as_bytes(), &file[at + from.len()..]].concat(), 64)
}

/// No verb takes the lock, with a key or without; each names the place, and leaves everything as it was.
pub fn refused(workspace: &Workspace, words: &[&str]) {
    let before = workspace.read("lockfiles/one.lock");
    let verbs: [&[&str]; 9] = [
        &["lock", "--locked"],
        &["lock"],
        &["lock", "-i", "key.txt"],
        &["check"],
        &["build", "-o", "out.tar.gz"],
        &["verify", "good.tar.gz"],
        &["rotate", "vault/vault.example.com", "-i", "key.txt"],
        &["rotate", "--all", "-i", "key.txt"],
        &["images"],
    ];
    for verb in verbs {
        let run = workspace.run(verb);
        assert_eq!(run.code(), 2, "{verb:?}: {}{}", run.stdout(), run.stderr());
        assert_eq!(run.stdout(), "", "{verb:?}");
        said(&run, words);
        assert_eq!(workspace.read("lockfiles/one.lock"), before, "{verb:?}");
        assert!(!workspace.exists("out.tar.gz"), "{verb:?}");
    }
}

pub fn said(run: &Run, words: &[&str]) {
    let all = run.stdout() + &run.stderr();
    // A message may be wrapped.
    let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(all.contains(word), "no `{word}` in:\n{all}");
    }
}
