//! The jobs of examples/ci, their scripts run as the runners run them: one comment, kept up to date, and none of others touched.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::support::git::{commit, git};
use crate::support::peer::{Peer, needs};
use crate::support::program::ICHOR;
use crate::support::repository;
use crate::support::text;
use crate::support::workspace::Workspace;

/// A repository with a base, a branch that changes a role, and another change on top of it.
fn pulled() -> (Workspace, [String; 3]) {
    let workspace = Workspace::quickstart();
    workspace.write(".gitignore", "key.txt\nstore\n*.md\n*.html\n*.json\nbin\nport\nsummary\n");
    workspace.done(&["lock", "-i", "key.txt"]);
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    let mut commits = Vec::new();
    for verbs in ["", "[get]", "[get, list]"] {
        if !verbs.is_empty() {
            workspace.write(
                "chart/templates/role.yaml",
                format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: planted}}\nrules: [{{apiGroups: [''], resources: [secrets], verbs: {verbs}}}]\n"),
            );
            workspace.done(&["lock", "-i", "key.txt"]);
        }
        commit(workspace.path(), "next");
        commits.push(text(&git(workspace.path(), &["rev-parse", "HEAD"]).stdout).trim().to_owned());
    }
    (workspace, commits.try_into().expect("three"))
}

fn job(name: &str) -> Json {
    let path = repository().join("examples/ci").join(name);
    let value = helm_engine::yaml::read(&std::fs::read(path).expect("an example")).expect("YAML");
    serde_json::from_slice(&helm_engine::yaml::write_json(&value, false).expect("JSON")).expect("JSON")
}

/// Runs a script as a runner does, with the program and what stands in for the host's on the path.
fn run(workspace: &Workspace, script: &str, variables: &[(&str, &str)]) -> Output {
    let own = Path::new(ICHOR).parent().expect("a folder").display().to_string();
    let path = format!("{}:{own}:{}", workspace.path().join("bin").display(), std::env::var("PATH").expect("a path"));
    // Each job asks these.
    let _ = [Peer::Curl, Peer::Jq, Peer::Python].map(Peer::assert_named);
    let mut command = Peer::Bash.command();
    command.args(["-eo", "pipefail", "-c", script]).current_dir(workspace.path()).env("PATH", path);
    command.env("ICHOR_CACHE", workspace.path().join("store")).envs(variables.iter().copied());
    command.output().expect("bash is installed")
}

fn hosts() -> String {
    repository().join("tests/peers/hosts.py").display().to_string()
}

fn comments(workspace: &Workspace) -> Vec<(Json, String)> {
    let Ok(found) = std::fs::read_to_string(workspace.path().join("comments.json")) else { return Vec::new() };
    let found: Vec<Json> = serde_json::from_str(&found).expect("JSON");
    found.iter().map(|it| (it["user"].clone(), it["body"].as_str().expect("text").to_owned())).collect()
}

const OTHERS: &str = "<!-- ichor review -->\nnot yours";

/// Somebody else's comment that looks like the job's own, another of the job's user, and then the job's, twice.
fn holds(workspace: &Workspace, user: &Json, first: &Output, second: impl FnOnce() -> Output) {
    let said = |it: &Output| text(&it.stdout) + &text(&it.stderr);
    assert!(first.status.success(), "{}", said(first));
    let all = comments(workspace);
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all[2].1.contains("may now get: secrets") && all[2].1.chars().count() < 60_100, "{}", all[2].1);
    let second = second();
    assert!(second.status.success(), "{}", said(&second));
    let all = comments(workspace);
    assert_eq!(all.len(), 3, "it is one comment still");
    assert_eq!(all[0].1, OTHERS);
    assert_eq!(all[1].1, "something else");
    assert_eq!(&all[2].0, user);
    assert!(all[2].1.contains("may now get, list: secrets"), "{}", all[2].1);
    assert!(workspace.read("review.html").contains("<h1>quickstart</h1>"));
}

fn seed(workspace: &Workspace, stranger: &Json, own: &Json) {
    let seed = serde_json::json!([{"id": 1, "user": stranger, "body": OTHERS}, {"id": 2, "user": own, "body": "something else"}]);
    workspace.write("comments.json", seed.to_string());
}

#[test]
fn github_says_it_once() {
    needs!(Bash, Curl, Git, Jq, Python);
    let (workspace, [base, one, two]) = pulled();
    workspace.write(
        "bin/gh",
        format!("#!/bin/sh\nexec python3 '{}' gh '{}/comments.json' \"$@\"\n", hosts(), workspace.path().display()),
    );
    fs::set_permissions(workspace.at("bin/gh"), fs::Permissions::from_mode(0o755)).expect("made runnable");
    let job = job("github.yaml");
    let steps: Vec<&str> =
        job["jobs"]["diff"]["steps"].as_array().expect("steps").iter().filter_map(|it| it["run"].as_str()).collect();
    let own = Json::from("github-actions[bot]");
    seed(&workspace, &"mallory".into(), &own);
    let at = |commit: &str, base: &str| -> Output {
        git(workspace.path(), &["checkout", "-q", commit]);
        let summary = workspace.path().join("summary").display().to_string();
        let variables =
            [("BASE", base), ("GITHUB_STEP_SUMMARY", summary.as_str()), ("PULL", "5"), ("GITHUB_REPOSITORY", "o/r")];
        run(&workspace, &steps.join("\n"), &variables)
    };
    holds(&workspace, &own, &at(&one, &base), || at(&two, &base));
    assert!(workspace.read("summary").contains("may now get: secrets"));
    let before = comments(&workspace);
    assert_eq!(at(&two, "0000000000000000000000000000000000000000").status.code(), Some(2));
    assert_eq!(comments(&workspace), before, "what failed says nothing");
}

#[test]
fn gitlab_says_it_once() {
    needs!(Bash, Curl, Git, Jq, Python);
    let (workspace, [base, one, two]) = pulled();
    let own = Json::from(7);
    seed(&workspace, &8.into(), &own);
    let file = |name: &str| workspace.path().join(name).display().to_string();
    let mut server = Peer::Python
        .command()
        .args([hosts(), "serve".into(), file("comments.json"), file("port")])
        .stdin(Stdio::null())
        .spawn()
        .expect("python3 is installed");
    let start = Instant::now();
    while !std::fs::read_to_string(file("port")).is_ok_and(|it| !it.is_empty()) {
        assert!(start.elapsed() < Duration::from_secs(30), "the server starts");
        std::thread::sleep(Duration::from_millis(20));
    }
    let api = format!("http://127.0.0.1:{}/api/v4", workspace.read("port"));
    let job = job("gitlab.yaml");
    let script: Vec<&str> =
        job["review"]["script"].as_array().expect("a script").iter().filter_map(Json::as_str).collect();
    let at = |commit: &str, token: &str| -> Output {
        git(workspace.path(), &["checkout", "-q", commit]);
        let variables = [
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base.as_str()),
            ("CI_API_V4_URL", &api),
            ("CI_PROJECT_ID", "3"),
            ("CI_MERGE_REQUEST_IID", "5"),
            ("REVIEW_TOKEN", token),
            ("no_proxy", "127.0.0.1"),
        ];
        run(&workspace, &script.join("\n"), &variables)
    };
    let fork = at(&one, "");
    assert!(fork.status.success() && comments(&workspace).len() == 2, "a fork says nothing and does not fail");
    holds(&workspace, &own, &at(&one, "secret"), || at(&two, "secret"));
    let refused = at(&two, "wrong");
    assert!(!refused.status.success(), "a token that is refused is told");
    assert!(!text(&refused.stderr).contains("wrong"), "but not shown");
    server.kill().expect("it runs");
    server.wait().expect("it ended");
}
