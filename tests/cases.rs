//! Renders every case under tests/data/cases and compares with what Helm printed. `tests/record.py` tells the format.
//!
//! `CASES=emit cargo test --test cases` runs the files whose path holds that word.

// A test reads its cases and its environment itself.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use ichor::engine::helm::capabilities::{Capabilities, KubeVersion};
use ichor::engine::helm::chart::File;
use ichor::engine::helm::{Chart, Options, Release, render_files};
use ichor::engine::sprig::Genuine;
use ichor::engine::value::{Map, Value};
use ichor::engine::yaml;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use similar::TextDiff;

/// As many cases as there were once stay there.
const LEAST: usize = 15_000;
/// How many differences are shown in full.
const SHOWN: usize = 40;

#[test]
fn cases_render_as_helm_does() {
    // As deep as the stack of the program, for the cases about recursion.
    let run = std::thread::Builder::new().stack_size(1 << 30).spawn(run).expect("a thread");
    let report = run.join().expect("no panic in a case");
    assert!(report.is_empty(), "{report}");
}

fn run() -> String {
    let wanted = std::env::var("CASES").unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
    let mut report = String::new();
    let (mut count, mut failed) = (0, BTreeMap::<String, usize>::new());
    for path in files(&root) {
        let label = path.strip_prefix(&root).expect("a path below the root").display().to_string();
        if !label.contains(&wanted) {
            continue;
        }
        for case in read(&path) {
            count += 1;
            let want = case.result();
            let got = render(&case);
            let got = got.as_ref().map(String::as_str).map_err(String::as_str);
            if got == want {
                continue;
            }
            *failed.entry(label.clone()).or_default() += 1;
            if failed.values().sum::<usize>() <= SHOWN {
                let name = &case.name;
                let _ = writeln!(report, "tests/data/cases/{label}:{}: {name}\n{}", case.line, difference(want, got));
            }
        }
    }
    if wanted.is_empty() {
        assert!(count >= LEAST, "only {count} cases");
    }
    if !failed.is_empty() {
        let total: usize = failed.values().sum();
        let _ = writeln!(report, "{total} of {count} cases differ from Helm:");
        for (label, number) in failed {
            let _ = writeln!(report, "{number:6} {label}");
        }
    }
    report
}

/// A chart, its values, and what Helm made of them.
struct Case {
    name: String,
    line: usize,
    sections: BTreeMap<String, String>,
}

impl Case {
    fn result(&self) -> Result<&str, &str> {
        match (self.sections.get("output"), self.sections.get("error")) {
            (Some(output), None) => Ok(output),
            (None, Some(error)) => Err(error),
            _ => panic!("line {}: {} has not one result: run tests/record.py", self.line, self.name),
        }
    }

    /// The files of the chart by path.
    fn files(&self) -> BTreeMap<&str, &str> {
        let given = self.sections.iter().filter_map(|(name, text)| Some((name.strip_prefix("file ")?, text.as_str())));
        [("Chart.yaml", "apiVersion: v2\nname: case\nversion: 0.1.0\n")]
            .into_iter()
            .chain(self.sections.get("template").map(|text| ("templates/t.yaml", text.as_str())))
            .chain(given)
            .collect()
    }
}

fn difference(want: Result<&str, &str>, got: Result<&str, &str>) -> String {
    let text = |it: Result<&str, &str>| match it {
        Ok(output) => format!("{output}\n"),
        Err(error) => format!("error: {error}\n"),
    };
    let (want, got) = (text(want), text(got));
    let diff = TextDiff::from_lines(&want, &got);
    let hunks = diff.unified_diff().context_radius(1).to_string();
    hunks.lines().filter(|it| !it.starts_with("@@")).take(12).fold(String::new(), |all, it| all + it + "\n")
}

fn read(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).expect("UTF-8");
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let mut common = BTreeMap::new();
    let mut cases: Vec<Case> = Vec::new();
    let mut section: Option<(String, Vec<String>)> = None;
    for (index, line) in text.split('\n').enumerate() {
        let at = || format!("{}:{}", path.display(), index + 1);
        let header = line.strip_prefix("--- ");
        let name = line.strip_prefix("=== ");
        if header.is_some() || name.is_some() {
            let sections = cases.last_mut().map_or(&mut common, |it| &mut it.sections);
            sections.extend(section.take().map(|(name, lines)| (name, lines.join("\n"))));
        }
        if let Some(name) = name {
            cases.push(Case { name: name.into(), line: index + 1, sections: common.clone() });
        } else if let Some(header) = header {
            section = Some((header.into(), Vec::new()));
        } else if let Some((_, lines)) = &mut section {
            let line = match line.strip_prefix('\\') {
                Some(inner) => {
                    serde_json::from_str(&format!("\"{inner}\"")).unwrap_or_else(|it| panic!("{}: {it}", at()))
                }
                None => line.into(),
            };
            lines.push(line);
        } else {
            assert!(line.starts_with('#'), "{}: a line outside of any section", at());
        }
    }
    if let Some(last) = cases.last_mut() {
        last.sections.extend(section.map(|(name, lines)| (name, lines.join("\n"))));
    }
    cases
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.to_path_buf()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "txt") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What `templates/t.yaml` prints, with bytes that are not UTF-8 as JSON shows them.
fn render(case: &Case) -> Result<String, String> {
    let files = case.files().into_iter().map(|(path, text)| File::new(path, text.as_bytes())).collect();
    let chart = Chart::load_files(files).map_err(|it| it.to_string())?;
    let values = match case.sections.get("values").map(|it| yaml::read(it.as_bytes())).transpose()? {
        None | Some(Value::Nil) => Map::any(),
        Some(Value::Map(map)) => map,
        Some(other) => return Err(format!("values are no map but {}", other.type_name())),
    };
    let options = options(case.sections.get("options").map_or("{}", String::as_str))?;
    let mut rng = StdRng::seed_from_u64(0);
    let mut clock = || Timestamp::UNIX_EPOCH;
    let mut resolve = |_: &str| Vec::new();
    let mut world = Genuine::new(&mut rng, &mut clock, &mut resolve, || "UTC".into());
    let rendered = render_files(&chart, &values, &options, &mut world).map_err(|it| it.to_string())?;
    Ok(rendered.get("case/templates/t.yaml").map_or_else(String::new, |it| lossy(it)))
}

fn options(json: &str) -> Result<Options, String> {
    let json: serde_json::Value = serde_json::from_str(json).map_err(|it| it.to_string())?;
    let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str);
    let mut capabilities = Capabilities::default();
    if let Some(version) = text("kube_version") {
        capabilities.kube_version = KubeVersion::parse(version).map_err(|it| it.to_string())?;
    }
    let given = json.get("api_versions").and_then(serde_json::Value::as_array);
    capabilities.api_versions.extend(given.into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)));
    let release = Release {
        name: text("name").unwrap_or("release-name").into(),
        namespace: text("namespace").unwrap_or("default").into(),
        is_upgrade: false,
    };
    Ok(Options { release, capabilities, include_crds: false, skip_schema_validation: false })
}

fn lossy(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len()));
    }
    text
}
