//! Judging a value by a schema.
//!
//! Mirrors the order of checks and the grouping of faults of `github.com/santhosh-tekuri/jsonschema/v6` 6.0.2. Where it
//! walks a Go map, faults come in the order of the keys.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::compile::{Schema, Schemas};
use super::fault::{Fault, Kind};
use super::format;
use super::instance::{Instance, Type};
use super::json::Json;
use super::meta::Draft;
use super::number;
use crate::hole::Holes;

/// The faults of a value, none where it satisfies the schema. `meta` says that the value is itself a schema.
pub(super) fn faults(
    schemas: &Schemas<'_>,
    root: usize,
    value: &Instance<'_>,
    meta: bool,
    holes: Option<&Holes>,
) -> Vec<Fault> {
    let scope = Scope { schema: root, step: "", value: 0, outer: None };
    let checker = Checker { schemas, meta, holes };
    match checker.check(value, None, &scope, false) {
        Ok(_) => Vec::new(),
        Err(fault) => one_by_one(*fault),
    }
}

/// The faults of a group, or the only one.
fn one_by_one(fault: Fault) -> Vec<Fault> {
    if matches!(fault.kind, Kind::Group) { fault.causes } else { vec![fault] }
}

struct Checker<'s, 'a> {
    schemas: &'s Schemas<'a>,
    meta: bool,
    holes: Option<&'s Holes>,
}

impl Checker<'_, '_> {
    fn is_sealed(&self, text: &str) -> bool {
        self.holes.is_some_and(|it| it.stand_in_text(text.as_bytes()))
    }
}

/// The schemas being applied, innermost first.
struct Scope<'p> {
    schema: usize,
    /// The keywords that led here from the outer one; empty for a schema of a part of the value.
    step: &'p str,
    /// Counts the values on the way down.
    value: usize,
    outer: Option<&'p Scope<'p>>,
}

/// The place of a value: what leads to it, and the last step.
#[derive(Clone, Copy)]
struct Place<'p> {
    outer: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

/// The steps to a place as faults hold them.
fn steps(mut place: Option<&Place<'_>>) -> Vec<String> {
    let mut steps = Vec::new();
    while let Some(it) = place {
        steps.push(match it.step {
            Step::Key(key) => key.to_owned(),
            Step::Index(index) => index.to_string(),
        });
        place = it.outer;
    }
    steps.reverse();
    steps
}

/// What no schema has looked at yet.
#[derive(Clone, Debug, Default)]
struct Unseen {
    properties: BTreeSet<String>,
    items: BTreeSet<usize>,
}

impl Unseen {
    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }

    fn keep(&mut self, other: &Unseen) {
        self.properties.retain(|it| other.properties.contains(it));
        self.items.retain(|it| other.items.contains(it));
    }
}

/// Faults are large, and rare.
type Failed = Box<Fault>;
type Checked = Result<Unseen, Failed>;

/// One schema against one value.
struct Run<'r, 's, 'a> {
    checker: &'r Checker<'s, 'a>,
    schema: &'s Schema<'a>,
    value: &'r Instance<'r>,
    path: Option<&'r Place<'r>>,
    scope: &'r Scope<'r>,
    unseen: Unseen,
    faults: Vec<Fault>,
}

impl<'s, 'a> Checker<'s, 'a> {
    /// `needed` says that the caller wants to know what was not looked at.
    fn check(&self, value: &Instance<'_>, path: Option<&Place<'_>>, scope: &Scope<'_>, needed: bool) -> Checked {
        let schema = &self.schemas.list[scope.schema];
        let unseen = unseen(schema, value, needed);
        let fault = |kind: Kind| Box::new(Fault { at: steps(path), kind, causes: Vec::new() });
        match schema.node {
            Json::Bool(true) => return Ok(unseen),
            Json::Bool(false) => return Err(fault(Kind::FalseSchema)),
            _ => {}
        }
        if let Some(cycle) = self.cycle(scope) {
            return Err(fault(cycle));
        }
        let mut run = Run { checker: self, schema, value, path, scope, unseen, faults: Vec::new() };
        if let Some(kind) = run.first_fault() {
            return Err(fault(kind));
        }
        if let Some(target) = schema.reference {
            let outcome = run.reference(target, "/$ref");
            if schema.draft < Draft::Year2019 {
                return outcome.map(|()| run.unseen);
            }
            run.add(outcome);
        }
        match value {
            Instance::Object(entries) => run.object(entries),
            Instance::Array(items) => run.array(items),
            Instance::String(text) => run.string(text),
            Instance::Number(text) => run.number(text),
            Instance::Null | Instance::Bool(_) => {}
        }
        if schema.draft >= Draft::Year2019 {
            run.dynamic_references();
        }
        run.conditions();
        if schema.draft >= Draft::Year2019 {
            run.unevaluated();
        }
        let Run { unseen, mut faults, .. } = run;
        match faults.len() {
            0 => Ok(unseen),
            1 => Err(Box::new(faults.remove(0))),
            _ => Err(Box::new(Fault { at: steps(path), kind: Kind::Group, causes: faults })),
        }
    }

    /// Whether this schema is applied to this very value already.
    fn cycle(&self, scope: &Scope<'_>) -> Option<Kind> {
        let mut at = scope.outer;
        while let Some(outer) = at.filter(|it| it.value == scope.value) {
            if outer.schema == scope.schema {
                let url = self.schemas.location(scope.schema);
                return Some(Kind::RefCycle { first: self.keywords(scope), second: self.keywords(outer), url });
            }
            at = outer.outer;
        }
        None
    }

    /// The keywords that led here from the root.
    fn keywords(&self, scope: &Scope<'_>) -> String {
        let Some(outer) = scope.outer else { return scope.step.to_owned() };
        let pointer = |it: &Scope<'_>| self.schemas.list[it.schema].pointer.as_str();
        // To a part of the value leads what lies between the two schemas.
        let step = match scope.step {
            "" => pointer(scope).strip_prefix(pointer(outer)).unwrap_or_default(),
            step => step,
        };
        self.keywords(outer) + step
    }
}

fn unseen(schema: &Schema<'_>, value: &Instance<'_>, needed: bool) -> Unseen {
    let has = |keyword: &str| schema.get(keyword).is_some();
    let mut out = Unseen::default();
    match value {
        Instance::Object(entries) if (needed || has("unevaluatedProperties")) && !has("additionalProperties") => {
            out.properties = entries.iter().map(|it| it.0.to_string()).collect();
        }
        Instance::Array(items) if needed || has("unevaluatedItems") => {
            let modern = schema.draft >= Draft::Year2020;
            let listed = schema.get(if modern { "prefixItems" } else { "items" });
            let rest = has(if modern { "items" } else { "additionalItems" })
                || !modern && listed.is_some_and(|it| !matches!(it, Json::Array(_)));
            if !rest {
                out.items = (listed.map_or(0, |it| it.items().len())..items.len()).collect();
            }
        }
        _ => {}
    }
    out
}

impl<'a> Run<'_, '_, 'a> {
    fn get(&self, keyword: &str) -> Option<&'a Json> {
        self.schema.get(keyword)
    }

    fn fault(&self, kind: Kind) -> Fault {
        Fault { at: steps(self.path), kind, causes: Vec::new() }
    }

    fn push(&mut self, kind: Kind) {
        self.push_with(kind, Vec::new());
    }

    fn push_with(&mut self, kind: Kind, causes: Vec<Fault>) {
        self.faults.push(Fault { causes, ..self.fault(kind) });
    }

    /// Takes over what another check found, several faults one by one.
    fn add(&mut self, outcome: Result<(), Failed>) {
        if let Err(fault) = outcome {
            self.faults.push(*fault);
        }
    }

    /// The checks of which the first that fails is all that is told.
    fn first_fault(&self) -> Option<Kind> {
        let got = self.value.json_type();
        let wanted = match self.get("type") {
            Some(one @ Json::String(_)) => std::slice::from_ref(one),
            Some(Json::Array(several)) => several,
            _ => &[],
        };
        let wants = |name: &str| wanted.iter().any(|it| it.as_str() == Some(name));
        let fits = wants(got.name()) || wants("integer") && self.value.is_integer();
        if !fits && wanted.iter().any(|it| it.as_str().is_some()) {
            let listed: Vec<&str> = Type::ALL.iter().map(|it| it.name()).filter(|it| wants(it)).collect();
            return Some(Kind::Type { got: got.name(), want: listed.join(" or ") });
        }
        // What a sealed text is, nobody sees: any that a schema could ask for.
        if matches!(self.value, Instance::String(text) if self.checker.is_sealed(text)) {
            return None;
        }
        if let Some(wanted) = self.get("const").filter(|_| self.schema.draft > Draft::Four)
            && *self.value != Instance::of_json(wanted)
        {
            return Some(Kind::Const(wanted.clone()));
        }
        if let Some(Json::Array(wanted)) = self.get("enum")
            && !wanted.iter().any(|it| *self.value == Instance::of_json(it))
        {
            return Some(Kind::Enum(wanted.clone()));
        }
        let name = self.get("format").and_then(Json::as_str)?;
        let Instance::String(text) = self.value else { return None };
        let asserted = self.schema.draft < Draft::Year2019 || self.checker.meta;
        let cause = if asserted { format::check(name, text).err()? } else { return None };
        Some(Kind::Format { got: text.to_string(), want: name.to_owned(), cause })
    }

    /// Another schema against the same value.
    fn same(&mut self, schema: usize, step: &str) -> Result<(), Failed> {
        let needed = !self.unseen.is_empty();
        let scope = Scope { schema, step, value: self.scope.value, outer: Some(self.scope) };
        let unseen = self.checker.check(self.value, self.path, &scope, needed)?;
        self.unseen.keep(&unseen);
        Ok(())
    }

    /// A schema inside this one against the same value.
    fn inner(&mut self, node: &Json) -> Result<(), Failed> {
        let Some(schema) = self.checker.schemas.at(node) else { return Ok(()) };
        let pointer = &self.checker.schemas.list[schema].pointer;
        let step = pointer.strip_prefix(self.schema.pointer.as_str()).unwrap_or(pointer);
        self.same(schema, step)
    }

    /// A schema inside this one against a part of the value.
    fn part(&mut self, node: &Json, value: &Instance<'_>, step: Step<'_>) -> Result<(), Failed> {
        let Some(schema) = self.checker.schemas.at(node) else { return Ok(()) };
        let place = Place { outer: self.path, step };
        let scope = Scope { schema, step: "", value: self.scope.value + 1, outer: Some(self.scope) };
        self.checker.check(value, Some(&place), &scope, false).map(|_| ())
    }

    fn reference(&mut self, target: usize, step: &str) -> Result<(), Failed> {
        let outcome = self.same(target, step);
        outcome.map_err(|inner| {
            let causes = one_by_one(*inner);
            Box::new(Fault { causes, ..self.fault(Kind::Reference) })
        })
    }

    /// The references whose target depends on who asks.
    fn dynamic_references(&mut self) {
        let schemas = self.checker.schemas;
        if let Some(target) = self.schema.recursive_reference {
            let recursive = |it: usize| {
                let resource = &schemas.resources.list[schemas.list[it].resource];
                resource.recursive.then(|| schemas.at(resource.root)).flatten()
            };
            let found = recursive(target).and_then(|_| self.outermost(recursive)).unwrap_or(target);
            let outcome = self.reference(found, "/$recursiveRef");
            self.add(outcome);
        }
        if let Some((target, name)) = &self.schema.dynamic_reference {
            let named = |it: usize| {
                let resource = &schemas.resources.list[schemas.list[it].resource];
                resource.dynamic_anchors.get(name.as_deref()?).and_then(|node| schemas.at(node))
            };
            let found = self.outermost(named).unwrap_or(*target);
            let outcome = self.reference(found, "/$dynamicRef");
            self.add(outcome);
        }
    }

    /// What `pick` finds for the outermost schema for which it finds something.
    fn outermost(&self, pick: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        let mut found = None;
        let mut at = Some(self.scope);
        while let Some(scope) = at {
            found = pick(scope.schema).or(found);
            at = scope.outer;
        }
        found
    }

    fn object(&mut self, entries: &[(Cow<'_, str>, Instance<'_>)]) {
        let draft = self.schema.draft;
        if let Some(want) = self.get("minProperties").and_then(Json::as_count).filter(|it| entries.len() < *it) {
            self.push(Kind::MinProperties(entries.len(), want));
        }
        if let Some(want) = self.get("maxProperties").and_then(Json::as_count).filter(|it| entries.len() > *it) {
            self.push(Kind::MaxProperties(entries.len(), want));
        }
        let missing = self.missing(self.get("required"));
        if !missing.is_empty() {
            self.push(Kind::Required(missing));
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

    fn missing(&self, wanted: Option<&Json>) -> Vec<String> {
        let names = wanted.map(Json::items).unwrap_or_default().iter().filter_map(Json::as_str);
        names.filter(|it| self.value.get(it).is_none()).map(str::to_owned).collect()
    }

    fn dependent(&mut self, property: &str, wanted: &Json) {
        let missing = self.missing(Some(wanted));
        if !missing.is_empty() {
            self.push(Kind::DependentRequired { property: property.to_owned(), missing });
        }
    }

    fn properties(&mut self, entries: &[(Cow<'_, str>, Instance<'_>)]) {
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
            self.push(Kind::AdditionalProperties(forbidden));
        }
    }

    fn property_names(&mut self, entries: &[(Cow<'_, str>, Instance<'_>)]) {
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
                self.faults.push(Fault { at: Vec::new(), kind: Kind::PropertyNames(key.to_string()), causes });
            }
        }
    }

    fn array(&mut self, items: &[Instance<'_>]) {
        if let Some(want) = self.get("minItems").and_then(Json::as_count).filter(|it| items.len() < *it) {
            self.push(Kind::MinItems(items.len(), want));
        }
        if let Some(want) = self.get("maxItems").and_then(Json::as_count).filter(|it| items.len() > *it) {
            self.push(Kind::MaxItems(items.len(), want));
        }
        if self.get("uniqueItems").and_then(Json::as_bool) == Some(true)
            && let Some((first, second)) = duplicates(items)
        {
            self.push(Kind::UniqueItems(first, second));
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
            Some(Json::Bool(false)) if !modern => self.push(Kind::AdditionalItems(items.len() - seen)),
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

    fn contains(&mut self, items: &[Instance<'_>]) {
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
                self.push_with(Kind::MinContains { got: matched.clone(), want }, causes);
            }
            None if matched.is_empty() => self.push_with(Kind::Contains, causes),
            _ => {}
        }
        if let Some(want) = most.filter(|it| matched.len() > *it) {
            self.push(Kind::MaxContains { got: matched, want });
        }
    }

    fn string(&mut self, text: &str) {
        if self.checker.is_sealed(text) {
            return;
        }
        let length = text.chars().count();
        if let Some(want) = self.get("minLength").and_then(Json::as_count).filter(|it| length < *it) {
            self.push(Kind::MinLength(length, want));
        }
        if let Some(want) = self.get("maxLength").and_then(Json::as_count).filter(|it| length > *it) {
            self.push(Kind::MaxLength(length, want));
        }
        if let Some(pattern) = &self.schema.pattern
            && !pattern.is_match(text.as_bytes())
        {
            let want = self.get("pattern").and_then(Json::as_str).unwrap_or_default().to_owned();
            self.push(Kind::Pattern { got: text.to_owned(), want });
        }
    }

    fn number(&mut self, text: &str) {
        let got = number::value(text);
        let bound = |keyword: &str| match self.get(keyword) {
            Some(Json::Number(text)) => Some(number::value(text)),
            _ => None,
        };
        // In draft 4, being exclusive is a property of the bound.
        let flag = |keyword: &str| self.get(keyword).and_then(Json::as_bool) == Some(true);
        let (mut least, mut most) = (bound("minimum"), bound("maximum"));
        let (mut above, mut below) = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
        if self.schema.draft == Draft::Four {
            (above, below) = (None, None);
            if flag("exclusiveMinimum") {
                above = least.take();
            }
            if flag("exclusiveMaximum") {
                below = most.take();
            }
        }
        let mut judge = |name: &'static str, want: Option<f64>, fits: fn(f64, f64) -> bool| {
            if let Some(want) = want.filter(|it| !fits(got, *it)) {
                self.faults.push(Fault {
                    at: steps(self.path),
                    kind: Kind::Bound { name, got, want },
                    causes: Vec::new(),
                });
            }
        };
        judge("minimum", least, |a, b| a >= b);
        judge("maximum", most, |a, b| a <= b);
        judge("exclusiveMinimum", above, |a, b| a > b);
        judge("exclusiveMaximum", below, |a, b| a < b);
        if let Some(Json::Number(want)) = self.get("multipleOf")
            && !number::is_multiple(text, want)
        {
            self.push(Kind::Bound { name: "multipleOf", got, want: number::value(want) });
        }
    }

    fn conditions(&mut self) {
        if let Some(node) = self.get("not")
            && self.inner(node).is_ok()
        {
            self.push(Kind::Not);
        }
        let mut causes = Vec::new();
        for node in self.get("allOf").map(Json::items).unwrap_or_default() {
            causes.extend(self.inner(node).err().map(|it| *it));
        }
        if !causes.is_empty() {
            self.push_with(Kind::AllOf, causes);
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
                self.push_with(Kind::AnyOf, causes);
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

    fn one_of(&mut self, nodes: &[Json]) {
        let mut matched = None;
        let mut causes = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            match (self.inner(node), matched) {
                (Err(fault), None) => causes.push(*fault),
                (Err(_), Some(_)) => {}
                (Ok(()), None) => matched = Some(index),
                (Ok(()), Some(first)) => {
                    self.push(Kind::OneOf(Some((first, index))));
                    return;
                }
            }
        }
        if matched.is_none() {
            self.push_with(Kind::OneOf(None), causes);
        }
    }

    fn unevaluated(&mut self) {
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
