//! The merge driver: what git makes of two branches is what locking the joined spec gives, or it stops and says what to do.

use std::collections::BTreeMap;

use crate::support::git::{commit, git};
use crate::support::peer::needs;
use crate::support::program::ICHOR;
use crate::support::text;
use crate::support::workspace::Workspace;

/// A generator of choices that is the same on every run.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What a spec says: parts by name with what their content is made from, and the version of Kubernetes.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    kubernetes: u64,
    parts: BTreeMap<String, Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Manifest(u64),
    /// A chart that prints the version of Kubernetes, and asks for a pinned word.
    Chart(u64),
}

impl Wanted {
    /// Changes a few things, as a branch does.
    fn changed(&self, choices: &mut Choices) -> Wanted {
        let mut new = self.clone();
        for _ in 0..=choices.below(2) {
            let name = format!("p{}", choices.below(8));
            let number = choices.below(1_000);
            match choices.below(12) {
                0 => {
                    new.parts.remove(&name);
                }
                1 => new.kubernetes = 30 + choices.below(5),
                2..=5 => {
                    new.parts.insert(name, Kind::Chart(number));
                }
                _ => {
                    new.parts.insert(name, Kind::Manifest(number));
                }
            }
        }
        new
    }

    /// What both branches want, where they do not want different things of one part.
    fn joined(base: &Wanted, ours: &Wanted, theirs: &Wanted) -> Option<Wanted> {
        fn one<T: Clone + PartialEq>(base: T, ours: T, theirs: T) -> Option<T> {
            if ours == theirs || base == theirs { Some(ours) } else { (base == ours).then_some(theirs) }
        }
        let mut parts = BTreeMap::new();
        for name in base.parts.keys().chain(ours.parts.keys()).chain(theirs.parts.keys()) {
            let of = |it: &Wanted| it.parts.get(name).copied();
            if let Some(kind) = one(of(base), of(ours), of(theirs))? {
                parts.insert(name.clone(), kind);
            }
        }
        Some(Wanted { kubernetes: one(base.kubernetes, ours.kubernetes, theirs.kubernetes)?, parts })
    }

    fn write(&self, workspace: &Workspace) {
        let recipient = workspace.recipient();
        let mut spec = format!(
            "bundle: b\ntalos: \"1.12\"\nkubernetes: \"1.{}.0\"\nrecipients: [{recipient}]\nparts:\n",
            self.kubernetes
        );
        for (name, kind) in &self.parts {
            match kind {
                Kind::Manifest(number) => {
                    spec.push_str(&format!("  - name: {name}\n    manifest: m/{name}.yaml\n"));
                    workspace.write(
                        &format!("m/{name}.yaml"),
                        format!(
                            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{x: '{number}'}}\n"
                        ),
                    );
                }
                Kind::Chart(number) => {
                    spec.push_str(&format!("  - name: {name}\n    chart: ./c\n    values: [{{number: {number}}}]\n"));
                }
            }
        }
        workspace.write("ichor.yaml", spec);
        workspace.write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
        workspace.write("c/templates/a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Release.Name }}}\nstringData:\n  n: \"{{ .Values.number }}\"\n  k: {{ .Capabilities.KubeVersion }}\n  w: {{ randAlphaNum 8 | quote }}\n  u: {{ uuidv4 }}\n");
    }
}

#[test]
fn a_hundred_pairs_of_branches_merge_or_say_why_not() {
    needs!(Git);
    let workspace = Workspace::new();
    let folder = workspace.path();
    workspace.write(".gitignore", "key.txt\nstore\n");
    git(folder, &["init", "-q", "-b", "main"]);
    workspace.done(&["git-setup"]);
    let mut choices = Choices(42);
    let mut merged = 0;
    let mut stopped = 0;
    for round in 0..100 {
        let mut base = Wanted { kubernetes: 34, parts: BTreeMap::new() };
        for number in 0..3 + choices.below(3) {
            let kind = if choices.below(2) == 0 { Kind::Manifest(number) } else { Kind::Chart(number) };
            base.parts.insert(format!("p{number}"), kind);
        }
        let (ours, theirs) = (base.changed(&mut choices), base.changed(&mut choices));
        let start = format!("base{round}");
        git(folder, &["checkout", "-q", "--orphan", &start]);
        let lock = |wanted: &Wanted, message: &str| {
            wanted.write(&workspace);
            workspace.done(&["lock", "-i", "key.txt"]);
            git(folder, &["add", "-A"]);
            git(folder, &["commit", "-q", "--allow-empty", "-m", message]);
        };
        lock(&base, "base");
        git(folder, &["checkout", "-q", "-b", &format!("theirs{round}")]);
        lock(&theirs, "theirs");
        git(folder, &["checkout", "-q", "-b", &format!("ours{round}"), &start]);
        lock(&ours, "ours");
        let output = git(folder, &["merge", "-q", "--no-edit", &format!("theirs{round}")]);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        let joined = Wanted::joined(&base, &ours, &theirs);
        let unmerged = text(&git(folder, &["diff", "--name-only", "--diff-filter=U"]).stdout);
        if unmerged.lines().any(|it| it == "lockfiles/b.lock") {
            stopped += 1;
            assert!(
                said.contains("then run `ichor lock`") && said.contains("git add lockfiles/b.lock"),
                "{round}: {said}"
            );
            // What the message says is enough, whatever the specs become.
            joined.unwrap_or(ours).write(&workspace);
            workspace.done(&["lock", "-i", "key.txt"]);
        } else {
            merged += 1;
            let joined = joined.unwrap_or_else(|| panic!("{round}: {base:?} {ours:?} {theirs:?} merged"));
            // The specs may conflict where they touch neighbouring lines; the lock does not.
            joined.write(&workspace);
            let before = workspace.read("lockfiles/b.lock");
            let locked = workspace.run(&["lock", "-i", "key.txt"]);
            assert!(
                locked.stderr().contains("unchanged"),
                "{round}: {base:?} {ours:?} {theirs:?}: {}",
                locked.stderr()
            );
            assert_eq!(workspace.read("lockfiles/b.lock"), before);
        }
        git(folder, &["add", "-A"]);
        git(folder, &["commit", "-q", "--allow-empty", "-m", "merged"]);
    }
    println!("{merged} merged, {stopped} stopped");
    assert!(merged >= 30 && stopped >= 10, "{merged} merged, {stopped} stopped");
}

#[test]
fn git_shows_locks_without_envelopes_and_setup_is_undone() {
    needs!(Git);
    let workspace = Workspace::quickstart();
    workspace.write(".gitignore", "key.txt\nstore\n");
    git(workspace.path(), &["init", "-q"]);
    workspace.done(&["lock", "-i", "key.txt"]);
    commit(workspace.path(), "one");
    let before = workspace.read(".git/config");
    workspace.done(&["git-setup"]);
    workspace.done(&["git-setup"]);
    workspace.write(
        "network.yaml",
        format!("{}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: more}}\n", workspace.read("network.yaml")),
    );
    workspace.done(&["lock", "-i", "key.txt"]);
    let said = text(&git(workspace.path(), &["diff", "lockfiles"]).stdout);
    assert!(said.contains("+  network: v1 Namespace more") || said.contains("v1 Namespace more"), "{said}");
    assert!(!said.contains("AGE ENCRYPTED") && !said.contains("BEGIN CERTIFICATE"), "{said}");
    workspace.done(&["git-setup", "--undo"]);
    assert_eq!(workspace.read(".git/config"), before);
    assert!(!workspace.path().join(".git/info/attributes").exists(), "it was not there before");
    // What the user wrote stays as it is, to the last byte.
    for own in ["*.lock -diff", "# mine\r\n*.lock text\r\n", "a\n\nb\n"] {
        workspace.write(".git/info/attributes", own);
        workspace.write(".git/config", format!("{before}[x]\n\ty = z"));
        workspace.done(&["git-setup"]);
        workspace.done(&["git-setup"]);
        assert!(workspace.read(".git/info/attributes").ends_with(own));
        workspace.done(&["git-setup", "--undo"]);
        assert_eq!(workspace.read(".git/info/attributes"), own);
        assert_eq!(workspace.read(".git/config").trim_end(), format!("{before}[x]\n\ty = z"));
    }
}

/// Where git keeps its settings elsewhere than in `.git`, and where folders have names with spaces.
#[test]
fn worktrees_submodules_and_folders_below_merge_by_parts_too() {
    needs!(Git);
    let workspace = Workspace::new();
    workspace.write(".gitignore", "key.txt\nstore\n");
    git(workspace.path(), &["init", "-q", "-b", "main", "my infra"]);
    let top = workspace.path().join("my infra");
    std::fs::create_dir_all(top.join("the lab/lockfiles")).expect("made");
    let spec = |parts: &[(&str, u64)]| {
        let mut spec = format!("bundle: b\ntalos: \"1.12\"\nrecipients: [{}]\nparts:\n", workspace.recipient());
        for (name, number) in parts {
            workspace.write(
                &format!("{name}.yaml"),
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{x: '{number}'}}\n"),
            );
            spec.push_str(&format!("  - name: {name}\n    manifest: {name}.yaml\n"));
        }
        spec
    };
    let write = |folder: &std::path::Path, parts: &[(&str, u64)]| {
        let spec = spec(parts);
        std::fs::write(folder.join("ichor.yaml"), spec).expect("written");
        for (name, _) in parts {
            std::fs::copy(workspace.path().join(format!("{name}.yaml")), folder.join(format!("{name}.yaml")))
                .expect("copied");
        }
        workspace.done(&["lock", folder.to_str().expect("text")]);
    };
    let lab = top.join("the lab");
    write(&lab, &[("a", 1), ("b", 1)]);
    commit(&top, "base");
    // The same in a worktree of it, and as a submodule of another.
    git(&top, &["branch", "side"]);
    git(&top, &["worktree", "add", "-q", "../work tree", "-b", "tree"]);
    git(workspace.path(), &["init", "-q", "-b", "main", "outer"]);
    let outer = workspace.path().join("outer");
    let url = top.display().to_string();
    let added = git(&outer, &["-c", "protocol.file.allow=always", "submodule", "add", "-q", &url, "in ner"]);
    assert!(added.status.success(), "{}", text(&added.stderr));
    let inner = outer.join("in ner");
    for (place, start) in [(top.clone(), "main"), (workspace.path().join("work tree"), "tree"), (inner, "main")] {
        let lab = place.join("the lab");
        let called = std::process::Command::new(ICHOR).arg("git-setup").current_dir(&lab).output();
        assert!(called.expect("it runs").status.success());
        for (verb, theirs) in [("merge", "m"), ("rebase", "r"), ("cherry-pick", "c")] {
            git(&place, &["checkout", "-q", "-B", &format!("{theirs}1"), start]);
            write(&lab, &[("a", 2), ("b", 1)]);
            commit(&place, "ours");
            git(&place, &["checkout", "-q", "-B", &format!("{theirs}2"), start]);
            write(&lab, &[("a", 1), ("b", 2)]);
            commit(&place, "theirs");
            let output = match verb {
                "merge" => git(&place, &["merge", "-q", "--no-edit", &format!("{theirs}1")]),
                "rebase" => git(&place, &["rebase", "-q", &format!("{theirs}1")]),
                _ => git(&place, &["cherry-pick", &format!("{theirs}1")]),
            };
            assert!(output.status.success(), "{verb} in {place:?}: {}", text(&output.stderr) + &text(&output.stdout));
            let said = workspace.run(&["lock", lab.to_str().expect("text")]);
            assert!(said.stderr().contains("unchanged"), "{verb} in {place:?}: {}", said.stderr());
            // The same part on both sides cannot be joined: git stops, and it is said what to do.
            git(&place, &["checkout", "-q", "-B", &format!("{theirs}3"), start]);
            write(&lab, &[("a", 3), ("b", 1)]);
            commit(&place, "also");
            let output = match verb {
                "merge" => git(&place, &["merge", "-q", "--no-edit", &format!("{theirs}1")]),
                "rebase" => git(&place, &["rebase", "-q", &format!("{theirs}1")]),
                _ => git(&place, &["cherry-pick", &format!("{theirs}1")]),
            };
            let said = text(&output.stderr) + &text(&output.stdout);
            assert!(
                !output.status.success() && said.contains("the lab/lockfiles/b.lock: join the specs first"),
                "{said}"
            );
            assert!(said.contains("git add 'the lab/lockfiles/b.lock'"), "it can be pasted: {said}");
            git(&place, &[verb, "--abort"]);
        }
        let undone = std::process::Command::new(ICHOR).args(["git-setup", "--undo"]).current_dir(&lab).output();
        assert!(undone.expect("it runs").status.success());
        assert!(!text(&git(&place, &["config", "--list"]).stdout).contains("ichor-lock"));
    }
}

#[test]
fn what_is_no_lock_is_merged_line_by_line() {
    needs!(Git);
    let workspace = Workspace::quickstart();
    let mine = (1..=9).map(|it| format!("line {it}\n")).collect::<String>();
    let write = |name: &str, from: &str, to: &str| workspace.write(name, mine.replace(from, to));
    write("base", "", "");
    write("ours", "line 1\n", "first\n");
    write("theirs", "line 9\n", "last\n");
    let run = workspace.run(&["git-merge", "base", "ours", "theirs", "lockfiles/other.lock"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(run.stderr().contains("lockfiles/other.lock: merged line by line"), "{}", run.stderr());
    assert_eq!(workspace.read("ours"), mine.replace("line 1\n", "first\n").replace("line 9\n", "last\n"));
    write("ours", "line 9\n", "end\n");
    assert_eq!(workspace.run(&["git-merge", "base", "ours", "theirs", "x"]).code(), 1);
    assert!(workspace.read("ours").contains("<<<<<<< ours"), "{}", workspace.read("ours"));
}
