//! Texts: YAML and JSON, specs, locks, `--set` and schemas.

use helm_engine::helm::{HelmVersion, misfits, strvals};
use helm_engine::sprig::semver;
use helm_engine::value::{Map, Value};
use helm_engine::yaml;
use ichor::gitops::NoTrees;
use ichor::stage::lock::{Lock, merge};
use ichor::stage::spec::Spec;

/// What is read and written reads back as the same, and writing that again gives the same bytes.
pub fn yaml(bytes: &[u8]) {
    let _ = yaml::read_typed(bytes);
    let _ = yaml::read_strict(bytes);
    let _ = yaml::read_list(bytes);
    let _ = yaml::read_json(bytes);
    let Ok(value) = yaml::read(bytes) else { return };
    let Ok(text) = yaml::write(&value) else { return };
    let again =
        yaml::read(text.as_bytes()).unwrap_or_else(|it| panic!("what was written cannot be read: {it}\n{text:?}"));
    let twice = yaml::write(&again).expect("written once more");
    assert_eq!(text, twice, "another text of the same value");
    if let Ok(json) = yaml::write_json(&value, false) {
        let read = yaml::read_json(json.as_bytes()).unwrap_or_else(|it| panic!("{it:?}: {json:?}"));
        assert_eq!(yaml::write_json(&read, false).expect("written"), json);
    }
}

/// A spec is read, or refused with faults that have a text.
pub fn spec(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(faults) = Spec::parse("ichor.yaml", text, &NoTrees) {
        assert!(!faults.is_empty() && faults.iter().all(|it| !it.message.is_empty()), "refused without a word");
    }
}

/// A lock that is read is what is written; a merge with itself changes nothing. Most texts are refused for their form alone:
/// what stands in the refusal as the right one is read in their place.
pub fn lock(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Lock::decode(text) {
        Ok(lock) => whole(&lock, text),
        Err(ichor::stage::lock::Error::NotCanonical { diff, .. }) => {
            let right = patched(text, &diff).expect("a difference that fits");
            let lock = Lock::decode(&right).unwrap_or_else(|it| panic!("what would be written is refused: {it}"));
            whole(&lock, &right);
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
}

fn whole(lock: &Lock, text: &str) {
    assert_eq!(lock.encode(), text);
    let merged = merge(Some(lock), lock, lock);
    assert!(merged.conflicts.is_empty() && merged.lock == *lock, "a merge of one lock with itself");
}

/// A text after a unified difference.
fn patched(text: &str, diff: &str) -> Option<String> {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut new, mut at, mut is_gone) = (String::new(), 0, false);
    for line in diff.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix("@@ -") {
            let range = head.split(' ').next()?;
            let (start, count) = range.split_once(',').unwrap_or((range, "1"));
            let start: usize = start.parse().ok()?;
            let begin = if count == "0" { start } else { start.checked_sub(1)? };
            new.extend(old.get(at..begin)?.iter().copied());
            at = begin;
            continue;
        }
        match line.as_bytes().first()? {
            b' ' => (new, at) = (new + &line[1..], at + 1),
            b'-' => at += 1,
            b'+' => new += &line[1..],
            // The line before has no line break.
            b'\\' if !is_gone => drop(new.pop()),
            b'\\' => {}
            _ => return None,
        }
        is_gone = line.starts_with('-');
    }
    new.extend(old.get(at..)?.iter().copied());
    Some(new)
}

/// The line, as each of the flags takes it.
pub fn set(bytes: &[u8]) {
    for helm in [HelmVersion::NEWEST, HelmVersion::UNNAMED] {
        for parse in [strvals::parse_into, strvals::parse_into_string, strvals::parse_json, strvals::parse_literal_into]
        {
            let dest = Map::from_entries([
                ("a".into(), Value::map([("b", Value::list([Value::Int(1)]))])),
                ("c".into(), Value::from("text")),
            ]);
            if parse(bytes, &dest, helm).is_ok() {
                let _ = yaml::write(&Value::Map(dest));
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some((one, two)) = text.split_once('\n')
    {
        let _ = semver::Version::parse(one).map(|it| (it.to_string(), two.len()));
        let _ = helm_engine::sprig::regex_matches(one, two);
    }
}

/// A schema, and after a zero byte the values that it judges.
pub fn schema(bytes: &[u8]) {
    let cut = bytes.iter().position(|it| *it == 0).unwrap_or(bytes.len());
    let (schema, values) = bytes.split_at(cut);
    let values = yaml::read_map(values.strip_prefix(&[0]).unwrap_or(b"a: 1\nb: [x]\n")).unwrap_or_else(|_| Map::any());
    let _ = misfits(schema, &values);
}
