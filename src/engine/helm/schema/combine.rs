//! Schemas that are made of others: conditions, `oneOf` and its like, and what no other has looked at.

use super::check::{Run, Step};
use super::fault::FaultKind;
use super::instance::Instance;
use super::json::Json;
use super::meta::Draft;

impl Run<'_, '_, '_> {
    pub(super) fn conditions(&mut self) {
        if let Some(node) = self.get("not")
            && self.inner(node).is_ok()
        {
            self.push(FaultKind::Not);
        }
        let mut causes = Vec::new();
        for node in self.get("allOf").map(Json::items).unwrap_or_default() {
            causes.extend(self.inner(node).err().map(|it| *it));
        }
        if !causes.is_empty() {
            self.push_with(FaultKind::AllOf, causes);
        }
        if let Some(nodes) = self.get("anyOf").map(Json::items).filter(|it| !it.is_empty()) {
            let (mut matched, mut causes) = (false, Vec::new());
            for node in nodes {
                match self.inner(node) {
                    Ok(()) => {
                        matched = true;
                        // Only what nobody has looked at yet is a reason to go on.
                        if self.unseen.is_empty() {
                            break;
                        }
                    }
                    Err(fault) => causes.push(*fault),
                }
            }
            if !matched {
                self.push_with(FaultKind::AnyOf, causes);
            }
        }
        if let Some(nodes) = self.get("oneOf").map(Json::items).filter(|it| !it.is_empty()) {
            self.one_of(nodes);
        }
        if let Some(node) = self.get("if").filter(|_| self.schema.draft >= Draft::Seven) {
            let branch = if self.inner(node).is_ok() { self.get("then") } else { self.get("else") };
            if let Some(node) = branch {
                let outcome = self.inner(node);
                self.add(outcome);
            }
        }
    }

    pub(super) fn one_of(&mut self, nodes: &[Json]) {
        let mut matched = None;
        let mut causes = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            match (self.inner(node), matched) {
                (Err(fault), None) => causes.push(*fault),
                (Err(_), Some(_)) => {}
                (Ok(()), None) => matched = Some(index),
                (Ok(()), Some(first)) => {
                    self.push(FaultKind::OneOf(Some((first, index))));
                    return;
                }
            }
        }
        if matched.is_none() {
            self.push_with(FaultKind::OneOf(None), causes);
        }
    }

    pub(super) fn unevaluated(&mut self) {
        if let (Some(node), Instance::Object(_)) = (self.get("unevaluatedProperties"), self.value) {
            for key in std::mem::take(&mut self.unseen.properties) {
                if let Some(value) = self.value.get(&key) {
                    let outcome = self.part(node, value, Step::Key(&key));
                    self.add(outcome);
                }
            }
        }
        if let (Some(node), Instance::Array(items)) = (self.get("unevaluatedItems"), self.value) {
            for index in std::mem::take(&mut self.unseen.items) {
                if let Some(item) = items.get(index) {
                    let outcome = self.part(node, item, Step::Index(index));
                    self.add(outcome);
                }
            }
        }
    }
}
