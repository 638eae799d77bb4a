//! Compares an object with what API servers know of its kind.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::text;
use crate::base::code::Code;
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::{Fault, Faults};
use crate::review::kubernetes::quantity;
use crate::review::kubernetes::schema::{self, Field, Lifetime, METADATA, Release, Shape, What};

/// Lists whose items may be alike where an object is created, and not where it is applied.
const ALIKE_ON_CREATE: &[&str] = &["env", "ports", "imagePullSecrets", "hostAliases", "topologySpreadConstraints"];

/// Says what an API server of a release refuses in an object of a kind of Kubernetes. `applied` says whether the object is
/// applied by the server, as Talos does from 1.13 on.
pub(in crate::review) fn walk(object: &Cursor<'_>, release: Release, applied: bool, faults: &mut Faults) {
    let mut walk = Walk { release, applied, faults };
    match schema::object(object.text("apiVersion"), object.text("kind")) {
        Some(shape) => walk.value(object, shape, ""),
        // Whatever the kind, its head is Kubernetes'.
        None => {
            if let Some(metadata) = object.get("metadata") {
                walk.value(&metadata, METADATA, "");
            }
        }
    }
}

struct Walk<'f> {
    release: Release,
    applied: bool,
    faults: &'f mut Faults,
}

impl Walk<'_> {
    /// Objects nest no deeper than YAML may.
    fn object(&mut self, at: &Cursor<'_>, name: &str) {
        let Some(known) = schema::fields(name) else { return };
        let Some(fields) = at.value.as_object() else {
            return self.wrong(at, "a mapping");
        };
        let known: Vec<Field<'_>> = known.collect();
        for (key, value) in fields {
            let here = Cursor { value, path: at.path.key(key) };
            match known.iter().find(|it| it.name == key) {
                None => self.unknown(&here, key, &known),
                Some(field) if field.life.is_later_than(self.release) || field.life.is_over_at(self.release) => {
                    self.not_of_release(&here, field.life);
                }
                Some(_) if value.is_null() => {}
                Some(field) => self.value(&here, field.shape, key),
            }
        }
        for field in known.iter().filter(|it| it.must) {
            if fields.get(field.name).is_none_or(Json::is_null) {
                self.faults.missing(at, field.name, "the API server refuses the object without it");
            }
        }
    }

    fn value(&mut self, at: &Cursor<'_>, shape: Shape<'_>, key: &str) {
        match shape.what() {
            What::List(inner, keys) => {
                if !at.value.is_array() {
                    return self.wrong(at, "a list");
                }
                let items = at.items();
                for item in items.iter().filter(|it| !it.value.is_null()) {
                    self.value(item, inner, "");
                }
                if let Some(keys) = keys.filter(|_| self.applied || !ALIKE_ON_CREATE.contains(&key)) {
                    self.alike(&items, keys, key != "imagePullSecrets");
                }
            }
            What::Map(inner) => {
                let Some(fields) = at.value.as_object() else { return self.wrong(at, "a mapping") };
                for (key, value) in fields.iter().filter(|it| !it.1.is_null()) {
                    self.value(&Cursor { value, path: at.path.key(key) }, inner, "");
                }
            }
            // What a sealed text will be once it is opened, nobody can say.
            _ if at.is_sealed() => {}
            What::Fields(name) => self.object(at, name),
            what => self.scalar(at, what),
        }
    }

    fn scalar(&mut self, at: &Cursor<'_>, what: What<'_>) {
        match (what, at.value) {
            (What::Text | What::NumberOrText, Json::String(_))
            | (What::Flag, Json::Bool(_))
            | (What::Number | What::Quantity, Json::Number(_)) => {}
            (What::Text, _) => self.wrong(at, "text"),
            (What::Flag, _) => self.wrong(at, "true or false"),
            (What::Number, _) => self.wrong(at, "a number"),
            (What::Whole | What::NumberOrText, it) if it.is_i64() => {}
            (What::Whole, _) => self.wrong(at, "a whole number"),
            (What::NumberOrText, _) => self.wrong(at, "a whole number or text"),
            (What::Quantity, it) if quantity::nanos(it).is_some() => {}
            (What::Quantity, Json::String(it)) => {
                let help = "a quantity is a number and a unit: `100m`, `0.5`, `128Mi`, `1Gi`";
                self.faults.value(at, format!("is `{it}`, which is no quantity"), help);
            }
            (What::Quantity, _) => self.wrong(at, "a quantity"),
            (What::Base64, Json::String(it)) => {
                if helm_engine::encoding::base64_decode(it.as_bytes()).is_err() {
                    // What it holds may be a password that was meant to be sealed.
                    let help = "the API server refuses the object: encode it, or put it under `stringData`";
                    self.faults.tell(Code::K004, at, "is not base 64", help);
                }
            }
            (What::Base64, _) => self.wrong(at, "text in base 64"),
            (What::Words(words), Json::String(it)) => {
                if !it.is_empty() && !words.split('|').any(|word| word == it) {
                    let words: Vec<&str> = words.split('|').filter(|it| !it.is_empty()).collect();
                    self.faults.value(at, format!("is `{it}`"), format!("it can be {}", words.join(", ")));
                }
            }
            (What::Words(_), _) => self.wrong(at, "text"),
            (What::Free | What::Map(_) | What::List(..) | What::Fields(_), _) => {}
        }
    }

    fn wrong(&mut self, at: &Cursor<'_>, wanted: &str) {
        let found = match at.value {
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::String(_) => "text",
            Json::Array(_) => "a list",
            Json::Object(_) => "a mapping",
            Json::Null => "nothing",
        };
        let how = match (found, wanted) {
            ("true or false" | "a number", "text") => "quote it where it is set".to_owned(),
            ("text", "true or false" | "a number" | "a whole number") => format!("write {wanted} without quotes"),
            _ => format!("write {wanted}"),
        };
        self.faults.tell(
            Code::K004,
            at,
            format!("is {found}, not {wanted}"),
            format!("the API server refuses the object: {how}"),
        );
    }

    fn unknown(&mut self, at: &Cursor<'_>, key: &str, known: &[Field<'_>]) {
        let help = match text::nearest(key, known.iter().map(|it| it.name)) {
            Some(near) => {
                format!("did you mean `{near}`? Server-side apply, which Talos uses from 1.13 on, refuses the object")
            }
            None => {
                "server-side apply, which Talos uses from 1.13 on, refuses the object; older ways drop the field".into()
            }
        };
        self.push(at, "is a field that Kubernetes does not know".into(), help);
    }

    fn not_of_release(&mut self, at: &Cursor<'_>, life: Lifetime) {
        let Release { oldest, newest } = self.release;
        let (what, help) = match life.gone {
            Some(gone) if life.is_over_at(self.release) => (
                format!("is a field that Kubernetes 1.{oldest} does not know: it was taken away in 1.{gone}"),
                "leave it out, or take a newer chart",
            ),
            _ => (
                format!("is a field that Kubernetes 1.{newest} does not know: it came with 1.{}", life.since),
                "leave it out, or tell the spec the newer `kubernetes` that the cluster runs",
            ),
        };
        self.push(at, what, help.into());
    }

    fn push(&mut self, at: &Cursor<'_>, what: String, help: String) {
        self.faults.0.push(Fault { code: Code::K006, path: at.path.clone(), field: at.path.to_string(), what, help });
    }

    /// Items of a list that are told apart by some of their fields, and that nothing tells apart. `must` says that each has one
    /// of these fields.
    fn alike(&mut self, items: &[Cursor<'_>], keys: &str, must: bool) {
        let mut seen = BTreeSet::new();
        for item in items {
            let part = |key: &str| match (key, item.value.get(key)) {
                ("", _) => item.value.to_string(),
                ("protocol", None | Some(Json::Null)) => "\"TCP\"".into(),
                (_, value) => value.map(Json::to_string).unwrap_or_default(),
            };
            let identity: Vec<String> = keys.split(',').map(part).collect();
            let sealed = identity.iter().any(|it| it.contains(crate::stage::seal::OPEN));
            if must && identity.iter().all(String::is_empty) && self.applied && item.value.is_object() {
                let key = keys.split(',').next().unwrap_or_default();
                self.faults.missing(item, key, "items of this list are told apart by it");
            }
            if identity.iter().any(String::is_empty) || sealed || seen.insert(identity.clone()) {
                continue;
            }
            let told: Vec<String> = keys.split(',').zip(&identity).map(|(key, it)| format!("{key} {it}")).collect();
            let what = format!("is there twice: {}", told.join(", ").trim_start());
            self.faults.clash(item, what, "take one of them out: the API server refuses the list");
        }
    }
}
