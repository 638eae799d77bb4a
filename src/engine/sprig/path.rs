//! Slash-separated paths.
//!
//! Mirrors Go's `path`, and `path/filepath` as it is on Unix, where both agree.

use super::arguments::{BOOL, Outcome, STRING, function, string, text};
use crate::gotmpl::{Function, Sealed};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    function("base", &[STRING], STRING, Sealed::Defer, |args| string(base(&text(args, 0)))),
    function("osBase", &[STRING], STRING, Sealed::Defer, |args| string(base(&text(args, 0)))),
    function("dir", &[STRING], STRING, Sealed::Defer, |args| string(dir(&text(args, 0)))),
    function("osDir", &[STRING], STRING, Sealed::Defer, |args| string(dir(&text(args, 0)))),
    function("clean", &[STRING], STRING, Sealed::Defer, |args| string(clean(&text(args, 0)))),
    function("osClean", &[STRING], STRING, Sealed::Defer, |args| string(clean(&text(args, 0)))),
    function("ext", &[STRING], STRING, Sealed::Defer, |args| string(ext(&text(args, 0)))),
    function("osExt", &[STRING], STRING, Sealed::Defer, |args| string(ext(&text(args, 0)))),
    function("isAbs", &[STRING], BOOL, Sealed::Refuse, is_abs),
    function("osIsAbs", &[STRING], BOOL, Sealed::Refuse, is_abs),
];

/// The last element, without trailing slashes; `.` of nothing, `/` of nothing but slashes.
fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path.iter().rposition(|it| *it != b'/').map_or(0, |it| it + 1);
    match path.get(..end).unwrap_or_default().rsplit(|it| *it == b'/').next() {
        None | Some([]) => b"/",
        Some(name) => name,
    }
}

/// All but the last element, cleaned.
fn dir(path: &[u8]) -> Vec<u8> {
    let end = path.iter().rposition(|it| *it == b'/').map_or(0, |it| it + 1);
    clean(path.get(..end).unwrap_or_default())
}

/// The suffix from the last dot of the last element on.
fn ext(path: &[u8]) -> &[u8] {
    let name = path.iter().rposition(|it| *it == b'/').map_or(0, |it| it + 1);
    let name = path.get(name..).unwrap_or_default();
    name.iter().rposition(|it| *it == b'.').and_then(|at| name.get(at..)).unwrap_or_default()
}

/// The shortest path of the same meaning; `.` of nothing.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for element in path.split(|it| *it == b'/') {
        match element {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|it| *it != b"..") => {
                kept.pop();
            }
            b".." if rooted => {}
            _ => kept.push(element),
        }
    }
    let joined = kept.join(&b'/');
    match joined.as_slice() {
        _ if rooted => [b"/", joined.as_slice()].concat(),
        [] => b".".to_vec(),
        _ => joined,
    }
}

fn is_abs(args: &[Value]) -> Outcome {
    Ok(text(args, 0).starts_with(b"/").into())
}
