//! What each stage takes: `cargo bench --bench stages`. `tests/speed.py` measures whole runs and fleets.

use divan::{Bencher, black_box};
use helm_engine::gotmpl::Templates;
use helm_engine::helm::capabilities::Capabilities;
use helm_engine::helm::chart::File;
use helm_engine::helm::{self, Chart, HelmVersion, Options, Release};
use helm_engine::hole::Seed;
use helm_engine::value::{Failure, Map, Value};
use helm_engine::world::{Call, World};
use helm_engine::yaml;
use ichor::stage::bundle::Bundle;
use ichor::stage::lock::Lock;
use ichor::stage::pack::{self, Packed};
use ichor::stage::render::{self, Rendered};
use ichor::stage::seal::{self, Sealed};
use ichor::stage::vendored::Vendored;
use ichor::workspace::Workspace;

fn main() {
    divan::main();
}

/// How often what is repeated is repeated.
const TIMES: usize = 200;

const HELPERS: &str =
    "{{- define \"labels\" -}}\napp: {{ .Release.Name }}\nchart: {{ .Chart.Name | trunc 63 }}\n{{- end }}\n";
const TEMPLATE: &str = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n  labels:\n    {{- include \"labels\" . | nindent 4 }}\n{{- with .Values.config }}\ndata:\n  {{- range $key, $value := . }}\n  {{ $key }}: {{ $value | quote }}\n  {{- end }}\n{{- end }}\n";
const SCHEMA: &str = r#"{"type": "object", "properties": {"config": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 80}}}}"#;

/// Nothing is asked of the world here.
struct Nowhere;

impl World for Nowhere {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new(format!("{} was called", call.function)))
    }
}

fn values() -> String {
    let lines = (0..TIMES).map(|it| format!("  key{it}: \"a value with the number {it}\"\n"));
    format!("config:\n{}", lines.collect::<String>())
}

fn chart(schema: bool) -> Chart {
    let mut files = vec![
        File::new("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        File::new("templates/_helpers.tpl", HELPERS.as_bytes()),
        File::new("templates/all.yaml", TEMPLATE.repeat(20).as_bytes()),
    ];
    if schema {
        files.push(File::new("values.schema.json", SCHEMA.as_bytes()));
    }
    Chart::load_files(files, HelmVersion::NEWEST).expect("a chart")
}

fn options(skip_schema_validation: bool) -> Options {
    Options {
        release: Release { name: "r".into(), namespace: "n".into(), is_upgrade: false },
        capabilities: Capabilities::of(HelmVersion::NEWEST),
        include_crds: false,
        skip_schema_validation,
    }
}

fn given() -> Map {
    yaml::read_map(values().as_bytes()).expect("values")
}

/// Comments and text alone: nothing is left to parse.
#[divan::bench]
fn lex(bencher: Bencher) {
    let (text, functions) = ("some text {{- /* and a comment */ -}} and more\n".repeat(TIMES), helm::functions());
    bencher.bench_local(|| Templates::new("t").parse("t", black_box(text.as_bytes()), &functions).is_ok());
}

#[divan::bench]
fn parse(bencher: Bencher) {
    let (text, functions) = (TEMPLATE.repeat(20), helm::functions());
    bencher.bench_local(|| Templates::new("t").parse("t", black_box(text.as_bytes()), &functions).is_ok());
}

#[divan::bench]
fn render_a_chart(bencher: Bencher) {
    let (chart, given, options) = (chart(false), given(), options(true));
    bencher.bench_local(|| helm::render(&chart, &given, &options, &mut Nowhere).expect("a render").files.len());
}

#[divan::bench]
fn render_a_chart_with_a_schema(bencher: Bencher) {
    let (chart, given, options) = (chart(true), given(), options(false));
    bencher.bench_local(|| helm::render(&chart, &given, &options, &mut Nowhere).expect("a render").files.len());
}

#[divan::bench]
fn read_yaml(bencher: Bencher) {
    let text = values();
    bencher.bench_local(|| yaml::read_map(black_box(text.as_bytes())).expect("values"));
}

#[divan::bench]
fn emit_yaml(bencher: Bencher) {
    let value = Value::Map(given());
    bencher.bench_local(|| yaml::write(black_box(&value)).expect("text"));
}

/// The quickstart, at hand and as it is locked.
fn quickstart() -> (Workspace, Lock, Vendored) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let workspace = Workspace::read(&folder).expect("a spec");
    let (lock, _) = workspace.lock().expect("a lock");
    let resolved = workspace.resolve(Some(&lock)).expect("its sources");
    let vendored = Vendored::locked(&workspace.spec, resolved, &lock).expect("what is locked");
    (workspace, lock, vendored)
}

fn rendered(vendored: &Vendored) -> Rendered {
    render::render(vendored, &Seed::new([7; 32]), None).expect("a render")
}

fn packed(workspace: &Workspace, sealed: &Sealed) -> Packed {
    pack::pack(sealed, &workspace.spec)
}

#[divan::bench]
fn render_a_bundle(bencher: Bencher) {
    let (_, _, vendored) = quickstart();
    bencher.bench_local(|| rendered(&vendored).parts().len());
}

#[divan::bench]
fn seal_a_bundle(bencher: Bencher) {
    let (_, _, vendored) = quickstart();
    let rendered = rendered(&vendored);
    bencher.bench_local(|| seal::seal(black_box(&rendered)).expect("sealed").parts().len());
}

#[divan::bench]
fn pack_a_bundle(bencher: Bencher) {
    let (workspace, lock, vendored) = quickstart();
    let sealed = seal::seal(&rendered(&vendored)).expect("sealed");
    bencher.bench_local(|| {
        let packed = packed(&workspace, black_box(&sealed));
        Bundle::assemble(&sealed, &packed, &lock).expect("a bundle").encode().len()
    });
}

#[divan::bench]
fn read_a_bundle(bencher: Bencher) {
    let (workspace, lock, vendored) = quickstart();
    let sealed = seal::seal(&rendered(&vendored)).expect("sealed");
    let bytes = Bundle::assemble(&sealed, &packed(&workspace, &sealed), &lock).expect("a bundle").encode();
    bencher.bench(|| Bundle::decode(black_box(&bytes)).expect("a bundle").manifests().len());
}
