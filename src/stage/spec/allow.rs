//! What `check` finds and the user has thought about: `allow: [{code: C005, reason: ...}]`.

use super::Allowed;
use super::fields::{Fields, Reader};
use super::keys::ALLOW;
use crate::base::code::Code;

pub(super) fn allow(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Allowed> {
    let Some(node) = fields.get("allow") else { return Vec::new() };
    let mut allowed: Vec<Allowed> = Vec::new();
    for item in reader.items(node, "`allow`") {
        let what = "an entry of `allow`";
        let Some(fields) = reader.fields(item, what, &ALLOW.names()) else { continue };
        let (Some(code), Some(reason)) = (reader.need(&fields, what, "code"), reader.need(&fields, what, "reason"))
        else {
            continue;
        };
        let (Some(word), Some(reason)) = (reader.word(code, "`code`"), reader.word(reason, "`reason`")) else {
            continue;
        };
        match Code::find(&word.to_uppercase()) {
            Some(it) if !it.is_rule() => {
                let message = format!("`{it}` is nothing that `check` finds by a rule, and cannot be allowed");
                reader.fault(Code::S005, code, message, "`ichor explain CODE` says what to do about it");
            }
            Some(it) if allowed.iter().any(|known| known.code == it) => {
                reader.fault(Code::S002, code, format!("`{it}` is allowed twice"), "keep one of them");
            }
            Some(it) => {
                allowed.push(Allowed { code: it, reason: reason.into_owned(), place: reader.place(code) });
            }
            None => reader.fault(Code::S005, code, format!("there is no code `{word}`"), "`ichor explain` lists all"),
        }
    }
    allowed
}
