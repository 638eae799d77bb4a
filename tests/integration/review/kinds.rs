//! What a reviewer is told of each kind of change. A case is a file of `tests/data/changes`: an old and a new manifest, and
//! every finding, as `risk resource: text`.

use serde_json::Value as Json;

use super::rehearsed;
use crate::support::git::{commit, git};
use crate::support::peer::needs;
use crate::support::repository;
use crate::support::workspace::Workspace;

#[test]
fn each_change_is_told_as_it_is_meant() {
    needs!(Git);
    let workspace = Workspace::new();
    let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let spec = "parts:\n  - {name: app, manifest: m.yaml}\n";
    workspace
        .write("ichor.yaml", format!("bundle: b\ntalos: \"1.13\"\nkubernetes: 1.34.4\nrecipients: [{key}]\n{spec}"));
    workspace.write(".gitignore", "store\n");
    let mut files: Vec<_> = std::fs::read_dir(repository().join("tests/data/changes"))
        .expect("the cases")
        .map(|it| it.expect("a file").path())
        .collect();
    files.sort();
    assert!(files.len() > 40, "{}", files.len());
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    let mut wrong = Vec::new();
    for file in files {
        let value = helm_engine::yaml::read(&std::fs::read(&file).expect("a case")).expect("YAML");
        let case: Json =
            serde_json::from_slice(&helm_engine::yaml::write_json(&value, false).expect("JSON")).expect("JSON");
        for (side, update) in [("old", true), ("new", false)] {
            workspace.write("m.yaml", case[side].as_str().expect("a manifest"));
            workspace.done(&["lock", "--update"]);
            if update {
                // A commit needs a change, also where two cases begin alike.
                workspace.write("case", file.display().to_string());
                commit(workspace.path(), "old");
            }
        }
        let diff: Json = serde_json::from_str(&workspace.done(&["diff", "--format", "json"])).expect("JSON");
        let said: Vec<String> = diff["findings"].as_array().expect("findings").iter().map(told).collect();
        let says: Vec<&str> = case["says"].as_array().expect("a list").iter().filter_map(Json::as_str).collect();
        if said != says {
            wrong.push(format!("{}\n  said {said:#?}\n  not  {says:#?}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Many changes of one bundle, in `tests/data/changes-of-one.yaml`.
#[test]
fn each_change_of_a_bundle_is_told_as_it_is_meant() {
    needs!(Git);
    let workspace = Workspace::new();
    let spec = "parts:\n  - {name: app, manifest: m.yaml}\n";
    let head = format!("bundle: b\ntalos: \"1.13\"\nkubernetes: 1.34.4\nrecipients: [{}]\n", workspace.recipient());
    workspace.write("ichor.yaml", format!("{head}{spec}"));
    workspace.write(".gitignore", "store\n");
    let all = rehearsed::read(&repository().join("tests/data/changes-of-one.yaml"));
    let base = all["base"].as_str().expect("a manifest");
    workspace.write("m.yaml", base);
    workspace.done(&["lock"]);
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    commit(workspace.path(), "base");
    let cases = all["cases"].as_array().expect("a list");
    assert!(cases.len() > 90, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let mut text = base.to_owned();
        for edit in case["edits"].as_array().expect("a list") {
            let word = |at: usize| edit[at].as_str().expect("text");
            assert!(text.contains(word(0)), "{}", case["about"]);
            text = text.replacen(word(0), word(1), 1);
        }
        workspace.write("m.yaml", text);
        workspace.done(&["lock", "--update"]);
        let diff: Json = serde_json::from_str(&workspace.done(&["diff", "--format", "json"])).expect("JSON");
        let said: Vec<String> = diff["findings"].as_array().expect("findings").iter().map(told).collect();
        let says: Vec<&str> = case["says"].as_array().expect("a list").iter().filter_map(Json::as_str).collect();
        if said != says {
            wrong.push(format!("{}\n  said {said:#?}\n  not  {says:#?}", case["about"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A finding in one line.
fn told(it: &Json) -> String {
    let resource = it["resource"].as_str().and_then(|it| it.split_once(' ')).map_or("", |it| it.1);
    format!("{} {resource}: {}", it["risk"].as_str().unwrap_or_default(), it["text"].as_str().unwrap_or_default())
}
