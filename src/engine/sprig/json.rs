//! JSON.
//!
//! Mirrors the JSON functions of sprig's `defaults.go`. Helm puts its own in place of some of them.

use super::arguments::{ANY, Outcome, STRING, any, function, string, text};
use crate::gotmpl::{Function, Layout, Sealed};
use crate::value::{Failure, Str, Value};
use crate::yaml;

pub(super) const FUNCTIONS: &[Function] = &[
    function("fromJson", &[STRING], ANY, Sealed::Refuse, |args| Ok(parse(args).unwrap_or(Value::Nil))),
    function("mustFromJson", &[STRING], ANY, Sealed::Refuse, parse),
    function("toJson", &[ANY], STRING, Sealed::Layout(Layout::Json), |args| or_empty(write(args, true))),
    function("mustToJson", &[ANY], STRING, Sealed::Layout(Layout::Json), |args| string(write(args, true)?)),
    function("toRawJson", &[ANY], STRING, Sealed::Layout(Layout::Json), |args| string(write(args, false)?)),
    function("mustToRawJson", &[ANY], STRING, Sealed::Layout(Layout::Json), |args| string(write(args, false)?)),
    function("toPrettyJson", &[ANY], STRING, Sealed::Layout(Layout::Json), |args| {
        or_empty(write(args, true).map(|it| pretty(&it).into()))
    }),
    function("mustToPrettyJson", &[ANY], STRING, Sealed::Layout(Layout::Json), |args| {
        string(pretty(&write(args, true)?))
    }),
];

fn parse(args: &[Value]) -> Outcome {
    yaml::read_json(&text(args, 0)).map_err(Failure::from_error)
}

fn write(args: &[Value], escape_html: bool) -> Result<Str, String> {
    yaml::write_json(&any(args, 0), escape_html)
}

fn or_empty(written: Result<Str, String>) -> Outcome {
    string(written.unwrap_or_default())
}

/// Indents compact JSON by two spaces a level.
///
/// Mirrors `json.MarshalIndent(v, "", "  ")`.
fn pretty(compact: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(compact.len() * 2);
    let mut depth = 0_usize;
    let (mut quoted, mut escaped) = (false, false);
    let newline = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + depth * 2, b' ');
    };
    let mut bytes = compact.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if quoted {
            out.push(byte);
            quoted = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                if let Some(end) = bytes.next_if(|it| matches!(it, b'}' | b']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    newline(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                newline(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                newline(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                quoted = byte == b'"';
                out.push(byte);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indents_as_go() {
        let text = br#"{"a":[1,{"b":"x,\"{:"}],"c":{},"d":[]}"#;
        let expected =
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x,\\\"{:\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}";
        assert_eq!(String::from_utf8_lossy(&pretty(text)), expected);
    }
}
