//! Every row of the table of limits has something that meets it.

use std::collections::BTreeSet;
use std::fs;

use ichor::base::limits;

use crate::support::repository;
use crate::support::workspace::Workspace;

/// Where a limit is met: a case of `tests/data/hostile` (see `recorded.rs`), or a test by its file and name.
enum Met {
    Case(&'static str),
    Test(&'static str, &'static str),
    /// By nothing yet. Why.
    No(&'static str),
}

use Met::{Case, No, Test};

const MET: &[(&str, Met)] = &[
    ("memory", Case("template-memory")),
    ("steps", Case("template-steps")),
    ("printed", Test("tests/integration/template/differences.rs", "what_ends_helm_is_an_error")),
    ("calls", Case("template-tpl-itself")),
    ("templates", Case("template-calls-itself")),
    ("parentheses", Case("template-parentheses")),
    ("includes", Case("template-include-itself")),
    ("numbers", Case("template-until")),
    ("repeated", Case("template-repeat")),
    ("random", Case("template-random")),
    ("sealed-chain", No("a chain of that length takes a bundle made by hand")),
    ("nested-values", Case("template-value-in-itself")),
    ("printed-values", No("what is printed is cut there, without a word")),
    ("yaml-depth", Case("values-deep-flow")),
    ("yaml-key", Case("values-long-key")),
    ("yaml-aliases", Case("values-billion-laughs")),
    ("json-depth", Case("schema-deep")),
    ("toml-depth", Case("template-toml")),
    ("set-index", Case("set-index")),
    ("set-depth", Case("set-depth")),
    ("version", Case("template-semver")),
    ("constraint", Case("template-constraint")),
    ("constraint-groups", Case("template-constraint-groups")),
    ("regex-height", Case("template-regex-height")),
    ("regex-copies", Case("template-regex-copies")),
    ("regex-size", No("the bound on repetitions within each other comes first")),
    ("glob-depth", No("Helm takes a pattern that cannot be read for one that matches all, without a word")),
    ("release-name", Case("release-name")),
    ("input", Test("tests/integration/hostile/inputs.rs", "what_a_spec_names")),
    ("folders", Test("tests/integration/hostile/limits.rs", "folders_within_folders")),
    ("links", Test("tests/integration/hostile/outputs.rs", "links_that_lead_nowhere_or_in_a_circle")),
    ("identity", Test("tests/integration/hostile/inputs.rs", "16 MiB")),
    ("work-factor", No("an identity of that work takes minutes to make")),
    ("bundle", Test("tests/integration/hostile/inputs.rs", "a_bundle_that_would_be_too_large")),
    ("manifest", No("no server of the tests sends as much")),
    ("image-document", No("no server of the tests sends as much")),
    ("image-indexes", No("no server of the tests nests as deep")),
    ("tag-pages", Test("tests/integration/sources/corners.rs", "200 pages")),
    ("repository-index", No("no server of the tests sends as much")),
    ("redirects", Test("tests/integration/sources/bad_input.rs", "redirects too often")),
    ("attempts", No("shown by the tests of servers that fail, without a count")),
    ("retry-pause", No("shown by the tests of servers that ask to wait, without its end")),
    ("errand", No("it takes a quarter of an hour")),
    ("pace", Test("tests/integration/faults/waits.rs", "redirects_that_take_their_time")),
    ("helper", No("no helper of the tests says as much")),
    ("upload-answer", No("no server of the tests sends as much")),
    ("gitops-file", No("no tree of the tests holds as much")),
    ("kustomizations", No("what lies deeper is taken as it is written")),
    ("variables", No("no tree of the tests nests as deep")),
    ("release", No("no cluster of the tests holds as much")),
];

#[test]
fn every_limit_is_met() {
    let named: BTreeSet<&str> = limits::all().map(|it| it.name).collect();
    assert_eq!(named.len(), limits::all().count(), "a name stands twice");
    assert_eq!(MET.iter().map(|it| it.0).collect::<BTreeSet<_>>(), named);
    for (name, met) in MET {
        match met {
            Case(case) => {
                let path = repository().join(format!("tests/data/hostile/{case}.txt"));
                assert!(path.exists(), "{name}: {}", path.display());
            }
            Test(file, words) => {
                let text = fs::read_to_string(repository().join(file)).expect("a file of tests");
                assert!(text.contains(words), "{name}: {file} does not hold {words}");
            }
            No(why) => assert!(!why.is_empty()),
        }
    }
    let open = MET.iter().filter(|it| matches!(it.1, No(_))).count();
    assert!(open <= 18, "{open} limits are met by nothing: the number may only fall");
}

#[test]
fn folders_within_folders() {
    let workspace = Workspace::new();
    workspace.write("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    workspace.write(&format!("app/{}a.txt", "d/".repeat(limits::FOLDERS.size() + 2)), "x");
    workspace.refused(&["template", "r", "app"], 2, &["100 folders"]);
}

#[test]
fn the_page_of_limits_is_fresh() {
    let written = fs::read_to_string(repository().join("docs/reference/limits.md")).expect("docs/reference/limits.md");
    assert_eq!(
        Workspace::new().done(&["reference", "--limits"]),
        written,
        "`ichor reference --limits >docs/reference/limits.md`"
    );
}
