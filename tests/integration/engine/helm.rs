//! Whole charts against what the real Helm made of them: `tests/data/helm/CASE/`, recorded by `record_charts.py`, and
//! lines of `--set` and its sisters: `tests/data/helm/strvals.jsonl`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use helm_engine::helm::capabilities::KubeVersion;
use helm_engine::helm::values::{ValueSource, merge_sources};
use helm_engine::helm::{self, Chart, HelmVersion, Options, Release, Rendered, strvals};
use helm_engine::value::{Failure, Map, Value};
use helm_engine::world::{Call, World};
use helm_engine::yaml;
use ichor::ops::template::{Request, template};
use ichor::workspace::chart::ChartName;
use ichor::workspace::fetching::Fetching;
use serde_json::Value as Json;

use crate::support::repository;

/// The Helm that recorded them.
const RECORDED: HelmVersion = HelmVersion::UNNAMED;

/// No case asks for anything impure.
struct Nothing;

impl World for Nothing {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new(format!("{} is impure", call.function)))
    }
}

#[test]
fn charts_render_as_helm_renders_them() {
    let folder = repository().join("tests/data/helm");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).filter(|it| it.join("case.json").exists()).collect();
    cases.sort();
    assert!(cases.len() >= 10);
    let failures: Vec<String> = cases.iter().filter_map(|it| check(it).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn check(folder: &Path) -> Result<(), String> {
    let case: Json = serde_json::from_slice(&fs::read(folder.join("case.json")).unwrap()).unwrap();
    let same = |what: &str, got: &str, want: &str| -> Result<(), String> {
        if got == want {
            return Ok(());
        }
        let diff = similar::TextDiff::from_lines(want, got);
        Err(format!("{} {what}\n{}", folder.display(), diff.unified_diff().header("helm", "ours")))
    };
    match (render(folder, &case), fs::read_to_string(folder.join("error.txt"))) {
        (Ok(rendered), Err(_)) => {
            let stream = helm::print::print_stream(&rendered, false, true);
            let want = fs::read_to_string(folder.join("manifest.yaml")).unwrap();
            same("manifest", &String::from_utf8_lossy(&stream), &want)?;
            let want: BTreeMap<String, String> =
                serde_json::from_slice(&fs::read(folder.join("files.json")).unwrap()).unwrap();
            let got: BTreeMap<String, String> =
                rendered.files.iter().map(|(path, text)| (path.clone(), text.to_text().into_owned())).collect();
            same("files", &format!("{got:#?}"), &format!("{want:#?}"))?;
        }
        (Err(error), Ok(want)) => same("error", &stable(&error), &stable(&want))?,
        (Ok(_), Ok(want)) => return Err(format!("{}: no error, but Helm says: {want}", folder.display())),
        (Err(error), Err(_)) => return Err(format!("{}: {error}", folder.display())),
    }
    let commands = case["args"].as_object().into_iter().flatten();
    for (name, args) in commands {
        let args: Vec<&str> = args.as_array().unwrap().iter().filter_map(Json::as_str).collect();
        let want = fs::read_to_string(folder.join(format!("{name}.out"))).unwrap();
        same(name, &run(folder, &case, &args), &want)?;
    }
    Ok(())
}

/// Faults of a schema come in the order of a Go map.
fn stable(error: &str) -> String {
    let mut lines: Vec<&str> = error.trim_end().lines().collect();
    if error.contains("schema(s)") {
        lines.sort_unstable();
    }
    lines.join("\n")
}

fn render(folder: &Path, case: &Json) -> Result<Rendered, String> {
    let text = |key: &str| case[key].as_str().unwrap().to_owned();
    let tree = ichor::edge::files::chart_folder(&folder.join("chart")).map_err(|it| it.to_string())?;
    let chart = Chart::load(&tree, RECORDED).map_err(|it| it.to_string())?;
    let sources: Vec<ValueSource> = fs::read(folder.join("values.yaml"))
        .map(|text| ValueSource::File { name: "values.yaml".into(), text })
        .into_iter()
        .collect();
    let values = merge_sources(&sources, RECORDED, &mut |_| Err("no file".into())).map_err(|it| it.to_string())?;
    let mut capabilities = helm::capabilities::Capabilities::of(RECORDED);
    if let Some(version) = case["kube_version"].as_str() {
        capabilities.kube_version = KubeVersion::parse(version, RECORDED).unwrap();
    }
    let extra = case["api_versions"].as_array().into_iter().flatten().filter_map(Json::as_str);
    capabilities.api_versions.extend(extra.map(str::to_owned));
    let options = Options {
        release: Release { name: text("name"), namespace: text("namespace"), is_upgrade: false },
        capabilities,
        include_crds: false,
        skip_schema_validation: false,
    };
    helm::render(&chart, &values, &options, &mut Nothing).map_err(|it| it.to_string())
}

/// What `ichor template` prints, or its error.
fn run(folder: &Path, case: &Json, args: &[&str]) -> String {
    let after = |flag: &str| {
        let pairs = args.windows(2).filter(|it| it[0] == flag);
        pairs.map(|it| it[1].to_owned()).collect::<Vec<String>>()
    };
    let request = Request {
        name: case["name"].as_str().map(str::to_owned),
        chart: ChartName { name: folder.join("chart").to_string_lossy().into_owned(), ..ChartName::default() },
        helm: RECORDED,
        namespace: case["namespace"].as_str().unwrap().to_owned(),
        include_crds: args.contains(&"--include-crds"),
        no_hooks: args.contains(&"--no-hooks"),
        skip_tests: args.contains(&"--skip-tests"),
        is_upgrade: args.contains(&"--is-upgrade"),
        show_only: after("-s"),
        ..Request::default()
    };
    match template(&request, Fetching::nothing(), &mut Nothing) {
        Ok(done) => String::from_utf8_lossy(&done.stdout).into_owned(),
        Err(fault) => format!("{fault}\n"),
    }
}

/// One case a line: `{"flag": "set", "line": "a=1", "out": {...}}`, or `error` in place of `out`.
#[test]
fn set_lines_mean_what_helm_takes_them_for() {
    let cases = fs::read_to_string(repository().join("tests/data/helm/strvals.jsonl")).unwrap();
    let mut failures = Vec::new();
    for case in cases.lines() {
        let case: Json = serde_json::from_str(case).unwrap();
        let line = case["line"].as_str().unwrap().as_bytes();
        let dest = Map::any();
        let outcome = match case["flag"].as_str().unwrap() {
            "set" => strvals::parse_into(line, &dest, RECORDED),
            "set-string" => strvals::parse_into_string(line, &dest, RECORDED),
            "set-json" => strvals::parse_json(line, &dest, RECORDED),
            "set-literal" => strvals::parse_literal_into(line, &dest, RECORDED),
            other => panic!("{other}"),
        };
        let got = match outcome {
            Ok(()) => yaml::write_json(&Value::Map(dest), true).unwrap().to_text().into_owned(),
            Err(error) => format!("error: {error}"),
        };
        let want = match case["error"].as_str() {
            Some(error) => format!("error: {error}"),
            None => case["out"].as_str().unwrap().to_owned(),
        };
        if got != want {
            failures.push(format!("{case}\n  got {got}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
