//! The cost of a render grows with what is rendered, and no faster: memory taken for charts of 10, 100 and 1000 calls.
//!
//! And what a large chart costs stays: `cargo test --release --test cost` counts the instructions, where valgrind and the charts are.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;
use std::process::Command;

use helm_engine::helm::HelmVersion;
use helm_engine::helm::capabilities::Capabilities;
use helm_engine::helm::chart::File;
use helm_engine::helm::{Chart, Options, Release, RenderError, Rendered, render};
use helm_engine::value::{Failure, Map, Value};
use helm_engine::world::{Call, World};

/// Counts what a thread takes.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static TAKEN: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

#[expect(unsafe_code, reason = "an allocator cannot be written without, and nothing else sees every copy")]
// SAFETY: every call is the system's own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = TAKEN.try_with(|it| it.set((it.get().0 + 1, it.get().1 + layout.size() as u64)));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) }
    }
}

/// Nothing is asked of the world here.
struct Nowhere;

impl World for Nowhere {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new(format!("{} was called", call.function)))
    }
}

fn render_chart(templates: &[(&str, String)]) -> Result<Rendered, RenderError> {
    let mut files = vec![File::new("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 1.0.0\n")];
    files.extend(templates.iter().map(|(name, text)| File::new(format!("templates/{name}"), text.as_bytes())));
    let chart = Chart::load_files(files, HelmVersion::NEWEST).expect("a chart");
    let options = Options {
        release: Release { name: "r".into(), namespace: "n".into(), is_upgrade: false },
        capabilities: Capabilities::of(HelmVersion::NEWEST),
        include_crds: false,
        skip_schema_validation: false,
    };
    render(&chart, &Map::any(), &options, &mut Nowhere)
}

/// Allocations and bytes taken to render a chart of so many calls, the chart's own cost aside.
fn cost(calls: usize, head: &str, line: &str) -> (u64, u64) {
    let text = head.to_owned() + &line.repeat(calls);
    let before = TAKEN.get();
    let rendered = render_chart(&[("a.yaml", text)]).expect("a render");
    let after = TAKEN.get();
    assert!(rendered.files.values().next().is_some_and(|it| it.iter().filter(|it| **it == b'\n').count() >= calls));
    (after.0 - before.0, after.1 - before.1)
}

/// Ten times the calls may cost ten times as much, and a little for what is taken in doublings.
fn check(head: &str, line: &str) {
    let costs = [10, 100, 1000].map(|calls| cost(calls, head, line));
    for (name, [ten, hundred, thousand]) in [("allocations", costs.map(|it| it.0)), ("bytes", costs.map(|it| it.1))] {
        let (first, second) = (hundred - ten, thousand - hundred);
        assert!(second <= first * 13, "{line:?}: {name} {ten}, {hundred}, {thousand}");
    }
}

#[test]
fn tpl_calls_cost_the_same_each() {
    check("", "{{ tpl \"a: {{ .Release.Name }}\" . }}\n");
    check("", "{{ tpl \"{{ define \\\"x\\\" }}b{{ end }}a: {{ include \\\"x\\\" . }}\" . }}\n");
}

#[test]
fn include_calls_cost_the_same_each() {
    check("{{ define \"x\" }}a: {{ .Release.Name }}{{ end }}", "{{ include \"x\" . }}\n");
    check("{{ define \"x\" }}a: {{ .Release.Name }}{{ end }}", "{{ template \"x\" . }}\n");
}

#[test]
fn documents_cost_the_same_each() {
    check("", "---\nkind: ConfigMap\nmetadata: {name: a, annotations: {b: c}}\ndata: {d: \"e\\n\"}\n");
}

#[test]
fn endless_recursion_is_helms_error() {
    // As deep as the stack of the program.
    let run = || {
        let text = "{{ define \"r\" }}{{ include \"r\" . }}{{ end }}a: {{ include \"r\" . }}\n";
        render_chart(&[("a.yaml", text.into())]).expect_err("no end").to_string()
    };
    let message = std::thread::Builder::new().stack_size(1 << 30).spawn(run).expect("a thread").join();
    let message = message.expect("no panic");
    let first = "template: c/templates/a.yaml:1:50: executing \"c/templates/a.yaml\" at <include \"r\" .>: ";
    let step = "error calling include: template: c/templates/a.yaml:1:19: executing \"r\" at <include \"r\" .>: ";
    let last = "error calling include: rendering template has a nested reference name: r: unable to execute template";
    assert_eq!(message, [first, &step.repeat(1001), last].concat());
}

/// What valgrind counts for Cilium with all it has.
const INSTRUCTIONS: u64 = 113_200_000;

/// Counted on a fast build alone, the one that people use.
#[test]
#[cfg_attr(debug_assertions, ignore = "counts the instructions of a release build")]
fn a_large_chart_costs_what_it_did() {
    let shared =
        ["../shared", "../../shared"].map(|it| Path::new(env!("CARGO_MANIFEST_DIR")).join(it).join("conformance"));
    let Some(shared) = shared.into_iter().find(|it| it.is_dir()) else {
        return eprintln!("left out: there are no charts");
    };
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_ichor")]);
    valgrind
        .args(["template", "cilium", "-n", "kube-system", "--no-hooks"])
        .arg(shared.join("charts/cilium-1.19.6.tgz"));
    valgrind.arg("-f").arg(shared.join("profiles/everything.yaml"));
    let Ok(run) = valgrind.output() else { return eprintln!("left out: there is no valgrind") };
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let count = said.lines().find_map(|it| it.split_once("Collected : ")).map(|(_, it)| it.trim());
    let count: u64 = count.and_then(|it| it.parse().ok()).expect("a count");
    let most = INSTRUCTIONS + INSTRUCTIONS / 20;
    assert!(count <= most, "{count} instructions, and {most} were the most; `callgrind_annotate` shows where they are");
    // A bound that is far off holds nothing.
    let least = INSTRUCTIONS - INSTRUCTIONS / 10;
    assert!(count >= least, "{count} instructions are far fewer than {INSTRUCTIONS}: lower that number");
}
