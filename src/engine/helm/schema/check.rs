//! Judging a value by a schema.
//!
//! Mirrors the order of checks and the grouping of faults of `github.com/santhosh-tekuri/jsonschema/v6` 6.0.2. Where it
//! walks a Go map, faults come in the order of the keys.

use std::collections::BTreeSet;

use super::compile::{Schema, Schemas};
use super::fault::{FaultKind, SchemaFault};
use super::format;
use super::instance::{Instance, Type};
use super::json::Json;
use super::meta::Draft;
use crate::hole::Holes;

/// The faults of a value, none where it satisfies the schema. `meta` says that the value is itself a schema.
pub(super) fn faults(
    schemas: &Schemas<'_>,
    root: usize,
    value: &Instance<'_>,
    meta: bool,
    holes: Option<&Holes>,
) -> Vec<SchemaFault> {
    let scope = Scope { schema: root, step: "", value: 0, outer: None };
    let checker = Checker { schemas, meta, holes };
    match checker.check(value, None, &scope, false) {
        Ok(_) => Vec::new(),
        Err(fault) => one_by_one(*fault),
    }
}

/// The faults of a group, or the only one.
fn one_by_one(fault: SchemaFault) -> Vec<SchemaFault> {
    if matches!(fault.kind, FaultKind::Group) { fault.causes } else { vec![fault] }
}

pub(super) struct Checker<'s, 'a> {
    pub(super) schemas: &'s Schemas<'a>,
    pub(super) meta: bool,
    pub(super) holes: Option<&'s Holes>,
}

impl Checker<'_, '_> {
    pub(super) fn is_sealed(&self, text: &str) -> bool {
        self.holes.is_some_and(|it| it.stand_in_text(text.as_bytes()))
    }
}

/// The schemas being applied, innermost first.
pub(super) struct Scope<'p> {
    pub(super) schema: usize,
    /// The keywords that led here from the outer one; empty for a schema of a part of the value.
    pub(super) step: &'p str,
    /// Counts the values on the way down.
    pub(super) value: usize,
    pub(super) outer: Option<&'p Scope<'p>>,
}

/// The place of a value: what leads to it, and the last step.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) outer: Option<&'p Place<'p>>,
    pub(super) step: Step<'p>,
}

#[derive(Clone, Copy)]
pub(super) enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

/// The steps to a place as faults hold them.
pub(super) fn steps(mut place: Option<&Place<'_>>) -> Vec<String> {
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
pub(super) struct Unseen {
    pub(super) properties: BTreeSet<String>,
    pub(super) items: BTreeSet<usize>,
}

impl Unseen {
    pub(super) fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }

    pub(super) fn keep(&mut self, other: &Unseen) {
        self.properties.retain(|it| other.properties.contains(it));
        self.items.retain(|it| other.items.contains(it));
    }
}

/// Faults are large, and rare.
pub(super) type Failed = Box<SchemaFault>;
pub(super) type Checked = Result<Unseen, Failed>;

/// One schema against one value.
pub(super) struct Run<'r, 's, 'a> {
    pub(super) checker: &'r Checker<'s, 'a>,
    pub(super) schema: &'s Schema<'a>,
    pub(super) value: &'r Instance<'r>,
    pub(super) path: Option<&'r Place<'r>>,
    pub(super) scope: &'r Scope<'r>,
    pub(super) unseen: Unseen,
    pub(super) faults: Vec<SchemaFault>,
}

impl<'s, 'a> Checker<'s, 'a> {
    /// `needed` says that the caller wants to know what was not looked at.
    pub(super) fn check(
        &self,
        value: &Instance<'_>,
        path: Option<&Place<'_>>,
        scope: &Scope<'_>,
        needed: bool,
    ) -> Checked {
        let schema = &self.schemas.list[scope.schema];
        let unseen = unseen(schema, value, needed);
        let fault = |kind: FaultKind| Box::new(SchemaFault { at: steps(path), kind, causes: Vec::new() });
        match schema.node {
            Json::Bool(true) => return Ok(unseen),
            Json::Bool(false) => return Err(fault(FaultKind::FalseSchema)),
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
            _ => Err(Box::new(SchemaFault { at: steps(path), kind: FaultKind::Group, causes: faults })),
        }
    }

    /// Whether this schema is applied to this very value already.
    fn cycle(&self, scope: &Scope<'_>) -> Option<FaultKind> {
        let mut at = scope.outer;
        while let Some(outer) = at.filter(|it| it.value == scope.value) {
            if outer.schema == scope.schema {
                let url = self.schemas.location(scope.schema);
                return Some(FaultKind::RefCycle { first: self.keywords(scope), second: self.keywords(outer), url });
            }
            at = outer.outer;
        }
        None
    }

    /// The keywords that led here from the root.
    pub(super) fn keywords(&self, scope: &Scope<'_>) -> String {
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
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Json> {
        self.schema.get(keyword)
    }

    pub(super) fn fault(&self, kind: FaultKind) -> SchemaFault {
        SchemaFault { at: steps(self.path), kind, causes: Vec::new() }
    }

    pub(super) fn push(&mut self, kind: FaultKind) {
        self.push_with(kind, Vec::new());
    }

    pub(super) fn push_with(&mut self, kind: FaultKind, causes: Vec<SchemaFault>) {
        self.faults.push(SchemaFault { causes, ..self.fault(kind) });
    }

    /// Takes over what another check found, several faults one by one.
    pub(super) fn add(&mut self, outcome: Result<(), Failed>) {
        if let Err(fault) = outcome {
            self.faults.push(*fault);
        }
    }

    /// The checks of which the first that fails is all that is told.
    fn first_fault(&self) -> Option<FaultKind> {
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
            return Some(FaultKind::Type { got: got.name(), want: listed.join(" or ") });
        }
        // What a sealed text is, nobody sees: any that a schema could ask for.
        if matches!(self.value, Instance::String(text) if self.checker.is_sealed(text)) {
            return None;
        }
        if let Some(wanted) = self.get("const").filter(|_| self.schema.draft > Draft::Four)
            && *self.value != Instance::of_json(wanted)
        {
            return Some(FaultKind::Const(wanted.clone()));
        }
        if let Some(Json::Array(wanted)) = self.get("enum")
            && !wanted.iter().any(|it| *self.value == Instance::of_json(it))
        {
            return Some(FaultKind::Enum(wanted.clone()));
        }
        let name = self.get("format").and_then(Json::as_str)?;
        let Instance::String(text) = self.value else { return None };
        let asserted = self.schema.draft < Draft::Year2019 || self.checker.meta;
        let cause = if asserted { format::check(name, text).err()? } else { return None };
        Some(FaultKind::Format { got: text.to_string(), want: name.to_owned(), cause })
    }

    /// Another schema against the same value.
    pub(super) fn same(&mut self, schema: usize, step: &str) -> Result<(), Failed> {
        let needed = !self.unseen.is_empty();
        let scope = Scope { schema, step, value: self.scope.value, outer: Some(self.scope) };
        let unseen = self.checker.check(self.value, self.path, &scope, needed)?;
        self.unseen.keep(&unseen);
        Ok(())
    }

    /// A schema inside this one against the same value.
    pub(super) fn inner(&mut self, node: &Json) -> Result<(), Failed> {
        let Some(schema) = self.checker.schemas.at(node) else { return Ok(()) };
        let pointer = &self.checker.schemas.list[schema].pointer;
        let step = pointer.strip_prefix(self.schema.pointer.as_str()).unwrap_or(pointer);
        self.same(schema, step)
    }

    /// A schema inside this one against a part of the value.
    pub(super) fn part(&mut self, node: &Json, value: &Instance<'_>, step: Step<'_>) -> Result<(), Failed> {
        let Some(schema) = self.checker.schemas.at(node) else { return Ok(()) };
        let place = Place { outer: self.path, step };
        let scope = Scope { schema, step: "", value: self.scope.value + 1, outer: Some(self.scope) };
        self.checker.check(value, Some(&place), &scope, false).map(|_| ())
    }

    pub(super) fn reference(&mut self, target: usize, step: &str) -> Result<(), Failed> {
        let outcome = self.same(target, step);
        outcome.map_err(|inner| {
            let causes = one_by_one(*inner);
            Box::new(SchemaFault { causes, ..self.fault(FaultKind::Reference) })
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
}
