//! What the program is built from: every library has a reason, and none is there twice that need not be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::repository;

/// As many libraries are there in more than one version, those of other systems and of tests included. It may only fall.
const DOUBLES: usize = 49;

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|it| panic!("{path}: {it}"))
}

/// The names in a table of a manifest.
fn named(manifest: &str, table: &str) -> BTreeSet<String> {
    let text = read(manifest);
    let lines = text.lines().skip_while(|it| *it != format!("[{table}]")).skip(1);
    let lines = lines.take_while(|it| !it.starts_with('[')).filter(|it| !it.starts_with('#') && !it.is_empty());
    lines.filter_map(|it| it.split([' ', '.', '=']).next().map(str::to_owned)).collect()
}

/// What a section of the page tells of.
fn told(section: &str) -> BTreeSet<String> {
    let page = read("docs/reference/dependencies.md");
    let lines = page.lines().skip_while(|it| *it != format!("## {section}")).skip(1);
    let rows = lines.take_while(|it| !it.starts_with("## ")).filter_map(|it| it.strip_prefix("| `"));
    let rows: Vec<&str> = rows.collect();
    for row in &rows {
        let why = row.split(" | ").nth(1).unwrap_or_default().trim_end_matches([' ', '|']);
        assert!(why.len() > 2, "no reason: {row}");
    }
    rows.into_iter().filter_map(|it| it.split('`').next().map(str::to_owned)).collect()
}

/// Every package of a lock: name, version, and what it asks.
fn packages(lock: &str) -> Vec<(String, String, BTreeSet<String>)> {
    let text = read(lock);
    let word = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    let package = |block: &str| {
        let line = |key: &str| block.lines().find(|it| it.starts_with(key)).map(word).unwrap_or_default();
        let asks = block.lines().filter(|it| it.starts_with(" \"")).map(word);
        let asks = asks.filter_map(|it| it.split(' ').next().map(str::to_owned)).collect();
        (line("name = "), line("version = "), asks)
    };
    text.split("[[package]]").skip(1).map(package).collect()
}

#[test]
fn every_library_has_a_reason() {
    for (section, manifest, table) in [
        ("The program", "Cargo.toml", "dependencies"),
        ("The engine", "src/engine/Cargo.toml", "dependencies"),
        ("Tests alone", "Cargo.toml", "dev-dependencies"),
    ] {
        let named = named(manifest, table);
        assert!(named.len() > 5, "{named:?}");
        assert_eq!(told(section), named, "docs/reference/dependencies.md, {section}: {manifest}, [{table}]");
    }
}

#[test]
fn doubles_only_fall_and_nothing_is_a_candidate() {
    let mut versions = BTreeMap::<String, BTreeSet<String>>::new();
    for (name, version, _) in packages("Cargo.lock") {
        let number = version.split('+').next().unwrap_or_default();
        assert!(!number.contains('-'), "{name} {version} is a candidate for a release");
        versions.entry(name).or_default().insert(version);
    }
    assert!(versions.len() > 100);
    let doubles: Vec<_> = versions.iter().filter(|it| it.1.len() > 1).collect();
    assert_eq!(doubles.len(), DOUBLES, "more than before, or fewer: then lower the number: {doubles:#?}");
}

#[test]
fn the_lock_of_the_fuzz_targets_is_fresh() {
    let packages = packages("tests/fuzz/Cargo.lock");
    let asked = |name: &str| packages.iter().find(|it| it.0 == name).map(|it| it.2.clone());
    let fresh = "`cargo update --workspace` in tests/fuzz writes it anew";
    assert_eq!(asked("ichor"), Some(named("Cargo.toml", "dependencies")), "{fresh}");
    assert_eq!(asked("helm-engine"), Some(named("src/engine/Cargo.toml", "dependencies")), "{fresh}");
}
