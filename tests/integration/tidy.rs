//! Keeps the layout honest: import order, file length, module docs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ichor::base::code::Code;

use crate::support::repository;

/// All modules, bottom first. A file may name its own module and those above it in this list.
const ORDER: &[&str] = &[
    "engine::limits",
    "engine::timing",
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
    "gitops",
    "stage::spec",
    "stage::lock",
    "stage::resolve",
    "stage::vendored",
    "stage::render",
    "stage::seal",
    "stage::pack",
    "stage::bundle",
    "stage::provenance",
    "stage::parcel",
    "deliver",
    "review::kubernetes",
    "review::rehearse",
    "review::compare",
    "review::confided",
    "review::print",
    "review::rules",
    "review::drift",
    "edge",
    "workspace",
    "ops",
];
const MAX_LINES: usize = 400;
/// Half of the files are at most as long as this.
const MEDIAN: usize = 150;

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
    let mut lengths: Vec<usize> = sources().iter().map(|(_, text)| text.lines().count()).collect();
    lengths.sort_unstable();
    assert!(lengths[lengths.len() / 2] <= MEDIAN, "the median is {}", lengths[lengths.len() / 2]);
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

/// The files and folders of one folder import each other without a circle. A folder's own `mod.rs` is its face, which may
/// know what is in it and be known there.
#[test]
fn no_circle_of_files() {
    let sources: BTreeMap<Vec<String>, String> = sources()
        .into_iter()
        .filter(|(path, _)| !path.iter().any(|it| it == "examples"))
        .map(|(path, text)| (module_of(&path).split("::").filter(|it| *it != "lib").map(str::to_owned).collect(), text))
        .collect();
    let mut folders: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (own, text) in &sources {
        for target in imports(own, text, &sources) {
            let shared = own.iter().zip(&target).take_while(|(one, other)| one == other).count();
            if let (Some(from), Some(to)) = (own.get(shared), target.get(shared)) {
                folders.entry(own[..shared].to_vec()).or_default().entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    for (folder, arrows) in &folders {
        for start in arrows.keys() {
            let (mut reached, mut next) = (BTreeSet::new(), vec![start]);
            while let Some(file) = next.pop() {
                next.extend(arrows.get(file).into_iter().flatten().filter(|it| reached.insert(*it)));
            }
            assert!(!reached.contains(start), "{}: `{start}` imports itself by way of {reached:?}", folder.join("::"));
        }
    }
}

/// The modules that a file names, as far as they are files of ours. Its tests may name what they like.
fn imports(own: &[String], text: &str, sources: &BTreeMap<Vec<String>, String>) -> BTreeSet<Vec<String>> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let home: &[String] = if own.first().is_some_and(|it| it == "engine") { &own[..1] } else { &[] };
    let mut found = BTreeSet::new();
    for (word, base) in [
        ("crate", home.to_vec()),
        ("helm_engine", vec!["engine".into()]),
        ("super", own[..own.len().saturating_sub(1)].to_vec()),
        ("self", own.to_vec()),
    ] {
        for (at, _) in code.match_indices(&format!("{word}::")) {
            if code[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_' || it == ':') {
                continue;
            }
            for path in paths(&code[at + word.len() + 2..]) {
                let mut target = base.clone();
                for part in path {
                    target.push(part);
                    if !sources.contains_key(&target) && !sources.keys().any(|it| it.starts_with(&target)) {
                        target.pop();
                        break;
                    }
                }
                if sources.contains_key(&target) && target != own {
                    found.insert(target);
                }
            }
        }
    }
    found
}

/// The paths of a tree such as `a::{b, c::{d, e}}`, up to where it ends.
fn paths(text: &str) -> Vec<Vec<String>> {
    let word: String = text.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
    let rest = &text[word.len()..];
    let first = vec![word];
    if let Some(rest) = rest.strip_prefix("::{") {
        let mut depth = 0;
        let end = rest.char_indices().find(|(_, it)| {
            depth += i32::from(*it == '{') - i32::from(*it == '}');
            depth < 0
        });
        let inner = &rest[..end.map_or(rest.len(), |it| it.0)];
        let mut out = Vec::new();
        let (mut depth, mut start) = (0, 0);
        for (at, it) in inner.char_indices().chain([(inner.len(), ',')]) {
            depth += i32::from(it == '{') - i32::from(it == '}');
            if it == ',' && depth == 0 {
                out.extend(paths(inner[start..at].trim()).into_iter().map(|it| [first.clone(), it].concat()));
                start = at + 1;
            }
        }
        return out;
    }
    match rest.strip_prefix("::") {
        Some(rest) => paths(rest).into_iter().map(|it| [first.clone(), it].concat()).collect(),
        None => vec![first],
    }
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
