//! What a spec may hold: the schema for editors takes what the reader takes, in the judgement of Python's jsonschema, and
//! the page of the documentation is the one that is printed.

use std::path::PathBuf;

use helm_engine::yaml;

use crate::support::peer::{Peer, needs};
use crate::support::workspace::Workspace;
use crate::support::{repository, text};

/// Says for each document whether the schema takes it, in a line each.
const JUDGE: &str = "import json, sys, jsonschema
schema, *specs = [json.load(open(it)) for it in sys.argv[1:]]
jsonschema.Draft7Validator.check_schema(schema)
judge = jsonschema.Draft7Validator(schema)
for spec in specs: print('yes' if judge.is_valid(spec) else 'no')
";

/// The specs of the examples, and of `tests/data/specs.txt`, a document each.
fn specs() -> Vec<String> {
    let mut specs = Vec::new();
    let mut folders: Vec<PathBuf> = vec![repository().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.file_name().is_some_and(|it| it == "ichor.yaml") {
                specs.push(std::fs::read_to_string(entry).expect("a spec"));
            }
        }
    }
    let cases = std::fs::read_to_string(repository().join("tests/data/specs.txt")).expect("the cases");
    specs.extend(cases.split("\n---\n").map(str::to_owned));
    specs
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    needs!(Jsonschema);
    let workspace = Workspace::new();
    workspace.write("schema.json", workspace.done(&["schema"]));
    let specs = specs();
    assert!(specs.len() > 60, "{}", specs.len());
    let mut files = vec!["schema.json".to_owned()];
    let mut taken = Vec::new();
    for (at, spec) in specs.iter().enumerate() {
        workspace.write(&format!("{at}.yaml"), spec);
        let run = workspace.run(&["build", &format!("{at}.yaml")]);
        // A spec that is read fails later on: it has no lock.
        taken.push(!run.stderr().contains("error[S0") && !run.stderr().contains("error S0"));
        let value = yaml::read(spec.as_bytes()).expect("YAML");
        let json = yaml::write_json(&value, false).expect("JSON");
        workspace.write(&format!("{at}.json"), &*json.to_text());
        files.push(format!("{at}.json"));
    }
    let judged = Peer::Jsonschema.command().args(["-c", JUDGE]).args(files).current_dir(workspace.path()).output();
    let judged = judged.expect("python3 is installed");
    assert!(judged.status.success(), "{}", text(&judged.stderr));
    let said = text(&judged.stdout);
    let said: Vec<bool> = said.lines().map(|it| it == "yes").collect();
    assert_eq!(said.len(), specs.len());
    let split: Vec<&String> = (0..specs.len()).filter(|it| said[*it] != taken[*it]).map(|it| &specs[it]).collect();
    assert!(split.is_empty(), "the reader and the schema differ on these: {split:#?}");
    assert!(taken.iter().filter(|it| **it).count() >= 30 && taken.iter().filter(|it| !**it).count() >= 30, "{taken:?}");
}

#[test]
fn the_page_tells_every_key() {
    let printed = Workspace::new().done(&["schema", "--markdown"]);
    let written = std::fs::read_to_string(repository().join("docs/reference/spec.md")).expect("docs/reference/spec.md");
    assert_eq!(printed, written, "`ichor schema --markdown >docs/reference/spec.md`");
}
