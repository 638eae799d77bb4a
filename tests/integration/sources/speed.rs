//! Sources are fetched several at a time.

use std::time::{Duration, Instant};

use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::server::Server;
use crate::support::workspace::Workspace;

#[test]
fn sixty_charts_come_four_times_faster_than_one_by_one() {
    needs!(DockerRegistry, HelmSdk);
    let charts: Vec<(String, String)> = (0..60).map(|it| (format!("c{it}"), "1.0.0".to_owned())).collect();
    let pairs: Vec<(&str, &str)> = charts.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let registry = Registry::with(Kind::Plain, &pairs);
    let front = Server::before(&registry.host, |_, answer| {
        std::thread::sleep(Duration::from_millis(50));
        answer
    });
    let parts: String = charts
        .iter()
        .map(|(name, version)| {
            format!("  - name: {name}\n    chart: oci://{}/charts/{name}\n    version: {version}\n", front.host)
        })
        .collect();
    let workspace = Workspace::with(&front.head(), &parts);
    workspace.done(&["lock"]);
    let time = |jobs: &[&str]| {
        for folder in ["cache", "vendor"] {
            let _ = std::fs::remove_dir_all(workspace.path().join(folder));
        }
        let start = Instant::now();
        workspace.done(&[&["vendor"], jobs].concat());
        start.elapsed()
    };
    let one_by_one = time(&["--jobs=1"]);
    let together = time(&[]);
    let times = one_by_one.as_secs_f64() / together.as_secs_f64();
    eprintln!("60 charts: {one_by_one:?} one by one, {together:?} together, {times:.1} times faster");
    assert!(times >= 4.0, "{one_by_one:?} one by one, {together:?} together");
}
