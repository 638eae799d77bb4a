//! What is deliberately different from Helm, all of it. Everything else is a bug.
//!
//! `ichor template` answers impure functions as Helm does, with fresh keys and the time of day; `build` answers them from
//! the lock, and that is held by `pipeline`. What is left is what a render refuses to do.

use std::fs;
use std::process::{Command, Output};

use helm_engine::value::{Failure, Value};
use helm_engine::world::{Call, World};
use ichor::ops::template::{Request, template};
use ichor::workspace::chart::ChartName;
use ichor::workspace::fetching::Fetching;

use crate::support::program::ICHOR;

/// Answers impure calls from a list, as a build does from its lock, and refuses what the list does not hold.
struct Locked(Vec<(&'static str, Value)>);

impl World for Locked {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        let held = self.0.iter().find(|(name, _)| *name == call.function);
        held.map(|(_, value)| value.clone()).ok_or_else(|| Failure::new(format!("{} is not locked", call.function)))
    }
}

fn chart(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let about = [("Chart.yaml", "apiVersion: v2\nname: case\nversion: 0.1.0\n")];
    for (name, text) in about.iter().chain(files) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn render(text: &str, world: &mut dyn World) -> Result<String, String> {
    let folder = chart(&[("templates/c.yaml", text)]);
    let request = Request {
        chart: ChartName { name: folder.path().display().to_string(), ..ChartName::default() },
        namespace: "default".into(),
        ..Request::default()
    };
    let done = template(&request, Fetching::nothing(), world).map_err(|it| it.to_string())?;
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// The program, on a chart that renders.
fn run(args: &[&str], files: &[(&str, &str)]) -> (Output, String) {
    let folder = chart(files);
    let path = folder.path().display().to_string();
    let args: Vec<&str> = args.iter().map(|it| if *it == "CHART" { &path } else { *it }).collect();
    let done = Command::new(ICHOR).args(args).output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
    (done, stderr)
}

const FINE: &[(&str, &str)] = &[("templates/c.yaml", "kind: C\n")];

#[test]
fn impure_functions_ask_the_world() {
    let answers = vec![
        ("randAlphaNum", Value::from("abc")),
        ("uuidv4", Value::from("00000000-0000-4000-8000-000000000000")),
        ("lookup", Value::map([("a", Value::Int(1))])),
    ];
    let text = "kind: {{ randAlphaNum 3 }}\nid: {{ uuidv4 }}\nl: {{ toJson (lookup \"v1\" \"Pod\" \"\" \"\") }}\n";
    let got = render(text, &mut Locked(answers)).expect("all is locked");
    assert!(got.contains("kind: abc\nid: 00000000-0000-4000-8000-000000000000\nl: {\"a\":1}\n"), "{got}");
}

#[test]
fn an_impure_function_without_an_answer_is_an_error() {
    for call in
        ["randAlpha 3", "uuidv4", "genPrivateKey \"rsa\"", "now", "shuffle \"ab\"", "bcrypt \"x\"", "genCA \"a\" 1"]
    {
        let fault = render(&format!("kind: {{{{ {call} }}}}\n"), &mut Locked(Vec::new())).expect_err(call);
        assert!(fault.contains("is not locked"), "{call}: {fault}");
    }
}

#[test]
fn a_render_fetches_nothing_but_its_chart() {
    for (args, want) in [
        (&["template", "r", "CHART", "--dependency-update"][..], "--dependency-update"),
        (&["template", "r", "CHART", "-f", "http://127.0.0.1:1/v.yaml"], "values are not fetched"),
    ] {
        let (done, stderr) = run(args, FINE);
        assert_eq!(done.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(want), "{args:?}: {stderr}");
    }
}

#[test]
fn a_render_reaches_no_cluster() {
    for args in [&["template", "r", "CHART", "--validate"][..], &["template", "r", "CHART", "--dry-run=server"]] {
        let (done, stderr) = run(args, FINE);
        assert_eq!(done.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("a render never reaches a cluster"), "{args:?}: {stderr}");
    }
}

/// Helm fetches the schemas that a schema refers to.
#[test]
fn a_schema_is_not_fetched() {
    let schema = "{\"$ref\": \"http://127.0.0.1:1/s.json\"}";
    let (done, stderr) = run(&["template", "r", "CHART"], &[FINE[0], ("values.schema.json", schema)]);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("no network at rendering"), "{stderr}");
}

/// Maps have no order in Go, where `keys` and `values` give another one each time.
#[test]
fn keys_come_in_one_order() {
    let text = "kind: {{ keys (dict \"b\" 1 \"a\" 2 \"c\" 3) | join \" \" }}\n";
    let first = render(text, &mut Locked(Vec::new())).expect("no fault");
    for _ in 0..5 {
        assert_eq!(render(text, &mut Locked(Vec::new())).expect("no fault"), first);
    }
}

/// Helm reads the machine's database of time zones, which is older here and newer there. Ours is within the program.
#[test]
fn time_zones_are_the_same_everywhere() {
    let folder =
        chart(&[("templates/c.yaml", "kind: {{ dateInZone \"15:04 MST\" 1720000000 \"America/New_York\" }}\n")]);
    let mut command = Command::new(ICHOR);
    command.args(["template", "r"]).arg(folder.path()).env("ZONEINFO", "/none").env("TZDIR", folder.path());
    let done = command.output().expect("the program runs");
    assert!(String::from_utf8_lossy(&done.stdout).contains("kind: 05:46 EDT\n"), "{done:?}");
}

/// What is the end of Helm, of stack or memory, is an error here: imports that put a table into itself, and templates that
/// print without end.
#[test]
fn what_ends_helm_is_an_error() {
    let imports =
        "dependencies: [{name: t, version: \"*\", import-values: [data, {child: exports.data, parent: x.y}]}]\n";
    let (done, stderr) = run(
        &["template", "r", "CHART"],
        &[
            FINE[0],
            ("Chart.yaml", &format!("apiVersion: v2\nname: case\nversion: 0.1.0\n{imports}")),
            ("charts/t/Chart.yaml", "apiVersion: v2\nname: t\nversion: 1.0.0\n"),
            ("charts/t/values.yaml", "exports: {data: {x: {z: 1}}}\n"),
        ],
    );
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr, "Error: chart dependencies processing failed: values hold themselves\n");
    let endless = "{{ $x := repeat 1000000 \"x\" }}{{ range 9223372036854775807 }}{{ $x }}{{ end }}\n";
    let (done, stderr) = run(&["template", "r", "CHART"], &[("templates/c.yaml", endless)]);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("exceeded maximum size of output"), "{stderr}");
}
