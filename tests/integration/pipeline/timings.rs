//! `--timings`: where a run's time went.

use crate::support::workspace::Workspace;

#[test]
fn a_run_tells_its_steps_as_text_and_as_a_trace() {
    let workspace = Workspace::new();
    let chart = "chart";
    workspace.write("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    workspace.write("chart/templates/t.yaml", "a: 1\n");
    let said = workspace.said(&["template", chart, "--timings"]);
    for step in ["parse templates", "execute templates", "the whole run"] {
        assert!(said.contains(step), "{said}");
    }
    assert_eq!(workspace.said(&["template", chart]), "", "nobody asked");
    let plain = workspace.done(&["template", chart]);
    assert_eq!(workspace.done(&["template", chart, "--timings=trace.json"]), plain);
    let trace: serde_json::Value = serde_json::from_str(&workspace.read("trace.json")).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("events");
    let parse = events.iter().find(|it| it["name"] == "parse templates").expect("the step");
    assert!(parse["ph"] == "X" && parse["ts"].is_f64() && parse["dur"].is_f64(), "{parse}");
    // A run that fails is told of, too.
    workspace.write("chart/templates/t.yaml", "{{ fail \"no\" }}");
    let run = workspace.run(&["template", chart, "--timings"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("execute templates"), "{}", run.stderr());
}
