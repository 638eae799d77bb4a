//! Variables of the environment of a container.

use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

pub(super) fn check(container: &Cursor<'_>, faults: &mut Faults) {
    for variable in container.list("env") {
        variable_of(&variable, faults);
    }
    for source in container.list("envFrom") {
        match [source.has("configMapRef"), source.has("secretRef")] {
            [false, false] => {
                faults.clash(&source, "names nothing to take from", "write `configMapRef` or `secretRef`")
            }
            [true, true] => faults.clash(&source, "names two things to take from", "make two entries of it"),
            _ => {}
        }
    }
}

fn variable_of(variable: &Cursor<'_>, faults: &mut Faults) {
    super::needed(variable, "name", "a variable has a name", faults);
    let name = variable.text("name");
    if !name.is_empty() && !name.chars().all(|sign| (' '..='~').contains(&sign) && sign != '=') {
        faults.value(variable, "has a name with `=` or a sign that is no ASCII", "take it out of the name");
    }
    let Some(from) = variable.get("valueFrom") else { return };
    let sources: Vec<&str> = SOURCES.into_iter().filter(|it| from.has(it)).collect();
    match sources.len() {
        0 => faults.clash(&from, "names no source", format!("write one of {}", SOURCES.join(", "))),
        _ if !variable.text("value").is_empty() => {
            faults.clash(variable, "has both `value` and `valueFrom`", "take one of them out");
        }
        1 => {}
        _ => faults.clash(&from, format!("names {} at once", sources.join(" and ")), "keep one of them"),
    }
    for key in ["configMapKeyRef", "secretKeyRef"] {
        let Some(reference) = from.get(key) else { continue };
        super::needed(&reference, "name", "name the object to read", faults);
        super::needed(&reference, "key", "name the key to read", faults);
        if !reference.text("key").is_empty() && !text::is_data_key(reference.text("key")) {
            faults.value(&reference, format!("has the key `{}`, which none can be", reference.text("key")), KEY);
        }
    }
}

const KEY: &str = "a key is made of letters, digits, `-`, `_` and `.`";
