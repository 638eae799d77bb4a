//! Each rule of `check` with what breaks it and what is near that: `tests/data/rules/CODE.txt`.
//!
//! A case begins with `=== bad: ABOUT` or `=== good: ABOUT` and holds sections: `--- values` of a chart that is called cilium, its
//! `--- cilium: VERSION`, a `--- template` more, a `--- manifest`, a machine `--- config`, keys of the `--- spec`, the
//! `--- source: CHART VERSION`, `--- large: COUNT BYTES` for ConfigMaps, and the day, `--- at: DAY`. What a bad case breaks is
//! found, and its place is in a file of the user; of a good one the rule says nothing.

use std::collections::BTreeMap;

use ichor::base::code::Code;
use ichor::base::diagnostic::Diagnostic;

use crate::check::Checked;
use crate::support::api_server::ApiServer;
use crate::support::peer::needs;
use crate::support::repository;

struct Case<'t> {
    is_bad: bool,
    about: &'t str,
    sections: BTreeMap<&'t str, String>,
}

/// Rules whose cases are elsewhere: what P012 is about, no lock is written with any more.
const ELSEWHERE: [Code; 1] = [Code::P012];

fn read(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let mut section = "";
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("=== ") {
            let (kind, about) = head.split_once(": ").expect("`=== bad: ABOUT`");
            cases.push(Case { is_bad: kind == "bad", about, sections: BTreeMap::new() });
            continue;
        }
        let case = cases.last_mut().expect("a case begins with ===");
        match line.strip_prefix("--- ").map(|it| it.split_once(": ").unwrap_or((it, ""))) {
            Some((name, value)) => {
                section = name;
                case.sections.insert(name, value.to_owned());
            }
            None => {
                let text = case.sections.get_mut(section).expect("a section");
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    cases
}

fn found(case: &Case<'_>) -> Vec<Diagnostic> {
    let section = |name: &str| case.sections.get(name).map(String::as_str);
    let workspace = Checked::new(section("cilium").unwrap_or("1.19.6"));
    let write = |name: &str, file: &str| {
        if let Some(text) = section(name) {
            workspace.write(file, text);
        }
    };
    write("values", "values.yaml");
    write("manifest", "extra.yaml");
    write("template", "chart/templates/more.yaml");
    write("config", "config.yaml");
    for line in section("spec").unwrap_or_default().lines() {
        let (key, _) = line.split_once(':').expect("`key: value`");
        let spec = workspace.read("ichor.yaml");
        let old = spec.lines().find(|it| it.starts_with(&format!("{key}:"))).expect("a key of the spec").to_owned();
        workspace.edit("ichor.yaml", &old, line);
    }
    if let Some((count, size)) = section("large").and_then(|it| it.split_once(' ')) {
        let (count, size): (usize, usize) = (count.parse().expect("a count"), size.parse().expect("a size"));
        let object = |index| {
            let head =
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a{index}, namespace: kube-system}}\n");
            format!("{head}data:\n  a: {}\n", "x".repeat(size))
        };
        workspace.write("extra.yaml", (0..count).map(object).collect::<Vec<_>>().join("---\n"));
    }
    if let Some((chart, version)) = section("source").and_then(|it| it.split_once(' ')) {
        let source = format!("chart: {chart}\n    version: \"{version}\"");
        workspace.edit("ichor.yaml", "chart: ./chart", &source);
        return workspace.unlocked();
    }
    workspace.check_with(section("config").map(|_| "config.yaml"), section("at").unwrap_or("2026-01-01"))
}

#[test]
fn each_rule_finds_what_breaks_it_and_nothing_near_it() {
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().copied().filter(|it| it.is_rule() && !ELSEWHERE.contains(it)) {
        let path = repository().join(format!("tests/data/rules/{code}.txt"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        let cases = read(&text);
        assert!(cases.iter().any(|it| it.is_bad) && cases.iter().any(|it| !it.is_bad), "{code}: a good and a bad case");
        for case in &cases {
            let found = found(case);
            let told: Vec<String> = found.iter().map(|it| format!("{} {it}", it.code)).collect();
            let own: Vec<&Diagnostic> = found.iter().filter(|it| it.code == code).collect();
            if own.is_empty() == case.is_bad {
                wrong.push(format!("{code}: {}: {told:?}", case.about));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What these rules find, a real API server refuses; what they leave alone, it takes.
#[test]
fn an_api_server_agrees() {
    needs!(ApiServer);
    let server = ApiServer::start();
    for code in [Code::K003, Code::K004, Code::K006, Code::K008, Code::K009, Code::K010, Code::K011] {
        let path = repository().join(format!("tests/data/rules/{code}.txt"));
        let text = std::fs::read_to_string(&path).expect("cases");
        for case in read(&text) {
            // Of another Kubernetes than the server's.
            let Some(manifest) = case.sections.get("manifest").filter(|_| !case.sections.contains_key("spec")) else {
                continue;
            };
            let mut said = server.apply(manifest);
            if manifest.contains("kind: CustomResourceDefinition") {
                // The server serves a new CRD a moment after it took it.
                std::thread::sleep(std::time::Duration::from_secs(2));
                said = server.apply(manifest);
            }
            assert_eq!(!said.is_empty(), case.is_bad, "{code}: {}: {said:?}", case.about);
        }
    }
}
