//! The resources of a part's text, each read only when it is looked at.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::side::Part;
use crate::base::digest::Digest;
use crate::object::document::json;
use crate::stage::seal;

/// A part's documents by the names its lock has for them.
#[derive(Debug, Default)]
pub(in crate::review) struct Documents<'a> {
    texts: BTreeMap<&'a str, &'a str>,
}

impl<'a> Documents<'a> {
    /// A document is known by its digest, so that none needs to be read for its name.
    pub(in crate::review) fn new(part: &'a Part) -> Documents<'a> {
        let Ok(content) = &part.content else { return Documents::default() };
        let mut names: BTreeMap<&Digest, Vec<&str>> = BTreeMap::new();
        for (name, digest) in part.resources.iter().rev() {
            names.entry(digest).or_default().push(name);
        }
        let mut texts = BTreeMap::new();
        for (_, text) in seal::documents(&content.text) {
            let digest = Digest::of(text.trim().as_bytes());
            // Of equal documents each takes a name of its own.
            if let Some(name) = names.get_mut(&digest).and_then(Vec::pop) {
                texts.insert(name, text);
            }
        }
        Documents { texts }
    }

    pub(in crate::review) fn text(&self, name: &str) -> Option<&'a str> {
        self.texts.get(name).copied()
    }

    /// The resource, as JSON has it.
    pub(in crate::review) fn read(&self, name: &str) -> Option<Json> {
        json(self.text(name)?)
    }
}
