//! Renders every case under tests/data/cases and compares with what Helm printed. `tests/record.py` tells the format.
//!
//! `CASES=emit cargo test --test integration cases` runs the files whose path holds that word.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::case::{self, Case};
use crate::support::repository;

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

/// Answers cases that `tests/fuzz.py` makes up: a file of JSON lines in, another out.
#[test]
#[ignore = "asked by tests/fuzz.py"]
fn answers() {
    let path = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let questions = fs::read_to_string(path("FUZZ_IN")).expect("questions");
    let helm = path("FUZZ_HELM").parse().expect("a Helm that is known");
    let run = move || {
        let answer = |line: &str| {
            let sections = serde_json::from_str(line).expect("a case in JSON");
            let case = Case { name: String::new(), line: 0, helm, sections };
            match std::panic::catch_unwind(|| case.answer()) {
                Ok(Ok(output)) => serde_json::json!(["output", output]),
                Ok(Err(error)) => serde_json::json!(["error", error]),
                Err(_) => serde_json::json!(["panic", ""]),
            }
        };
        questions.lines().map(|it| format!("{}\n", answer(it))).collect::<String>()
    };
    let run = std::thread::Builder::new().stack_size(1 << 30).spawn(run).expect("a thread");
    fs::write(path("FUZZ_OUT"), run.join().expect("no panic")).expect("a place for the answers");
}

fn run() -> String {
    let wanted = std::env::var("CASES").unwrap_or_default();
    let root = repository().join("tests/data/cases");
    let mut report = String::new();
    let (mut count, mut failed) = (0, BTreeMap::<String, usize>::new());
    for path in files(&root) {
        let label = path.strip_prefix(&root).expect("a path below the root").display().to_string();
        if !label.contains(&wanted) {
            continue;
        }
        for case in case::read(&path) {
            count += 1;
            let want = case.result();
            let got = case.answer();
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
