//! The steps of the GitHub Action and of the GitLab component, run against what stands in for the hosts' APIs.

use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use crate::support::git::{commit, git};
use crate::support::peer::{Peer, needs};
use crate::support::program::ICHOR;
use crate::support::repository;
use crate::support::server::{Answer, Asked, Server};
use crate::support::text;
use crate::support::workspace::Workspace;

const MARK: &str = "<!-- ichor review -->";

/// A repository with a base and a change, which is of a role or of nothing but an image.
fn changed(risky: bool) -> (Workspace, String) {
    let workspace = Workspace::quickstart();
    let pod = |tag: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - {{name: web, image: 'r.io/web:{tag}'}}\n"
        )
    };
    workspace.write("chart/templates/web.yaml", pod("1.0.0"));
    workspace.write(".gitignore", "key.txt\nstore\nout\n");
    workspace.done(&["lock", "-i", "key.txt"]);
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    commit(workspace.path(), "base");
    let base = text(&git(workspace.path(), &["rev-parse", "HEAD"]).stdout).trim().to_owned();
    workspace.write("chart/templates/web.yaml", pod("1.0.1"));
    if risky {
        let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: planted}\nrules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]\n";
        workspace.write("chart/templates/role.yaml", role);
    }
    workspace.done(&["lock", "-i", "key.txt"]);
    commit(workspace.path(), "change");
    std::fs::create_dir_all(workspace.at("out")).expect("a folder");
    (workspace, base)
}

fn run(workspace: &Workspace, step: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let own = std::path::Path::new(ICHOR).parent().expect("a folder").display().to_string();
    let _ = [Peer::Curl].map(Peer::assert_named);
    let mut command = Peer::Bash.command();
    let script = repository().join(".ci/review.sh").display().to_string();
    command.args([script.as_str(), step]).current_dir(workspace.path());
    command.env("PATH", format!("{own}:{}", std::env::var("PATH").expect("a path")));
    command
        .env("OUT", workspace.at("out"))
        .env("ICHOR_CACHE", workspace.path().join("store"))
        .env("no_proxy", "127.0.0.1");
    let output = command.envs(variables.iter().copied()).output().expect("bash is installed");
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

/// A host that keeps comments, and what else it was told.
fn host(github: bool, comments: Vec<Json>) -> (Server, Arc<Mutex<Vec<Json>>>) {
    let comments = Arc::new(Mutex::new(comments));
    let kept = Arc::clone(&comments);
    let server = Server::start(move |asked: &Asked| {
        let allowed = match github {
            true => asked.header("authorization") == Some("Bearer secret"),
            false => asked.header("private-token") == Some("secret"),
        };
        if !allowed {
            return Answer::new(401, "{}");
        }
        let mut all = kept.lock().expect("not poisoned");
        let path = asked.path.split('?').next().unwrap_or_default();
        let body: Json = serde_json::from_slice(&asked.body).unwrap_or_default();
        let number = path.rsplit('/').next().and_then(|it| it.parse::<i64>().ok());
        match (asked.method.as_str(), number) {
            ("GET", _) if path.ends_with("/user") => {
                Answer::new(200, json!({"id": 7, "username": "robot"}).to_string())
            }
            ("GET", _) => {
                let second = asked.path.contains("page=2");
                Answer::new(200, if second { "[]".into() } else { Json::from(all.clone()).to_string() })
            }
            ("PATCH" | "PUT", Some(number)) if !path.contains("/statuses/") => {
                let found = all.iter_mut().find(|it| it["id"] == number);
                match found {
                    Some(it) => {
                        it["body"] = body["body"].clone();
                        Answer::new(200, "{}")
                    }
                    None => Answer::new(404, "{}"),
                }
            }
            ("POST", _) if path.ends_with("/comments") || path.ends_with("/notes") => {
                let id = 100 + all.len();
                let own = comment(
                    github,
                    id,
                    if github { "github-actions[bot]" } else { "robot" },
                    body["body"].as_str().unwrap_or_default(),
                );
                all.push(own);
                Answer::new(201, "{}")
            }
            _ => Answer::new(201, "{}"),
        }
    });
    (server, comments)
}

/// A comment with its fields in the order that a host has them.
fn comment(github: bool, id: usize, user: &str, body: &str) -> Json {
    let body = Json::from(body);
    let text = match github {
        true => format!(
            r#"{{"url":"https://api/repos/o/r/issues/comments/{id}","id":{id},"user":{{"login":"{user}","id":9}},"body":{body}}}"#
        ),
        false => format!(r#"{{"id":{id},"type":null,"body":{body},"author":{{"id":9,"username":"{user}"}}}}"#),
    };
    serde_json::from_str(&text).expect("JSON")
}

fn reviews(github: bool) {
    let (workspace, base) = changed(true);
    let (me, stranger) = if github { ("github-actions[bot]", "mallory") } else { ("robot", "mallory") };
    let quoted = format!("{MARK}\n\"url\":\"https://api/repos/o/r/issues/comments/1\", \"id\": 1, \"body\"");
    let seed = vec![
        comment(github, 1, stranger, &format!("{MARK}\nnot yours")),
        comment(github, 2, me, "something else"),
        comment(github, 3, stranger, &quoted),
    ];
    let (server, comments) = host(github, seed.clone());
    let api = format!("http://{}", server.host);
    let head = "0123456789012345678901234567890123456789";
    let variables = [
        ("HOST", if github { "github" } else { "gitlab" }),
        ("API", &api),
        ("REPOSITORY", "o/r"),
        ("PROJECT", "3"),
        ("PULL", "5"),
        ("BASE", &base),
        ("HEAD", head),
        ("TOKEN", "secret"),
    ];
    for round in 0..2 {
        for step in ["compare", "comment", "check"] {
            let (done, said) = run(&workspace, step, &variables);
            assert!(done, "{step} {round}: {said}");
        }
    }
    let all = comments.lock().expect("not poisoned").clone();
    assert_eq!(all.len(), 4, "one comment, and that of nobody else");
    assert_eq!(all[..3], seed[..]);
    let body = all[3]["body"].as_str().expect("text");
    assert!(body.starts_with(MARK) && body.contains("may now get: secrets") && body.contains("Not routine"), "{body}");
    let asked = server.asked.lock().expect("not poisoned");
    let checks: Vec<Json> = asked
        .iter()
        .filter(|it| it.path.ends_with("/check-runs") || it.path.contains("/statuses/"))
        .map(|it| serde_json::from_slice(&it.body).expect("JSON"))
        .collect();
    assert_eq!(checks.len(), 2);
    if github {
        assert_eq!((&checks[0]["conclusion"], &checks[0]["head_sha"]), (&json!("neutral"), &json!(head)));
        assert!(checks[0]["output"]["summary"].as_str().is_some_and(|it| it.contains("may now get")));
    } else {
        assert_eq!(checks[0]["state"], "success");
        assert_eq!(checks[0]["description"], "somebody should read it");
    }
    drop(asked);
    let mut wrong = variables;
    wrong[7].1 = "wrong-token";
    let (done, said) = run(&workspace, "comment", &wrong);
    assert!(!done && !said.contains("wrong-token"), "{said}");
}

#[test]
fn github_has_one_comment_and_a_check() {
    needs!(Bash, Curl, Git);
    reviews(true);
}

#[test]
fn gitlab_has_one_note_and_a_status() {
    needs!(Bash, Curl, Git);
    reviews(false);
}

#[test]
fn a_robot_is_told_what_it_may_merge() {
    needs!(Bash, Curl, Git);
    let (workspace, base) = changed(false);
    let outputs = workspace.at("out/outputs").display().to_string();
    let (done, said) = run(&workspace, "compare", &[("HOST", "github"), ("BASE", &base), ("GITHUB_OUTPUT", &outputs)]);
    assert!(done && said.contains("routine"), "{said}");
    assert_eq!(workspace.read("out/outputs"), "verdict=routine\nroutine=true\n");
}

#[test]
fn the_lock_of_a_robot_s_branch_is_written_and_pushed() {
    needs!(Bash, Curl, Git);
    let (workspace, _) = changed(false);
    let remote = tempfile::tempdir().expect("a folder");
    git(remote.path(), &["init", "-q", "--bare", "."]);
    git(workspace.path(), &["remote", "add", "origin", &remote.path().display().to_string()]);
    git(workspace.path(), &["checkout", "-q", "-b", "renovate/web"]);
    workspace.write("chart/templates/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n");
    commit(workspace.path(), "by a robot");
    let variables = [("HOST", "github"), ("BRANCH", "renovate/web"), ("TOKEN", "secret")];
    let (done, said) = run(&workspace, "lock", &variables);
    assert!(done, "{said}");
    let pushed = git(remote.path(), &["log", "--format=%s", "renovate/web"]);
    assert!(text(&pushed.stdout).starts_with("Lock what renovate/web proposes\n"), "{}", text(&pushed.stdout));
    let (done, said) = run(&workspace, "lock", &variables);
    assert!(done && said.contains("the lock is of this spec already"), "{said}");
}

/// A spec with a version of each kind.
const SPEC: &str = r#"
parts:
  - name: gateway
    manifest: https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.4.1/standard-install.yaml
  - name: raw
    manifest: https://raw.githubusercontent.com/o/r/v2.0.0/x.yaml
  - name: cilium
    chart: oci://quay.io/cilium/charts/cilium
    version: 1.19.6
    namespace: kube-system
    values: [{image: {repository: quay.io/cilium/cilium, tag: v1.19.6}}]
  - name: late
    chart: "https://charts.example.net/stable/late"   # a repository
    namespace: x
    version: "2.3.4"
  - name: here
    chart: ./chart
  - name: first
    version: 0.1.2
    chart: oci://r.example.net/charts/first
"#;

/// What is found in it: where it is asked for, its name, its version.
const FOUND: [&str; 6] = [
    "docker quay.io/cilium/charts/cilium 1.19.6",
    "docker quay.io/cilium/cilium v1.19.6",
    "docker r.example.net/charts/first 0.1.2",
    "github-releases kubernetes-sigs/gateway-api v1.4.1",
    "github-tags o/r v2.0.0",
    "helm late 2.3.4",
];

/// The regular expressions find each version of a spec, with what it is of. Renovate's engine knows nothing that looks ahead or back.
#[test]
fn the_preset_finds_versions() {
    needs!(Python);
    let program = "import json,re,sys\nspec=sys.argv[2]\nout=set()\nfor m in json.load(open(sys.argv[1]))['customManagers']:\n for t in m['matchStrings']:\n  for i in re.finditer(re.sub(r'\\(\\?<(?![=!])','(?P<',t),spec): out.add((m['datasourceTemplate'],i['depName'],i['currentValue']))\nfor o in sorted(out): print(*o)\n";
    let preset = repository().join("renovate.json").display().to_string();
    let output = Peer::Python.command().args(["-c", program, &preset, SPEC]).output().expect("python3 is installed");
    let found = text(&output.stdout);
    assert_eq!(found.lines().collect::<Vec<_>>(), FOUND, "{}", text(&output.stderr));
    let preset: Json = serde_json::from_str(&std::fs::read_to_string(preset).expect("a preset")).expect("JSON");
    for manager in preset["customManagers"].as_array().expect("managers") {
        for pattern in manager["matchStrings"].as_array().expect("patterns").iter().filter_map(Json::as_str) {
            assert!(["(?!", "(?=", "(?<!", "(?<="].iter().all(|it| !pattern.contains(it)), "{pattern}");
        }
    }
}

/// The real robot reads the preset, and finds the same.
#[test]
fn renovate_finds_versions_by_the_preset() {
    needs!(Git, Renovate);
    let workspace = Workspace::new();
    workspace.write("ichor.yaml", SPEC);
    workspace.write("renovate.json", std::fs::read_to_string(repository().join("renovate.json")).expect("a preset"));
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    commit(workspace.path(), "base");
    let mut command = Peer::Renovate.command();
    command.args(["--platform=local", "--dry-run=extract", "--onboarding=false", "--require-config=optional"]);
    command.current_dir(workspace.path()).env_clear().envs([("LOG_LEVEL", "debug"), ("LOG_FORMAT", "json")]);
    command.env("HOME", workspace.at("home")).env("PATH", std::env::var("PATH").expect("a path"));
    let log = text(&command.output().expect("renovate runs").stdout);
    let mut lines = log.lines().filter_map(|it| serde_json::from_str::<Json>(it).ok());
    let extracted = lines.rfind(|it| !it["packageFiles"]["regex"].is_null()).expect("what was extracted");
    let files = extracted["packageFiles"]["regex"].as_array().expect("a list");
    let word = |it: &Json, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let deps = files.iter().flat_map(|it| it["deps"].as_array().into_iter().flatten());
    let mut found: Vec<String> = deps
        .map(|it| format!("{} {} {}", word(it, "datasource"), word(it, "depName"), word(it, "currentValue")))
        .collect();
    found.sort();
    assert_eq!(found, FOUND);
}
