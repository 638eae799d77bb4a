//! What a message tells to do: never to throw away what cannot be made again, and never to run what was just run.

use std::fs;

use crate::support::charts;
use crate::support::git::{commit, git};
use crate::support::opened::lock;
use crate::support::peer::{Peer, needs};
use crate::support::program::filter;
use crate::support::server::{Answer, Server};
use crate::support::workspace::Workspace;
use crate::support::{repository, text};

const LOCK: &str = "lockfiles/quickstart.lock";

fn quickstart() -> Workspace {
    let workspace = Workspace::quickstart();
    workspace.done(&["lock"]);
    workspace
}

/// Both branches of a repository without a merge driver mint, and git leaves its marks in the lock.
#[test]
fn a_lock_with_conflict_marks_is_merged_and_loses_no_key() {
    needs!(Git);
    let workspace = quickstart();
    workspace.write(".gitignore", "/key.txt\n/store\n/home\n/cache\n/result\n");
    git(workspace.path(), &["init", "-q"]);
    commit(workspace.path(), "a");
    let before = lock(&workspace).parts["beacon"].pins.clone();
    let branch = |name: &str, replicas: &str, part: &str| {
        git(workspace.path(), &["checkout", "-qb", name, "main"]);
        workspace
            .write("more.yaml", format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {part}, namespace: a}}\n"));
        workspace.write(
            "ichor.yaml",
            workspace.read("ichor.yaml").replace("replicas: 2", replicas)
                + &format!("  - {{name: {part}, manifest: more.yaml}}\n"),
        );
        workspace.done(&["lock"]);
        commit(workspace.path(), name);
    };
    branch("one", "replicas: 3", "one");
    branch("other", "replicas: 4", "other");
    assert!(!git(workspace.path(), &["merge", "one"]).status.success());
    assert!(workspace.read(LOCK).contains("<<<<<<< "), "git left its marks");
    workspace.write("ichor.yaml", Workspace::quickstart().read("ichor.yaml"));
    workspace.seal_to_own_key("ichor.yaml");
    for call in [&["lock"][..], &["build"], &["check"], &["verify", "x"], &["rotate", "--all"], &["reseal"], &["certs"]]
    {
        let run = workspace.run(call);
        let said = run.stderr();
        if call[0] == "verify" {
            continue;
        }
        assert_eq!(run.code(), 2, "{call:?}: {said}");
        for word in ["L012", "conflict marks", "git-setup", "git checkout --merge"] {
            assert!(said.contains(word), "{call:?} does not say `{word}`: {said}");
        }
        assert!(!said.contains("delete"), "{said}");
    }
    // What it says is done.
    let setup = workspace.run(&["git-setup"]);
    assert_eq!(setup.code(), 0, "{}", setup.stderr());
    let again = git(workspace.path(), &["checkout", "--merge", "--", LOCK]);
    assert!(!workspace.read(LOCK).contains("<<<<<<<"), "{}", text(&again.stderr));
    workspace.done(&["lock"]);
    let after = lock(&workspace).parts["beacon"].pins.clone();
    assert_eq!(after, before, "every key is the one of before");
}

#[test]
fn every_kind_of_mark_is_one() {
    let workspace = quickstart();
    let whole = workspace.read(LOCK);
    for mark in ["<<<<<<< HEAD", "||||||| 1234567", ">>>>>>> theirs"] {
        for at in [0, whole.lines().count() / 2, whole.lines().count()] {
            let mut lines: Vec<&str> = whole.lines().collect();
            lines.insert(at, mark);
            workspace.write(LOCK, lines.join("\n") + "\n");
            let said = workspace.run(&["lock"]).stderr();
            assert!(said.contains("L012") && said.contains(&format!("line {}", at + 1)), "{mark}: {said}");
        }
    }
}

/// A lock holds the CAs of a cluster: whatever is wrong with it, no message says to do away with it.
#[test]
fn no_message_on_a_lock_tells_to_delete_it() {
    let workspace = quickstart();
    let whole = workspace.read(LOCK);
    let bad = [
        String::new(),
        "not: [".into(),
        "a: 1\n".into(),
        whole.replacen("format: 1", "format: 99", 1),
        whole.replacen("bundle: quickstart", "bundle:  quickstart", 1),
        whole.replacen("pins:", "pinz:", 1),
        whole.lines().take(20).collect::<Vec<_>>().join("\n"),
        whole.replacen("recipients:", "recipients: 7\nx:", 1),
    ];
    for text in bad {
        workspace.write(LOCK, &text);
        for call in [&["lock"][..], &["build"], &["check"], &["certs"], &["reseal", "-i", "key.txt"]] {
            let run = workspace.run(call);
            assert_eq!(run.code(), 2, "{call:?} of {}: {}", &text[..text.len().min(80)], run.stderr());
            let said = run.stderr();
            assert!(
                said.contains("help: ") && !said.contains("delete") && !said.contains("remove"),
                "{call:?}: {said}"
            );
            assert_eq!(workspace.read(LOCK), text, "it stays as it is");
        }
    }
}

/// The words of every message that tells to throw something away.
#[test]
fn no_message_at_all_tells_to_delete_what_cannot_be_made_again() {
    let mut open = vec![repository().join("src")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).expect("a folder").map(|it| it.expect("an entry").path()));
            continue;
        }
        for (at, line) in fs::read_to_string(&path).expect("text").lines().enumerate() {
            let bad = ["delete it and", "or delete it", "remove it and", "or remove ", "delete the lock", "rm -"];
            let is_text = line.contains('"') && !line.trim_start().starts_with("//");
            assert!(!(is_text && bad.iter().any(|it| line.contains(it))), "{}:{}: {line}", path.display(), at + 1);
        }
    }
}

#[test]
fn a_wrong_version_is_shown_where_it_stands_and_the_advice_is_no_circle() {
    let workspace = Workspace::new();
    for (path, text) in charts::files("one", "1.0.0") {
        workspace.write(&format!("one/{path}"), text);
    }
    let part = |version: &str| format!("  - name: one\n    chart: ./one\n    version: {version}\n");
    workspace.spec("", &part("1.0.0"));
    workspace.done(&["lock"]);
    for (version, code) in [("2.0.0", "V003"), ("^2", "V003"), ("one two", "V004"), ("'>=1 <'", "V004")] {
        workspace.spec("", &part(version));
        for call in ["lock", "build", "check"] {
            let run = workspace.run(&[call]);
            let said = run.stderr();
            assert!(said.contains(code) && said.contains("ichor.yaml:6:14"), "{call}: {said}");
            assert!(!said.contains("ichor lock"), "nothing is had by locking again: {said}");
            assert!(code != "V003" || said.contains("write `version: 1.0.0`"), "{said}");
        }
    }
    // A subchart whose version is asked for in a `Chart.yaml`.
    workspace.write("two/Chart.yaml", "apiVersion: v2\nname: two\nversion: 1.0.0\ndependencies: [{name: one, version: ^3, repository: 'file://../one'}]\n");
    workspace.spec("", "  - name: two\n    chart: ./two\n    version: 1.0.0\n");
    let said = workspace.run(&["lock"]).stderr();
    assert!(said.contains("V003") && said.contains("ichor.yaml:5:12") && said.contains("Chart.yaml"), "{said}");
}

#[test]
fn a_wrong_version_of_what_lies_elsewhere() {
    let site = Server::start(|_| Answer::new(200, charts::archive("one", "1.0.0")));
    let workspace = Workspace::new();
    let part = |version: &str| {
        format!("  - name: one\n    chart: http://{}/one-1.0.0.tgz\n    version: {version}\n", site.host)
    };
    let head = site.head();
    workspace.spec(&head, &part("2.0.0"));
    let said = workspace.refused(&["lock"], 2, &["V003", "ichor.yaml:7:14", "write `version: 1.0.0`"]);
    assert!(!said.contains("ichor lock"), "{said}");
    workspace.spec(&head, &part("1.0.0"));
    workspace.done(&["lock"]);
    // Offline, plain http that is not named is what is told.
    workspace.remove("cache");
    workspace.spec("", &part("1.0.0"));
    for call in [&["lock", "--offline"][..], &["lock", "--offline", "--update"], &["vendor", "--offline"]] {
        let said = workspace.refused(call, 2, &["plain http", "plainHttp"]);
        assert!(!said.contains("without `--offline`"), "{said}");
    }
}

#[test]
fn damaged_content_is_called_damaged() {
    let site =
        Server::start(|_| Answer::new(200, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n"));
    let workspace =
        Workspace::with(&site.head(), &format!("  - {{name: m, manifest: 'http://{}/m.yaml'}}\n", site.host));
    workspace.done(&["lock"]);
    workspace.done(&["vendor"]);
    for shelf in ["vendor", "cache"] {
        let blobs = workspace.at(shelf).join("blobs/sha256");
        for entry in fs::read_dir(blobs).expect("a folder") {
            fs::write(entry.expect("an entry").path(), "other").expect("written");
        }
    }
    for call in ["build", "check"] {
        let said = workspace.run(&[call]).stderr();
        assert!(said.contains("is damaged") && said.contains("ichor vendor"), "{call}: {said}");
        assert!(!said.contains("neither in vendor"), "{call}: {said}");
    }
    workspace.done(&["vendor"]);
    workspace.done(&["build"]);
}

#[test]
fn what_is_no_age_file_or_no_whole_one_is_told_in_words() {
    needs!(Age);
    let workspace = quickstart();
    workspace.done(&["build"]);
    let sealed = filter(Peer::Age.command().args(["-r", workspace.recipient()]), b"a: b\n");
    let armoured = filter(Peer::Age.command().args(["-a", "-r", workspace.recipient()]), b"a: b\n");
    let cut = |text: &[u8], by: usize| text[..text.len() - by].to_vec();
    let mut other = sealed.clone();
    *other.last_mut().expect("a byte") ^= 1;
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("first line", b"age-encryption.org/v1\n".to_vec()),
        ("no line", b"age-encryption.org/v1".to_vec()),
        ("in the header", sealed[..60].to_vec()),
        ("in the text", cut(&sealed, 10)),
        ("in the armour", cut(&armoured, 60)),
        ("another byte", other),
        ("empty", Vec::new()),
        ("a text", b"hello\n".to_vec()),
        ("no text", vec![0xff, 0xfe, 0, 1]),
    ];
    let spec = workspace.read("ichor.yaml");
    for (name, bytes) in files {
        workspace.write("bad.age", bytes);
        workspace.write(
            "s.yaml",
            spec.replace("namespace: kube-system", "namespace: kube-system\n    secretValues: [bad.age]"),
        );
        for call in [
            &["open", "-i", "bad.age"][..],
            &["lock", "s.yaml", "-i", "key.txt"],
            &["lock", "--import", "bad.age", "-i", "key.txt"],
            &["open", "bad.age", "-i", "key.txt"],
            &["verify", "bad.age"],
        ] {
            let run = workspace.run(call);
            let said = run.stderr();
            assert_eq!(run.code(), 2, "{name}, {call:?}: {said}");
            assert!(said.contains("bad.age"), "{name}, {call:?}: the file is named: {said}");
            for jargon in
                ["fill whole buffer", "Incomplete", "Invalid MAC", "gzip header", "unexpected end of file", "deflate"]
            {
                assert!(!said.contains(jargon), "{name}, {call:?}: {said}");
            }
        }
    }
}

#[test]
fn what_a_message_quotes_is_cut() {
    let workspace = Workspace::new();
    let long = "x".repeat(90_000);
    for parts in [
        format!("  - {{name: a, manifest: \"{long}\"}}\n"),
        format!("  - {{name: a, chart: \"{long}\"}}\n"),
        format!("  - {{name: a, chart: ./c, values: [{{a: \"{long}\"}}], nope: 1}}\n"),
        format!("  - {{name: \"{long}\", chart: ./c}}\n"),
        format!("  - {{name: a, chart: ./c, {long}: 1}}\n"),
        format!("  - {{name: a, chart: ./c, version: \"{long}\"}}\n"),
        format!("  - {{name: a, chart: \"oci://{long}/a\"}}\n"),
    ] {
        workspace.spec("", &parts);
        for call in ["lock", "check", "build"] {
            let run = workspace.run(&[call]);
            assert!(
                (run.code() != 0 || call == "check") && run.stderr().len() < 6_000,
                "{call}: {} bytes",
                run.stderr().len()
            );
        }
    }
    let workspace = quickstart();
    workspace.write(LOCK, format!("a: {long}\n{}", workspace.read(LOCK)));
    assert!(workspace.run(&["lock"]).stderr().len() < 6_000);
}

#[test]
fn an_unknown_key_is_reported_once() {
    let workspace = Workspace::new();
    for parts in [
        "  - {name: a, chart: ./c, namespce: x}\n",
        "  - {name: a, manifest: ./c, sha265: x}\n",
        "  - {name: a, chart: ./c, name: x}\n",
        "  - {name: a, nme: ./c}\n",
        "  - {name: a, chart: ./c, manifest: x, nme: 1}\n",
    ] {
        workspace.spec("", parts);
        let said = workspace.run(&["lock"]).stderr();
        assert_eq!(said.matches("error[S001]").count() + said.matches("error[S002]").count(), 1, "{parts}: {said}");
    }
    // Nor is it said to be missing what it was meant to be.
    for parts in ["  - {nme: a, manifest: ./c}\n", "  - {name: a, manifst: ./c}\n", "  - {name: a, charts: ./c}\n"] {
        workspace.spec("", parts);
        let said = workspace.run(&["lock"]).stderr();
        assert!(said.matches("error[").count() == 1 && said.contains("error[S001]"), "{parts}: {said}");
    }
}

/// A key where a path, a name or a recipient is meant: every error quotes what it was given, and none shows this.
#[test]
fn a_private_key_in_a_wrong_place_is_not_shown() {
    let workspace = quickstart();
    workspace.done(&["build"]);
    let key = workspace.read("key.txt").lines().find(|it| it.starts_with("AGE-SECRET-KEY-")).expect("a key").to_owned();
    let spec = workspace.read("ichor.yaml");
    let named: Vec<Vec<&str>> = [
        &["open", "KEY"][..],
        &["open", "result", "-i", "KEY"],
        &["open", "result", "-o", "KEY/x", "-i", "missing"],
        &["open", "result", "--for", "KEY", "-i", "key.txt"],
        &["open", "--KEY"],
        &["KEY"],
        &["lock", "KEY"],
        &["lock", "--import", "KEY"],
        &["lock", "--update", "KEY"],
        &["lock", "--clock", "KEY"],
        &["build", "KEY"],
        &["check", "KEY"],
        &["verify", "KEY"],
        &["diff", "KEY"],
        &["certs", "KEY"],
        &["images", "KEY"],
        &["rotate", "KEY", "-i", "key.txt"],
        &["reseal", "-i", "KEY"],
        &["push", "KEY"],
        &["pull", "oci://localhost:1/KEY"],
        &["init", "new", "--yes", "-r", "KEY"],
        &["init", "new", "--yes", "--name", "KEY"],
        &["init", "new", "--yes", "-R", "KEY"],
        &["template", "KEY", "x"],
        &["template", "x", "./chart", "-f", "KEY"],
        &["show", "values", "KEY"],
        &["upgrade", "KEY", "1"],
    ]
    .iter()
    .map(|it| it.to_vec())
    .collect();
    for args in &named {
        let args: Vec<String> = args.iter().map(|it| it.replace("KEY", &key)).collect();
        let run = workspace.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_ne!(run.code(), 0, "{args:?}");
        assert!(!(run.stdout() + &run.stderr()).contains(&key[20..40]), "{args:?}: {}", run.stderr());
    }
    for (from, to) in [
        (format!("- {}", workspace.recipient()), format!("- {key}")),
        ("bundle: quickstart".to_owned(), format!("bundle: {key}")),
        ("chart: ./chart".to_owned(), format!("chart: {key}")),
        ("version: 0.1.0".to_owned(), format!("version: {key}")),
        ("version: 0.1.0".to_owned(), format!("versoin: {key}")),
        ("manifest: network.yaml".to_owned(), format!("manifest: {key}")),
        ("namespace: kube-system".to_owned(), format!("namespace: {key}")),
    ] {
        assert!(spec.contains(&from), "{from}");
        workspace.write("ichor.yaml", spec.replace(&from, &to));
        for call in ["lock", "check", "build"] {
            let run = workspace.run(&[call]);
            assert!(!(run.stdout() + &run.stderr()).contains(&key[20..40]), "{call}, {from}: {}", run.stderr());
        }
    }
}
