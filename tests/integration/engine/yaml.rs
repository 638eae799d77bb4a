//! YAML and JSON against what the real Helm 4.2.3 printed: `tests/data/yaml/*.jsonl`, one case a line.
//!
//! A case is `{"do": function, "in": text, "out": text}`; `in64` and `out64` hold bytes that are no text, in base64. The
//! functions are those of Helm's templates, `toYaml` and its like with the first item of the JSON array `in` as argument;
//! `string|toYaml` has the text itself, and `key|toYaml` a map with that key.
//!
//! Set `YAML_CASES` to a file to run that instead.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use helm_engine::value::{Map, Str, Value};
use helm_engine::yaml;
use serde_json::Value as Json;

use crate::support::repository;

#[test]
fn agrees_with_helm() {
    // To drop a value ten thousand levels deep takes more stack than a test has.
    let run = std::thread::Builder::new().stack_size(1 << 28).spawn(run_all).unwrap();
    let failures = run.join().unwrap();
    assert!(failures.is_empty(), "\n{failures}");
}

/// The failures, empty where there are none.
fn run_all() -> String {
    let files = match std::env::var_os("YAML_CASES") {
        Some(file) => vec![PathBuf::from(file)],
        None => case_files(),
    };
    let (mut count, mut failures) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (index, line) in text.lines().enumerate() {
            let case: Json = serde_json::from_str(line).unwrap();
            let function = case["do"].as_str().unwrap();
            let (input, want) = (bytes(&case, "in"), bytes(&case, "out"));
            let got = answer(function, &input);
            count += 1;
            if got != want {
                let (name, input) = (file.display(), String::from_utf8_lossy(&input));
                let (got, want) = (String::from_utf8_lossy(&got), String::from_utf8_lossy(&want));
                failures.push(format!("{name}:{}: {function} {input:?}\n  ours {got:?}\n  Helm {want:?}", index + 1));
            }
        }
    }
    assert!(count > 0, "no cases found");
    println!("{} of {count} differ", failures.len());
    failures.truncate(40);
    failures.join("\n")
}

fn case_files() -> Vec<PathBuf> {
    let folder = repository().join("tests/data/yaml");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "jsonl"));
    files.sort();
    files
}

fn bytes(case: &Json, name: &str) -> Vec<u8> {
    match case[name].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => STANDARD.decode(case[format!("{name}64")].as_str().unwrap()).unwrap(),
    }
}

/// What a template prints with the function of this name.
fn answer(function: &str, input: &[u8]) -> Vec<u8> {
    let first = || yaml::read_json_list(input).unwrap().get(0).unwrap();
    let string = || Value::Str(Str::from(input));
    let key = || Value::map([(Str::from(input), Value::Int(1))]);
    let text = |it: Result<Str, String>| {
        let text = it.unwrap_or_default();
        text.strip_suffix(b"\n").unwrap_or(&text).to_vec()
    };
    let json = |it: &Value| yaml::write_json(it, true).unwrap_or_default().to_vec();
    match function {
        "fromYaml" => {
            json(&Value::Map(yaml::read_map(input).unwrap_or_else(|problem| with_error(Map::any(), problem))))
        }
        "fromYamlArray" => json(&yaml::read_list(input).map_or_else(only_error, Value::List)),
        "fromJson" => {
            let (map, problem) = yaml::read_json_map(input);
            json(&Value::Map(match problem {
                Some(problem) => with_error(map, problem),
                None => map,
            }))
        }
        "fromJsonArray" => json(&yaml::read_json_list(input).map_or_else(|it| only_error(it.to_string()), Value::List)),
        "toYaml" => text(yaml::write(&first())),
        "toYamlPretty" => text(yaml::write_pretty(&first())),
        "toJson" => json(&first()),
        "toPrettyJson" => yaml::write_json_indented(&first()).unwrap().to_vec(),
        "toRawJson" => yaml::write_json(&first(), false).unwrap().to_vec(),
        "string|toYaml" => text(yaml::write(&string())),
        "string|toYamlPretty" => text(yaml::write_pretty(&string())),
        "string|toJson" => json(&string()),
        "key|toYaml" => text(yaml::write(&key())),
        "key|toYamlPretty" => text(yaml::write_pretty(&key())),
        other => panic!("no function {other}"),
    }
}

fn with_error(map: Map, problem: String) -> Map {
    map.insert("Error", Value::from(problem));
    map
}

fn only_error(problem: String) -> Value {
    Value::list([Value::from(problem)])
}
