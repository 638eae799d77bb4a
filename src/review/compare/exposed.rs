//! What should be secret and stands where everyone can read it: private keys in the clear, and sealed text outside of Secrets.

use std::fmt;

use serde_json::Value as Json;

use crate::object::private_key::{self, PrivateKey};
use crate::stage::seal;

/// Functions that give a digest. Charts write one of a Secret into an annotation, so that pods restart when it changes.
const DIGESTS: [&str; 4] = ["adler32sum", "sha1sum", "sha256sum", "sha512sum"];

/// Something that is exposed, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::review) struct Exposed<'a> {
    /// `data.tls.key`; empty for what stands in the text beside the object.
    pub(in crate::review) path: String,
    pub(in crate::review) what: What,
    /// The text that exposes it, which nothing may print.
    text: &'a str,
}

/// What is exposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::review) enum What {
    /// In the public bundle, and in the cluster.
    Key(PrivateKey),
    /// In the cluster, once it is opened; the label of the hole.
    Sealed(String),
    /// As [`What::Sealed`], in the reference of a container image.
    Image(String),
}

impl fmt::Display for Exposed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exposed { path, what, .. } = self;
        match what {
            What::Key(key) if path.is_empty() => write!(f, "a comment holds {key} in the clear"),
            What::Key(key) => write!(f, "`{path}` holds {key} in the clear"),
            What::Sealed(label) => {
                write!(f, "`{path}` holds the sealed `{label}`, and is no value in the data of a Secret")
            }
            What::Image(label) => write!(f, "`{path}` holds the sealed `{label}`, and is the reference of an image"),
        }
    }
}

/// Everything that an object exposes.
pub(in crate::review) fn in_object(object: &Json) -> Vec<Exposed<'_>> {
    let mut found = Vec::new();
    let is_list = object["kind"].as_str().is_some_and(|it| it.ends_with("List"));
    match object["items"].as_array().filter(|_| is_list) {
        Some(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("items[{index}]"), is_secret(item), &mut found);
            }
        }
        None => walk(object, "", is_secret(object), &mut found),
    }
    found
}

/// As [`in_object`], and a key in the comments of its text.
pub(in crate::review) fn in_document<'a>(object: &'a Json, text: &'a str) -> Vec<Exposed<'a>> {
    let mut found = in_object(object);
    if !found.iter().any(|it| matches!(it.what, What::Key(_))) && text.contains('#') {
        let key = private_key::find(&comments(text));
        found.extend(key.map(|key| Exposed { path: String::new(), what: What::Key(key), text }));
    }
    found
}

/// The lines that may have a comment, without its sign. A line with a dot stands for those between, which go on in none.
fn comments(text: &str) -> String {
    let mut found = String::new();
    let mut goes_on = true;
    for line in text.lines() {
        let has_sign = line.contains('#');
        if has_sign {
            found.push_str(line.trim_start().trim_start_matches(['#', ' ']));
            found.push('\n');
        } else if goes_on {
            found.push_str(".\n");
        }
        goes_on = has_sign;
    }
    found
}

/// What is exposed now and was not before, or was another.
pub(in crate::review) fn anew<'a>(old: &[Exposed<'_>], new: Vec<Exposed<'a>>) -> Vec<Exposed<'a>> {
    let known = |it: &Exposed<'_>| old.iter().any(|old| (&old.path, old.text) == (&it.path, it.text));
    new.into_iter().filter(|it| !known(it)).collect()
}

fn is_secret(object: &Json) -> bool {
    object["kind"] == "Secret" && object["apiVersion"] == "v1"
}

fn walk<'a>(value: &'a Json, path: &str, in_secret: bool, found: &mut Vec<Exposed<'a>>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                look(key, &below, Stands::Elsewhere, found);
                walk(value, &below, in_secret, found);
            }
        }
        Json::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                walk(value, &format!("{path}[{index}]"), in_secret, found);
            }
        }
        Json::String(text) => {
            let inner = path.strip_prefix("items[").and_then(|it| it.split_once("].")).map_or(path, |(_, it)| it);
            let stands = if in_secret && (inner.starts_with("data.") || inner.starts_with("stringData.")) {
                Stands::Datum
            } else if inner == "image" || inner.ends_with(".image") {
                Stands::Image
            } else if matches!(inner, "metadata.name" | "metadata.namespace" | "metadata.generateName") {
                Stands::Name
            } else {
                Stands::Elsewhere
            };
            look(text, path, stands, found);
        }
        _ => {}
    }
}

/// Where a text stands in an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// In the data of a Secret.
    Datum,
    /// In the reference of an image.
    Image,
    /// In the name of the object.
    Name,
    Elsewhere,
}

fn look<'a>(text: &'a str, path: &str, stands: Stands, found: &mut Vec<Exposed<'a>>) {
    if let Some(key) = private_key::find(text) {
        found.push(Exposed { path: path.into(), what: What::Key(key), text });
    }
    if stands == Stands::Datum || !text.contains(seal::OPEN) {
        return;
    }
    let exposes = |label: &String| stands != Stands::Elsewhere || !is_digest(label);
    found.extend(seal::marks(text).find(exposes).map(|label| {
        let what = if stands == Stands::Image { What::Image(label) } else { What::Sealed(label) };
        Exposed { path: path.into(), what, text }
    }));
}

/// Whether a hole is filled with a digest of what is sealed. The label ends with the function and its plain arguments.
fn is_digest(label: &str) -> bool {
    let last = label.rsplit('|').next().unwrap_or_default();
    DIGESTS.contains(&last.split('~').next().unwrap_or_default())
}
