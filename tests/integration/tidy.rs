//! Keeps the layout honest: import order, file length, module docs.

use std::fs;
use std::path::{Path, PathBuf};

use ichor::base::code::Code;

use crate::support::repository;

/// All modules, bottom first. A file may name its own module and those above it in this list.
const ORDER: &[&str] = &[
    "engine::path",
    "engine::tree",
    "base",
    "engine::value",
    "engine::budget",
    "engine::hole",
    "engine::world",
    "engine::strconv",
    "engine::encoding",
    "engine::time",
    "engine::pki",
    "engine::fmt",
    "engine::yaml",
    "engine::gotmpl",
    "engine::sprig",
    "engine::helm",
    "object",
    "stage::spec",
    "stage::lock",
    "stage::resolve",
    "stage::vendored",
    "stage::render",
    "stage::seal",
    "stage::pack",
    "stage::bundle",
    "deliver",
    "review::compare",
    "review::print",
    "review::rules",
    "edge",
    "ops",
];
const MAX_LINES: usize = 800;

#[test]
fn imports_point_down() {
    for (path, text) in sources() {
        let Some(own) = rank(&module_of(&path)) else { continue };
        for (index, line) in text.lines().enumerate() {
            let at = format!("{}:{}", path.display(), index + 1);
            let code = line.split("//").next().unwrap_or_default().replace("pub(in crate::", "");
            assert!(!code.contains("super::super"), "{at}: write the path from `crate::`");
            let (home, engine) =
                if ORDER[own].starts_with("engine::") { ("engine::", None) } else { ("", Some("helm_engine::")) };
            let inner = code.split("crate::").skip(1).map(|rest| format!("{home}{}", path_at(rest)));
            let outer = engine
                .into_iter()
                .flat_map(|name| code.split(name).skip(1))
                .map(|rest| format!("engine::{}", path_at(rest)));
            for target in inner.chain(outer) {
                let Some(other) = rank(&target) else { panic!("{at}: `{target}` names no module in ORDER") };
                assert!(other <= own, "{at}: `{}` may not import `{}`", ORDER[own], ORDER[other]);
            }
        }
    }
}

#[test]
fn files_are_short_and_documented() {
    for (path, text) in sources() {
        assert!(text.lines().count() <= MAX_LINES, "{}: over {MAX_LINES} lines", path.display());
        assert!(text.starts_with("//!"), "{}: no module doc", path.display());
    }
}

#[test]
fn codes_stand_in_one_list() {
    let sources: Vec<_> = sources().into_iter().filter(|(path, _)| !path.ends_with("base/code.rs")).collect();
    for (path, text) in &sources {
        for (index, line) in text.lines().enumerate() {
            let quoted = line.split('"').find(|it| is_code(it));
            assert_eq!(quoted, None, "{}:{}: write `Code::...`", path.display(), index + 1);
        }
    }
    for code in Code::ALL {
        let name = format!("Code::{code}");
        assert!(sources.iter().any(|(_, text)| text.contains(&name)), "nothing says {code}: take it off the list");
    }
}

fn is_code(text: &str) -> bool {
    let mut letters = text.chars();
    text.len() == 4 && letters.next().is_some_and(|it| it.is_ascii_uppercase()) && letters.all(|it| it.is_ascii_digit())
}

/// The `::` path that a line's rest starts with.
fn path_at(rest: &str) -> String {
    rest.chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect()
}

/// The place of a `::` path in ORDER.
fn rank(module: &str) -> Option<usize> {
    ORDER
        .iter()
        .position(|entry| module.strip_prefix(entry).is_some_and(|rest| rest.is_empty() || rest.starts_with("::")))
}

/// `src/engine/gotmpl/lex.rs` is `engine::gotmpl::lex`.
fn module_of(path: &Path) -> String {
    let inner = path.strip_prefix(src()).expect("path under src").with_extension("");
    inner.iter().map(|part| part.to_string_lossy()).filter(|part| part != "mod").collect::<Vec<_>>().join("::")
}

fn src() -> PathBuf {
    repository().join("src")
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![src()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("readable source folder") {
            let path = entry.expect("readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8 source");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}
