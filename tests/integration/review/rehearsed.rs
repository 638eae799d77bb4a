//! What `diff` says the API server will do with an object, compared with what a real one does: an old state is applied as
//! Talos applies it, then a new one, in both directions.
//!
//! A case is a file of `tests/data/rehearsed`: an object, and changes of it, each a place and the value that stands there; the
//! CRD of its kind, where Kubernetes does not have it.

use ichor::review::rehearse::{self, Stage};
use serde_json::Value as Json;

use super::rehearsal::{self, Case};
use crate::support::peer::needs;
use crate::support::repository;

pub fn read(path: &std::path::Path) -> Json {
    let value = helm_engine::yaml::read(&std::fs::read(path).expect("a case")).expect("YAML");
    serde_json::from_slice(&helm_engine::yaml::write_json(&value, false).expect("JSON")).expect("JSON")
}

/// The object with another value at a place, or without one; nothing where there is no such place.
pub fn changed(old: &Json, at: &str, to: Option<&Json>) -> Option<Json> {
    let mut new = old.clone();
    let mut keys: Vec<String> = at.split('/').skip(1).map(|it| it.replace("~1", "/")).collect();
    let last = keys.pop()?;
    let mut here = &mut new;
    for key in &keys {
        here = match key.parse::<usize>() {
            Ok(index) if here.is_array() => here.get_mut(index)?,
            Ok(_) => return None,
            _ if here.is_array() => return None,
            _ => &mut here[key.as_str()],
        };
    }
    match (here, to) {
        (Json::Array(list), Some(to)) => {
            let index: usize = last.parse().ok()?;
            if index < list.len() { list[index] = to.clone() } else { list.push(to.clone()) }
        }
        (Json::Array(list), None) => drop(list.remove(last.parse().ok()?)),
        (Json::Object(map), None) => drop(map.remove(&last)?),
        (Json::Object(map), Some(to)) => drop(map.insert(last, to.clone())),
        (here @ Json::Null, Some(to)) => here[last.as_str()] = to.clone(),
        _ => return None,
    }
    Some(new)
}

/// Both directions of every change, each of an object of its own.
fn cases() -> (Vec<Case>, Vec<Json>) {
    let mut files: Vec<_> = std::fs::read_dir(repository().join("tests/data/rehearsed"))
        .expect("the cases")
        .map(|it| it.expect("a file").path())
        .collect();
    files.sort();
    let (mut cases, mut definitions) = (Vec::new(), Vec::new());
    for file in files {
        let case = read(&file);
        definitions.extend(case.get("definition").cloned());
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        for change in case["changes"].as_array().expect("changes") {
            let (at, to) = (change["at"].as_str().expect("a place"), change.get("to"));
            let (old, new) = (case["old"].clone(), changed(&case["old"], at, to).expect("a place"));
            let shown = to.map_or_else(|| "nothing".to_owned(), Json::to_string);
            // A claim that nothing is bound to does not even grow.
            let ways = if change["once"] == true { 1 } else { 2 };
            for (way, old, new) in [("→", &old, &new), ("←", &new, &old)].into_iter().take(ways) {
                let number = cases.len();
                let own = |it: &Json| -> Json {
                    let text =
                        it.to_string().replace("UNIQUE", &format!("n{number:04}")).replace("\"NS\"", "\"rehearsed\"");
                    let text = text.replace("30123", &(30_000 + number % 2_700).to_string());
                    let it: Json = serde_json::from_str(&text).expect("JSON");
                    if it["kind"] == "CustomResourceDefinition" { it } else { rehearsal::own(&it, number) }
                };
                cases.push(Case { what: format!("{name} {way} {at} {shown}"), old: own(old), new: own(new) });
            }
        }
    }
    (cases, definitions)
}

#[test]
fn predictions_are_what_a_server_does() {
    needs!(ApiServer, Curl);
    let server = rehearsal::server();
    let (cases, definitions) = cases();
    assert!(cases.len() > 800, "{}", cases.len());
    for definition in &definitions {
        assert_eq!(server.upgrade(&definition.to_string()), [""; 0]);
    }
    // The server serves a new CRD a moment after it took it.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let definitions = rehearse::definitions(definitions.iter());
    let stage = Stage { kubernetes: Some(34), definitions, ..Stage::default() };
    let (figures, wrong) = rehearsal::judged(&server, &cases, &stage);
    assert!(wrong.is_empty(), "{} of {} ({figures:?}):\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(figures.refused > 100 && figures.kept > 50, "{figures:?}");
}
