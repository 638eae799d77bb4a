//! Sources are fetched several at a time.

use std::sync::Arc;

use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::server::{Gate, Server};
use crate::support::workspace::Workspace;

#[test]
fn several_charts_are_asked_for_before_the_first_answer() {
    needs!(DockerRegistry, HelmSdk);
    let charts: Vec<String> = (0..12).map(|number| format!("c{number}")).collect();
    let pairs: Vec<(&str, &str)> = charts.iter().map(|name| (name.as_str(), "1.0.0")).collect();
    let registry = Registry::with(Kind::Plain, &pairs);
    let gate = Arc::new(Gate::default());
    let held = Arc::clone(&gate);
    let front = Server::before(&registry.host, move |_, answer| {
        held.pass();
        answer
    });
    let part = |name: &String| format!("  - name: {name}\n    chart: oci://{}/charts/{name}\n", front.host);
    let workspace = Workspace::with(&front.head(), &charts.iter().map(part).collect::<String>());
    workspace.done(&["lock"]);
    for (jobs, at_once) in [("--jobs=1", 1), ("--jobs=4", 4), ("", 4)] {
        for folder in ["cache", "vendor"] {
            let _ = std::fs::remove_dir_all(workspace.at(folder));
        }
        gate.close_after(0);
        let asked = front.asked().len();
        let args: Vec<&str> = ["vendor", jobs].into_iter().filter(|word| !word.is_empty()).collect();
        let mut run = workspace.command(&args).stderr(std::process::Stdio::null()).spawn().expect("it starts");
        gate.await_held(at_once);
        // No answer was given yet, so one at a time is one request.
        let held = front.asked().len() - asked;
        assert!(jobs != "--jobs=1" || held == 1, "{held} requests at once");
        gate.open();
        assert!(run.wait().expect("it ends").success());
        workspace.done(&["vendor", "--check"]);
    }
}
