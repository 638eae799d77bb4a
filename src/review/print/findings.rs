//! What `check` found, for programs: as JSON, as SARIF, and as annotations of GitHub.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use url::Url;

use crate::base::code::{Code, Severity};
use crate::base::diagnostic::{Diagnostic, Place};
use crate::deliver::target::Target;

/// Everything as one JSON object: counts, findings, and the size of what each target takes, in bytes.
pub fn json(findings: &[Diagnostic], allowed: &[(Diagnostic, String)], sizes: &[(Target, u64)]) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity() == severity).count();
    let sizes: serde_json::Map<String, Json> =
        sizes.iter().map(|(target, bytes)| (target.to_string(), json!(bytes))).collect();
    let allowed = allowed.iter().map(|(finding, reason)| {
        let mut finding = json_finding(finding);
        finding["reason"] = json!(reason);
        finding
    });
    let all = json!({
        "errors": count(Severity::Error),
        "warnings": count(Severity::Warning),
        "diagnostics": findings.iter().map(json_finding).collect::<Vec<_>>(),
        "allowed": allowed.collect::<Vec<_>>(),
        "sizes": sizes,
    });
    format!("{all:#}\n")
}

fn json_finding(finding: &Diagnostic) -> Json {
    let place = finding.place.as_ref();
    let (line, column) = place.and_then(Place::line_column).unzip();
    json!({
        "code": finding.code.name(),
        "severity": finding.severity().to_string(),
        "message": finding.message,
        "file": place.map(|place| place.file.to_string()),
        "line": line,
        "column": column,
        "help": finding.help,
    })
}

/// A log in SARIF 2.1.0. A finding without a place is shown at the spec, `spec`: GitHub leaves out results that have none. What
/// the spec allows is in it as suppressed.
pub fn sarif(findings: &[Diagnostic], allowed: &[(Diagnostic, String)], spec: &str) -> String {
    let all = || findings.iter().map(|it| (it, None)).chain(allowed.iter().map(|(it, reason)| (it, Some(reason))));
    let codes: BTreeSet<Code> = all().map(|(finding, _)| finding.code).collect();
    let rules: Vec<Json> = codes
        .iter()
        .map(|code| {
            json!({
                "id": code.name(),
                "shortDescription": { "text": code.meaning() },
                "defaultConfiguration": { "level": code.severity().to_string() },
            })
        })
        .collect();
    let results: Vec<Json> = all()
        .map(|(finding, reason)| {
            let (file, line, column) = start(finding, spec);
            let mut result = json!({
                "ruleId": finding.code.name(),
                "level": finding.severity().to_string(),
                "message": { "text": sentences(finding) },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": uri(file) },
                    "region": { "startLine": line, "startColumn": column },
                } }],
            });
            if let Some(reason) = reason {
                result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
            }
            result
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "ichor", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

/// A line for each finding that a GitHub workflow shows beside the changed file.
///
/// Mirrors the workflow commands of `actions/toolkit`, `packages/core/src/command.ts`, in what is escaped.
pub fn github(findings: &[Diagnostic], spec: &str) -> String {
    let mut out = String::new();
    for finding in findings {
        let (file, line, column) = start(finding, spec);
        let (level, title) = (finding.severity(), finding.code.name());
        let (file, text) = (property(file), data(&sentences(finding)));
        let _ = writeln!(out, "::{level} file={file},line={line},col={column},title={title}::{text}");
    }
    out
}

/// The file, line and column of a finding, the latter two from 1.
fn start<'a>(finding: &'a Diagnostic, spec: &'a str) -> (&'a str, usize, usize) {
    match &finding.place {
        Some(place) => {
            let (line, column) = place.line_column().unwrap_or((1, 1));
            (&place.file, line, column)
        }
        None => (spec, 1, 1),
    }
}

/// What is wrong and what to do, as sentences.
fn sentences(finding: &Diagnostic) -> String {
    match &finding.help {
        Some(help) => format!("{}.\n{help}.", finding.message),
        None => format!("{}.", finding.message),
    }
}

/// A path as a reference of a URI, relative where the path is.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let Ok(mut url) = Url::parse("file:///") else { return path.to_owned() };
    // A path has no escapes: a percent sign is one.
    url.set_path(&path.replace('%', "%25"));
    let encoded = url.path();
    if path.starts_with('/') { format!("file://{encoded}") } else { encoded.trim_start_matches('/').to_owned() }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Diagnostic> {
        let text = "a: 1\nb: {c: 2}\n";
        let place = Place { file: "my values/50%,a:b.yaml".into(), text: Some(text.into()), span: 9..10 };
        vec![
            Diagnostic::new(Code::H001, "the chart does not know `c`\nor `d`").at(place).help("take it out, 100%"),
            Diagnostic::new(Code::L013, "there is no lock"),
        ]
    }

    #[test]
    fn a_sarif_log_names_each_rule_once_and_every_place() {
        let mut all = findings();
        all.extend(findings());
        let log: Json =
            serde_json::from_str(&sarif(&all, &[(all[0].clone(), "known".into())], "ichor.yaml")).expect("JSON");
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(2));
        assert_eq!(run["results"].as_array().map(Vec::len), Some(5));
        assert_eq!(run["results"][4]["suppressions"][0]["justification"], "known");
        let place = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20values/50%25,a:b.yaml");
        assert_eq!(place["region"], json!({ "startLine": 2, "startColumn": 5 }));
        let place = &run["results"][1]["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &run["results"][1]["level"]),
            (&"ichor.yaml".into(), &"warning".into())
        );
    }

    #[test]
    fn an_annotation_is_one_line_whatever_the_text_holds() {
        assert_eq!(
            github(&findings(), "ichor.yaml"),
            "::error file=my values/50%25%2Ca%3Ab.yaml,line=2,col=5,title=H001::the chart does not know `c`%0Aor `d`.%0Atake it out, 100%25.\n\
             ::warning file=ichor.yaml,line=1,col=1,title=L013::there is no lock.\n"
        );
    }
}
