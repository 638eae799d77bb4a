//! A comparison as people and programs read it: for a terminal, a comment, a page, and as JSON; and what `check` found, for
//! programs.

pub mod findings;
pub mod html;
pub mod many;
pub mod markdown;
mod overview;
pub mod text;

use crate::base::recipient::Recipient;
use crate::review::compare::Diff;

/// The comparison as JSON, for programs; [`crate::review::compare::SCHEMA`] is its version.
pub fn json(diff: &Diff) -> String {
    serde_json::to_string_pretty(diff).unwrap_or_default() + "\n"
}

/// The JSON Schema (draft 2020-12) of that form.
pub const JSON_SCHEMA: &str = include_str!("schema.json");

/// A recipient as people read it: both ends of a long key.
fn recipient(text: &str) -> String {
    text.parse::<Recipient>().map_or_else(|_| text.to_owned(), |it| it.short())
}
