//! Renders a chart that lies in memory, as `helm template web chart --namespace shop --set replicas=2` does.
//!
//! Run it with `cargo run -p helm-engine --example render`.

use std::error::Error;

use helm_engine::helm::capabilities::Capabilities;
use helm_engine::helm::chart::File;
use helm_engine::helm::print::print_stream;
use helm_engine::helm::{Chart, HelmVersion, Options, Release, render};
use helm_engine::value::{Failure, Map, Value};
use helm_engine::world::{Call, World};

/// Refuses what a chart cannot know from its input, so that equal inputs give equal bytes. `sprig::RealWorld` is the world
/// of Helm itself: the clock, random secrets and new keys.
struct NoWorld;

impl World for NoWorld {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new(format!("{} has no answer here", call.function)))
    }
}

fn rendered() -> Result<String, Box<dyn Error>> {
    let helm = HelmVersion::NEWEST;
    let chart = Chart::load_files(
        vec![
            File::new("Chart.yaml", b"apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
            File::new("values.yaml", b"replicas: 1\n"),
            File::new(
                "templates/deployment.yaml",
                b"kind: Deployment\nname: {{ .Release.Name }}-{{ .Chart.Name }}\nreplicas: {{ .Values.replicas }}\n",
            ),
        ],
        helm,
    )?;
    let values = Map::from_entries([("replicas".into(), Value::Int(2))]);
    let options = Options {
        release: Release { name: "web".into(), namespace: "shop".into(), is_upgrade: false },
        capabilities: Capabilities::of(helm),
        include_crds: true,
        skip_schema_validation: false,
    };
    let rendered = render(&chart, &values, &options, &mut NoWorld)?;
    Ok(String::from_utf8(print_stream(&rendered, true, true))?)
}

fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", rendered()?);
    Ok(())
}

#[test]
fn the_chart_is_rendered_with_the_values() {
    let text = rendered().expect("a rendered chart");
    assert_eq!(text, "---\n# Source: shop/templates/deployment.yaml\nkind: Deployment\nname: web-shop\nreplicas: 2\n");
}
