//! Secrets go where `open` was told to put them, and nowhere else; what is damaged or does not fit is refused.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use ichor::stage::lock::{Envelope, Lock};

use crate::support::copy;
use crate::support::git::git;
use crate::support::opened::{age, lock, manifests};
use crate::support::peer::{Peer, needs};
use crate::support::program::ICHOR;
use crate::support::program::filter;
use crate::support::repository;
use crate::support::workspace::Workspace;

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.is_symlink() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|it| it == part)
}

/// A secret in the forms it might slip out in; base64 at each of the three offsets it may stand at.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let trimmed = secret.trim();
    let mut forms = vec![trimmed.as_bytes().to_vec()];
    for offset in 0..3 {
        let padded = [&vec![b' '; offset][..], trimmed.as_bytes()].concat();
        let encoded = filter(Command::new("base64").args(["-w0"]), &padded);
        // The characters at the ends depend on what stands beside the secret.
        forms.push(encoded[4..encoded.len() - 4].to_vec());
    }
    let hex: String = trimmed.bytes().map(|it| format!("{it:02x}")).collect();
    forms.extend([hex.to_uppercase().into_bytes(), hex.into_bytes()]);
    // The lines of a text, for where it is indented or folded. The first seven of a key hold the modulus, which is public.
    let public = if trimmed.contains("RSA PRIVATE KEY") { 7 } else { 0 };
    let lines = trimmed.lines().skip(public).filter(|it| it.len() >= 20 && !it.starts_with("-----"));
    forms.extend(lines.map(|it| it.as_bytes().to_vec()));
    forms
}

#[test]
fn a_whole_session_leaves_no_secret_behind() {
    needs!(Age);
    let workspace = Workspace::quickstart();
    let session = tempfile::tempdir().expect("a folder");
    let opened = session.path().join("opened");
    let mut printed: Vec<(String, Vec<u8>)> = Vec::new();
    let mut secrets: BTreeMap<String, String> = BTreeMap::new();
    let clear = fs::read(repository().join("tests/data/pins/secret.yaml")).expect("a file");
    workspace.write("secret.yaml.age", filter(Peer::Age.command().args(["-r", workspace.recipient()]), &clear));
    let data = repository().join("tests/data/pins");
    copy(&data.join("app"), &workspace.at("app"));
    let spec = workspace.read("ichor.yaml");
    workspace.write("ichor.yaml", format!("{spec}  - {{name: app, chart: ./app, secretValues: [secret.yaml.age]}}\n"));
    let opened_name = opened.display().to_string();
    let runs: [&[&str]; 15] = [
        &["lock"],
        &["lock", "-i", "key.txt"],
        &["certs"],
        &["certs", "--format", "json"],
        &["build"],
        &["build", "--rebuild", "-o", "bundle.tar.gz"],
        &["verify"],
        &["open", "-i", "key.txt", "-o", &opened_name],
        &["rotate", "relay.beacon", "-i", "key.txt"],
        &["rotate", "beacon-ca", "--step", "1", "-i", "key.txt"],
        &["rotate", "--all", "--step", "2", "-i", "key.txt"],
        &["reseal", "-i", "key.txt"],
        &["build"],
        &["open", "result", "-i", "ichor.yaml"],
        &["open", "nothing", "-i", "key.txt"],
    ];
    for args in runs {
        let run = workspace.run(args);
        printed.push((format!("{args:?}"), [run.0.stdout.clone(), run.0.stderr.clone()].concat()));
        if !workspace.exists("lockfiles/quickstart.lock") {
            continue;
        }
        for (part, locked) in lock(&workspace).parts {
            for (name, pin) in locked.pins {
                for envelope in pin.sealed.iter().chain(pin.successor.iter().map(|it| &it.sealed)) {
                    secrets.entry(envelope.0.clone()).or_insert_with(|| age(&workspace, &envelope.0));
                }
                let _ = (&part, &name);
            }
        }
    }
    assert!(secrets.len() > 12, "only {} secrets", secrets.len());
    let texts: Vec<(String, Vec<u8>)> = files(workspace.path())
        .into_iter()
        .filter(|it| !it.ends_with("key.txt") && !it.starts_with(workspace.path().join("app")))
        .flat_map(|path| {
            let bytes = fs::read(&path).expect("a file");
            let name = path.display().to_string();
            if name.ends_with(".tar.gz") || name.ends_with("result") {
                vec![(format!("{name} unpacked"), filter(Command::new("gunzip").args(["-c"]), &bytes)), (name, bytes)]
            } else {
                vec![(name, bytes)]
            }
        })
        .chain(printed)
        .collect();
    assert!(texts.iter().any(|(name, _)| name.contains("unpacked")));
    for (name, text) in &texts {
        assert!(!contains(text, b"PRIVATE KEY-----"), "{name} holds a private key");
        assert!(!contains(text, b"AGE-SECRET-KEY"), "{name} holds an identity");
    }
    for secret in secrets.values() {
        for form in forms(secret).iter().filter(|it| it.len() >= 8) {
            for (name, text) in &texts {
                assert!(!contains(text, form), "{name} holds a secret as {}", String::from_utf8_lossy(form));
            }
        }
    }
    assert_eq!(fs::metadata(&opened).expect("written").permissions().mode() & 0o777, 0o600);
    let patch = fs::read_to_string(&opened).expect("text");
    assert!(
        contains(patch.as_bytes(), b"LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tL"),
        "open prints what it was told to"
    );
}

#[test]
fn secrets_are_not_written_where_git_or_others_take_them() {
    needs!(Git);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    let refused = |path: &str, word: &str| {
        let run = workspace.run(&["open", "-i", "key.txt", "-o", path]);
        assert_eq!(run.code(), 2, "{path}: {}", run.stderr());
        assert!(run.stderr().contains(word) && run.stderr().contains("--force"), "{path}: {}", run.stderr());
    };
    let written = |path: &str| {
        workspace.done(&["open", "-i", "key.txt", "-o", path]);
        let mode = fs::metadata(workspace.path().join(path)).expect("written").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    };
    written("patch.yaml");
    written("patch.yaml");
    workspace.write("open.yaml", "there already");
    refused("open.yaml", "others can read");
    assert_eq!(workspace.read("open.yaml"), "there already");
    fs::create_dir(workspace.path().join("shared")).expect("made");
    fs::set_permissions(workspace.path().join("shared"), fs::Permissions::from_mode(0o777)).expect("set");
    refused("shared/patch.yaml", "everyone can write");
    fs::set_permissions(workspace.path().join("shared"), fs::Permissions::from_mode(0o1777)).expect("set");
    written("shared/patch.yaml");

    let git = |args: &[&str]| {
        let done = git(workspace.path(), args);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "-q"]);
    refused("fresh.yaml", "not ignored");
    refused("new/folder/fresh.yaml", "not ignored");
    workspace.write(".gitignore", "*.secret\ntracked.secret\n");
    written("patch.secret");
    workspace.write("tracked.secret", "x");
    fs::set_permissions(workspace.path().join("tracked.secret"), fs::Permissions::from_mode(0o600)).expect("set");
    git(&["add", "-f", "tracked.secret"]);
    refused("tracked.secret", "git tracks");
    assert_eq!(workspace.read("tracked.secret"), "x");
    workspace.done(&["open", "-i", "key.txt", "-o", "fresh.yaml", "--force"]);
    assert_eq!(fs::metadata(workspace.path().join("fresh.yaml")).expect("written").permissions().mode() & 0o777, 0o600);
    // The standard output is where a shell put it.
    workspace.done(&["open", "-i", "key.txt"]);
}

/// Writes a lock that was changed by hand, but is canonical.
fn write(workspace: &Workspace, lock: &Lock) {
    workspace.write("lockfiles/quickstart.lock", lock.encode());
}

#[test]
fn a_pin_that_contradicts_itself_is_named() {
    needs!(AgeKeygen);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "good.tar.gz"]);
    let good = lock(&workspace);
    let pins = |lock: &mut Lock| std::mem::take(&mut lock.parts.get_mut("beacon").expect("a part").pins);
    let with = |name: &str, change: &dyn Fn(&mut ichor::stage::lock::Pin)| {
        let mut changed = good.clone();
        let mut all = pins(&mut changed);
        change(all.get_mut(name).expect("a pin"));
        changed.parts.get_mut("beacon").expect("a part").pins = all;
        write(&workspace, &changed);
    };
    let refused = |args: &[&str], words: &[&str]| {
        let before = workspace.read("lockfiles/quickstart.lock");
        let run = workspace.run(args);
        assert_eq!(run.code(), 2, "{args:?}: {}", run.stderr());
        assert!(words.iter().all(|it| run.stderr().contains(it)), "{args:?}: {}", run.stderr());
        assert_eq!((run.stdout(), workspace.read("lockfiles/quickstart.lock")), (String::new(), before));
        assert!(!workspace.exists("out"), "{args:?}");
    };
    let build = ["build", "-o", "out"];
    let other = good.parts["beacon"].pins["quickstart.beacon.example.com"].clone();

    // The public half.
    with("relay.beacon", &|it| it.certificate.as_mut().expect("one").subject = "CN=other".into());
    refused(&build, &["L004", "beacon/relay.beacon", "`subject`"]);
    with("relay.beacon", &|it| it.certificate.as_mut().expect("one").not_after = jiff::Timestamp::MAX);
    refused(&build, &["beacon/relay.beacon"]);
    with("relay.beacon", &|it| it.certificate.as_mut().expect("one").pem.push_str("more\n"));
    refused(&build, &["beacon/relay.beacon", "`pem`"]);
    with("relay.beacon", &|it| it.certificate.as_mut().expect("one").pem.truncate(300));
    refused(&build, &["beacon/relay.beacon", "certificate"]);
    with("relay.beacon", &|it| it.sealed = None);
    refused(&build, &["beacon/relay.beacon", "no sealed key"]);
    with("relay.beacon", &|it| it.certificate = other.certificate.clone());
    refused(&build, &["L008", "beacon"]);

    // An envelope cut short, altered, of another pin, or of nobody.
    with("relay.beacon", &|it| it.sealed.as_mut().expect("one").0.truncate(200));
    refused(&build, &["beacon/relay.beacon", "cut short"]);
    let altered = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let middle = lines.len() / 2;
        lines[middle] = lines[middle].chars().rev().collect();
        lines.join("\n") + "\n"
    };
    with("relay.beacon", &|it| it.sealed = it.sealed.as_ref().map(|it| Envelope(altered(&it.0))));
    refused(&["reseal", "-i", "key.txt"], &["A001", "beacon/relay.beacon", "damaged"]);
    refused(&["rotate", "beacon-ca", "--step", "1", "-i", "key.txt"], &["beacon/relay.beacon"]);
    workspace.done(&["build", "-o", "bundle.tar.gz"]);
    refused(&["open", "bundle.tar.gz", "-i", "key.txt", "-o", "out"], &["beacon/relay.beacon", "damaged"]);
    with("relay.beacon", &|it| it.sealed = other.sealed.clone());
    refused(&["reseal", "-i", "key.txt"], &["P003", "beacon/relay.beacon"]);
    refused(&["rotate", "beacon-ca", "--step", "1", "-i", "key.txt"], &["P003", "beacon/relay.beacon"]);
    refused(&build, &["P003", "beacon/relay.beacon"]);
    // The CA's key is another: nothing is signed with it.
    with("beacon-ca", &|it| it.sealed = other.sealed.clone());
    workspace.write("values.yaml", "cluster: elsewhere\n");
    refused(&["lock", "-i", "key.txt"], &["beacon/beacon-ca", "not that of"]);
    filter(Peer::AgeKeygen.command().arg("-o").arg(workspace.at("wrong.txt")), b"");
    refused(&["open", "good.tar.gz", "-i", "wrong.txt", "-o", "out"], &["A001", "beacon/"]);
    write(&workspace, &good);
    refused(&["lock", "-i", "wrong.txt"], &["beacon/beacon-ca.key", "none of the identities"]);
}

#[test]
fn no_pin_is_taken_for_the_key_of_another() {
    needs!(Openssl);
    let workspace = Workspace::new();
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    let pair = |name: &str| format!("{name}: |{{{{ printf \"%s%s\" ${name}.Cert ${name}.Key | nindent 2 }}}}\n");
    let template =
        "{{ $leaf := genSelfSignedCert \"x.key\" nil nil 9 }}{{ $ca := genCA \"x\" 9 }}kind: X\nmetadata: {name: x}\n";
    workspace.write("app/templates/x.yaml", format!("{template}{}{}", pair("leaf"), pair("ca")));
    let parts = "parts: [{name: app, chart: ./app}]";
    let recipient = workspace.recipient();
    workspace.write("ichor.yaml", format!("bundle: app\ntalos: \"1.12\"\nrecipients: [{recipient}]\n{parts}\n"));
    workspace.done(&["lock"]);
    workspace.done(&["build", "--no-check"]);
    let opened = manifests(&workspace.done(&["open", "-i", "key.txt"])).remove("00-app").expect("a manifest");
    let (leaf, ca) = opened.split_once("\nca:").expect("both");
    for (name, text) in [("leaf", leaf), ("ca", ca)] {
        let start = text.find(" -----BEGIN").expect("PEM");
        workspace.write(name, text[start..].lines().map(|it| format!("{}\n", it.trim())).collect::<String>());
        let path = workspace.path().join(name);
        let public = |args: &[&str]| filter(Peer::Openssl.command().args(args).arg("-in").arg(&path), b"");
        assert_eq!(public(&["x509", "-noout", "-pubkey"]), public(&["pkey", "-pubout"]), "{name}");
    }
    // The same by hand is refused.
    let mut lock = lock(&workspace);
    let pins = &mut lock.parts.get_mut("app").expect("the part").pins;
    let leaf = pins.keys().find(|it| it.starts_with("x.key")).expect("the leaf").clone();
    let ca = pins.keys().find(|it| !it.starts_with("x.key")).expect("the CA").clone();
    let (leaf, ca) = (pins.remove(&leaf).expect("it is there"), pins.remove(&ca).expect("it is there"));
    pins.extend([("x.key".to_owned(), leaf), ("x".to_owned(), ca)]);
    workspace.write("lockfiles/app.lock", lock.encode());
    let refused = workspace.run(&["build"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr().contains("app/x.key"), "{}", refused.stderr());
}

#[test]
fn every_kind_of_identity_opens() {
    needs!(Age, SshKeygen);
    let workspace = Workspace::quickstart();
    let ssh = |kind: &str, name: &str| {
        let path = workspace.path().join(name);
        let mut ssh_keygen = Peer::SshKeygen.command();
        filter(ssh_keygen.args(["-q", "-t", kind, "-N", "", "-C", "me@here", "-f"]).arg(path), b"");
        workspace.read(&format!("{name}.pub")).trim().to_owned()
    };
    let recipients = [ssh("ed25519", "ed"), ssh("rsa", "rsa"), workspace.recipient().to_owned()];
    let spec = workspace
        .read("ichor.yaml")
        .replace(&format!("  - {}", workspace.recipient()), &recipients.map(|it| format!("  - {it}")).join("\n"));
    workspace.write("ichor.yaml", spec);
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    let opened = workspace.done(&["open", "-i", "key.txt"]);
    assert_eq!(workspace.done(&["open", "-i", "ed"]), opened);
    assert_eq!(workspace.done(&["open", "-i", "rsa"]), opened);
    let from_environment = workspace.command(&["open"]).env("ICHOR_IDENTITY", "ed").output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&from_environment.stdout), opened);
    // The real age opens each envelope with each of them.
    for pin in lock(&workspace).parts["beacon"].pins.values() {
        let envelope = pin.sealed.as_ref().expect("sealed").0.as_bytes();
        let open = |key: &str| filter(Peer::Age.command().args(["-d", "-i"]).arg(workspace.at(key)), envelope);
        assert!(open("ed").starts_with(b"-----BEGIN RSA PRIVATE KEY-----"));
        assert_eq!(open("ed"), open("rsa"));
        assert_eq!(open("ed"), open("key.txt"));
    }
    assert_eq!(manifests(&opened).len(), 2);
}

#[test]
fn a_plugin_seals_and_opens() {
    needs!(Python);
    let workspace = Workspace::quickstart();
    let data = repository().join("tests/data/pins");
    let path = format!("{}:{}", data.display(), std::env::var("PATH").unwrap_or_default());
    let keys = filter(Command::new(data.join("age-plugin-test")).arg("keys"), b"");
    let keys = String::from_utf8(keys).expect("text");
    let (recipient, identity) = keys.trim().split_once('\n').expect("a pair");
    workspace.write("plugin.txt", identity);
    let spec = workspace.read("ichor.yaml").replace(workspace.recipient(), recipient);
    workspace.write("ichor.yaml", spec);
    for args in [&["lock"][..], &["build"], &["open", "-i", "plugin.txt", "-o", "opened"]] {
        let mut command = workspace.command(args);
        command.env("PATH", &path).env("AGE_PLUGIN_TRANSCRIPT", workspace.at(&format!("{}.said", args[0])));
        let run = command.output().expect("it runs");
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    }
    // The phases of C2SP's age-plugin: all that is asked, then the answers. A word that a plugin does not know may stand
    // anywhere in the first.
    let phases = |verb: &str, asked: &[&str]| -> Vec<String> {
        let said = workspace.read(&format!("{verb}.said"));
        let first = said.split("\n= ").next().expect("one run").lines().map(str::to_owned);
        let known = ["=", "<", "> ok", "> done"].into_iter().chain(asked.iter().copied());
        let known: Vec<&str> = known.collect();
        // Stanzas that nobody knows are strewn in, so that none minds them.
        let first = first.filter(|line| !line.contains("-grease"));
        first.filter(|line| known.iter().any(|it| line.starts_with(it))).collect()
    };
    let wrapped = phases("lock", &["> add-", "> wrap-file-key"]);
    let added = format!("> add-recipient {recipient}");
    let asked = ["= --age-plugin=recipient-v1", &added, "> wrap-file-key", "> done"];
    assert_eq!(wrapped, [&asked[..], &["< recipient-stanza 0 test", "> ok", "< done"]].concat());
    let opened = phases("open", &["> add-", "> recipient-stanza"]);
    assert!(!workspace.exists("build.said"), "a build asks no plugin");
    let (added, place) = (format!("> add-identity {identity}"), opened.get(3).cloned().unwrap_or_default());
    assert!(place.starts_with("> recipient-stanza 0 ") && place != "> recipient-stanza 0 test", "{opened:?}");
    let asked = ["= --age-plugin=identity-v1", &added, "> recipient-stanza 0 test", &place, "> done"];
    assert_eq!(opened, [&asked[..], &["< file-key 0", "> ok", "< done"]].concat());
    assert!(workspace.read("opened").contains("tls.key"));
    let without = workspace.run(&["open", "-i", "plugin.txt"]);
    assert!(without.code() == 2 && without.stderr().contains("age-plugin-test"), "{}", without.stderr());
}

/// Types a passphrase wherever one is asked for.
const AT_A_TERMINAL: &str = "
import os, pty, sys
answer = b'correct horse\\n'
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b''
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    if b'assphrase' in seen and seen.rstrip().endswith(b':'):
        os.write(terminal, answer)
        seen = b''
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

#[test]
fn an_identity_under_a_passphrase_opens() {
    needs!(Python);
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace.done(&["build"]);
    for args in
        [&["age", "-p", "-a", "-o", "key.age", "key.txt"][..], &[ICHOR, "open", "-i", "key.age", "-o", "opened"]]
    {
        let mut command = Peer::Python.command();
        command.arg("-c").arg(AT_A_TERMINAL).args(args).current_dir(workspace.path());
        // Else a pinentry asks, with a window of its own where there is one.
        command.env("PINENTRY_PROGRAM", "/nonexistent").env("ICHOR_STORE", workspace.path().join("store"));
        let run = command.output().expect("python3");
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stdout));
    }
    assert!(workspace.read("opened").contains("tls.key"));
}
