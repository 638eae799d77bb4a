//! What a schema asks of the members of objects and lists.

use std::borrow::Cow;

use super::check::{Run, Step, faults};
use super::fault::{FaultKind, SchemaFault};
use super::instance::Instance;
use super::json::Json;
use super::meta::Draft;

impl Run<'_, '_, '_> {
    pub(super) fn object(&mut self, entries: &[(Cow<'_, str>, Instance<'_>)]) {
        let draft = self.schema.draft;
        if let Some(want) = self.get("minProperties").and_then(Json::as_count).filter(|it| entries.len() < *it) {
            self.push(FaultKind::MinProperties(entries.len(), want));
        }
        if let Some(want) = self.get("maxProperties").and_then(Json::as_count).filter(|it| entries.len() > *it) {
            self.push(FaultKind::MaxProperties(entries.len(), want));
        }
        let missing = self.missing(self.get("required"));
        if !missing.is_empty() {
            self.push(FaultKind::Required(missing));
        }
        // Later drafts have no such keyword, but are judged by it all the same.
        for (property, wanted) in self.get("dependencies").map(Json::entries).unwrap_or_default() {
            if self.value.get(property).is_none() {
                continue;
            }
            if matches!(wanted, Json::Array(_)) {
                self.dependent(property, wanted);
            } else {
                let outcome = self.inner(wanted);
                self.add(outcome);
            }
        }
        self.properties(entries);
        if draft > Draft::Four {
            self.property_names(entries);
        }
        if draft >= Draft::Year2019 {
            for (property, wanted) in self.get("dependentSchemas").map(Json::entries).unwrap_or_default() {
                if self.value.get(property).is_some() {
                    let outcome = self.inner(wanted);
                    self.add(outcome);
                }
            }
            for (property, wanted) in self.get("dependentRequired").map(Json::entries).unwrap_or_default() {
                if self.value.get(property).is_some() {
                    self.dependent(property, wanted);
                }
            }
        }
    }

    pub(super) fn missing(&self, wanted: Option<&Json>) -> Vec<String> {
        let names = wanted.map(Json::items).unwrap_or_default().iter().filter_map(Json::as_str);
        names.filter(|it| self.value.get(it).is_none()).map(str::to_owned).collect()
    }

    pub(super) fn dependent(&mut self, property: &str, wanted: &Json) {
        let missing = self.missing(Some(wanted));
        if !missing.is_empty() {
            self.push(FaultKind::DependentRequired { property: property.to_owned(), missing });
        }
    }

    pub(super) fn properties(&mut self, entries: &[(Cow<'_, str>, Instance<'_>)]) {
        let schema = self.schema;
        let properties = self.get("properties");
        let additional = self.get("additionalProperties");
        let mut forbidden = Vec::new();
        for (key, value) in entries {
            let mut seen = false;
            if let Some(node) = properties.and_then(|it| it.get(key)) {
                seen = true;
                let outcome = self.part(node, value, Step::Key(key));
                self.add(outcome);
            }
            for (pattern, node) in &schema.property_patterns {
                if pattern.is_match(key.as_bytes()) {
                    seen = true;
                    let outcome = self.part(node, value, Step::Key(key));
                    self.add(outcome);
                }
            }
            if let Some(node) = additional.filter(|_| !seen) {
                seen = true;
                match node {
                    Json::Bool(true) => {}
                    Json::Bool(false) => forbidden.push(key.to_string()),
                    node => {
                        let outcome = self.part(node, value, Step::Key(key));
                        self.add(outcome);
                    }
                }
            }
            if seen {
                self.unseen.properties.remove(&**key);
            }
        }
        if !forbidden.is_empty() {
            self.push(FaultKind::AdditionalProperties(forbidden));
        }
    }

    pub(super) fn property_names(&mut self, entries: &[(Cow<'_, str>, Instance<'_>)]) {
        let Some(schema) = self.get("propertyNames").and_then(|it| self.checker.schemas.at(it)) else { return };
        for (key, _) in entries {
            // Names are judged on their own, which is why their faults name no place.
            let causes = faults(
                self.checker.schemas,
                schema,
                &Instance::String(key.as_ref().into()),
                self.checker.meta,
                self.checker.holes,
            );
            if !causes.is_empty() {
                self.faults.push(SchemaFault {
                    at: Vec::new(),
                    kind: FaultKind::PropertyNames(key.to_string()),
                    causes,
                });
            }
        }
    }

    pub(super) fn array(&mut self, items: &[Instance<'_>]) {
        if let Some(want) = self.get("minItems").and_then(Json::as_count).filter(|it| items.len() < *it) {
            self.push(FaultKind::MinItems(items.len(), want));
        }
        if let Some(want) = self.get("maxItems").and_then(Json::as_count).filter(|it| items.len() > *it) {
            self.push(FaultKind::MaxItems(items.len(), want));
        }
        if self.get("uniqueItems").and_then(Json::as_bool) == Some(true)
            && let Some((first, second)) = duplicates(items)
        {
            self.push(FaultKind::UniqueItems(first, second));
        }
        let modern = self.schema.draft >= Draft::Year2020;
        let listed = self.get(if modern { "prefixItems" } else { "items" });
        let rest = self.get(if modern { "items" } else { "additionalItems" });
        let mut seen = 0;
        match listed {
            Some(Json::Array(schemas)) => {
                for (index, (node, item)) in schemas.iter().zip(items).enumerate() {
                    let outcome = self.part(node, item, Step::Index(index));
                    self.add(outcome);
                }
                seen = schemas.len().min(items.len());
            }
            Some(node) if !modern => {
                for (index, item) in items.iter().enumerate() {
                    let outcome = self.part(node, item, Step::Index(index));
                    self.add(outcome);
                }
                seen = items.len();
            }
            _ => {}
        }
        match rest {
            Some(Json::Bool(false)) if !modern && seen == items.len() => {}
            Some(Json::Bool(false)) if !modern => self.push(FaultKind::AdditionalItems(items.len() - seen)),
            Some(node) => {
                // The places are counted from the first of the rest, as version 6.0.2 counts them.
                for (index, item) in items.iter().skip(seen).enumerate() {
                    let outcome = self.part(node, item, Step::Index(index));
                    self.add(outcome);
                }
            }
            None => {}
        }
        self.contains(items);
    }

    pub(super) fn contains(&mut self, items: &[Instance<'_>]) {
        let Some(node) = self.get("contains").filter(|_| self.schema.draft > Draft::Four) else { return };
        let mut matched = Vec::new();
        let mut causes = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match self.part(node, item, Step::Index(index)) {
                Ok(()) => {
                    matched.push(index);
                    if self.schema.draft >= Draft::Year2020 {
                        self.unseen.items.remove(&index);
                    }
                }
                Err(fault) => causes.push(*fault),
            }
        }
        let counts = self.schema.draft >= Draft::Year2019;
        let count = |keyword: &str| self.get(keyword).and_then(Json::as_count).filter(|_| counts);
        let (least, most) = (count("minContains"), count("maxContains"));
        match least {
            Some(want) if matched.len() < want => {
                self.push_with(FaultKind::MinContains { got: matched.clone(), want }, causes);
            }
            None if matched.is_empty() => self.push_with(FaultKind::Contains, causes),
            _ => {}
        }
        if let Some(want) = most.filter(|it| matched.len() > *it) {
            self.push(FaultKind::MaxContains { got: matched, want });
        }
    }
}

/// The first item that is equal to an earlier one, after that one. Plain values are looked up, so that long lists of names cost no
/// square of their length.
fn duplicates(items: &[Instance<'_>]) -> Option<(usize, usize)> {
    let mut texts = std::collections::BTreeMap::new();
    let mut others: Vec<usize> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if let Instance::String(text) = item {
            if let Some(first) = texts.insert(&**text, index) {
                return Some((first, index));
            }
            continue;
        }
        if let Some(first) = others.iter().find(|it| items.get(**it) == Some(item)) {
            return Some((*first, index));
        }
        others.push(index);
    }
    None
}
