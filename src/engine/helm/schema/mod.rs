//! `values.schema.json`: JSON Schema as Helm judges and words it.
//!
//! The tree of faults, and what of it is told, is that of the Go library Helm uses; no judge that only says yes or no, or
//! lists what is wrong in its own order, can give its texts.

mod check;
mod collect;
mod combine;
mod compile;
mod dates;
mod fault;
mod format;
mod instance;
mod json;
mod members;
mod meta;
mod number;
mod quick;
mod scalars;
mod verdict;

use collect::Resources;
use compile::Schemas;
use instance::Instance;
use json::Json;
use meta::Draft;

use super::chart::{Chart, NodeId};
use crate::hole::Holes;
use crate::sprig::url;
use crate::value::{Map, Value};

/// Judges the values of a chart and of those below it by their schemas. The error is Helm's text, chart by chart.
///
/// Mirrors `ValidateAgainstSchema`.
pub(super) fn validate(chart: &Chart, values: &Map, holes: Option<&Holes>) -> Result<(), String> {
    let mut faults = String::new();
    collect_faults(chart, chart.root(), values, holes, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn collect_faults(chart: &Chart, id: NodeId, values: &Map, holes: Option<&Holes>, faults: &mut String) {
    let node = chart.node(id);
    if let Some(schema) = &node.schema
        && let Err(text) = judge(schema, values, holes)
    {
        faults.push_str(&format!("{}:\n{text}", node.metadata.name));
    }
    for below in chart.dependencies(id) {
        let name = chart.node(*below).metadata.name.as_str();
        match values.get(name) {
            None | Some(Value::Nil) => {}
            Some(Value::Map(values)) => collect_faults(chart, *below, &values, holes, faults),
            Some(other) => faults.push_str(&format!(
                "{name}:\ninvalid type for values: expected object (map), got {}\n",
                other.type_name()
            )),
        }
    }
}

const URL: &str = "file:///values.schema.json";

/// Judges values by one schema. Mirrors `ValidateAgainstSingleSchema`.
fn judge(schema: &[u8], values: &Map, holes: Option<&Holes>) -> Result<(), String> {
    let schema = Json::parse(schema)?;
    if quick::surely_satisfies(&schema, values) { Ok(()) } else { judge_fully(&schema, values, holes) }
}

fn judge_fully(schema: &Json, values: &Map, holes: Option<&Holes>) -> Result<(), String> {
    let draft = match schema.get("$schema").and_then(Json::as_str) {
        None => Draft::Year2020,
        Some(url) => declared_draft(url)?,
    };
    let overridden = draft < Draft::Year2019 && schema.get("$ref").is_some();
    let id = schema.get(draft.id_keyword()).and_then(Json::as_str).filter(|_| !overridden);
    if id.is_some_and(|it| url::check(it.as_bytes()).is_err()) {
        return Err(format!("error in parsing id at \"{URL}#\""));
    }
    let own = [draft];
    let meta_documents = meta::documents(if names_documents(schema) { &meta::ALL } else { &own });
    let anything = Json::Bool(true);
    check_schema(schema, draft, &format!("{URL}#"), &meta_documents, &anything)?;

    let mut resources = Resources::default();
    resources.add_document(URL, schema, draft)?;
    add_meta(&mut resources, &meta_documents)?;
    let mut schemas = Schemas::new(resources, &anything);
    let root = schemas.compile_root(schema)?;
    for (stray, resource) in &schemas.strays {
        let place = schemas.at(stray).map(|it| schemas.location(it)).unwrap_or_default();
        check_schema(stray, schemas.resources.list[*resource].draft, &place, &meta_documents, &anything)?;
    }
    let faults = check::faults(&schemas, root, &Instance::of(&Value::Map(values.clone())), false, holes);
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n", print(&faults).trim_start_matches('\n')))
}

/// Where a value does not fit a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Key by key.
    pub at: Vec<String>,
    /// What is wrong there, in the words of Helm's validator.
    pub what: String,
    /// The keys that the schema does not name, where that is what is wrong.
    pub unknown: Vec<String>,
}

/// Holds a value against a schema of draft 4, the one that those of OpenAPI 3 come nearest to. Of alternatives that all
/// fail, only that is told. The error says why the schema is none.
pub fn misfits(schema: &[u8], value: &Map) -> Result<Vec<Misfit>, String> {
    let schema = Json::parse(schema)?;
    let anything = Json::Bool(true);
    check_schema(&schema, Draft::Four, &format!("{URL}#"), &meta::documents(&[Draft::Four]), &anything)?;
    let mut resources = Resources::default();
    resources.add_document(URL, &schema, Draft::Four)?;
    let mut schemas = Schemas::new(resources, &anything);
    let root = schemas.compile_root(&schema)?;
    let mut pending = check::faults(&schemas, root, &Instance::of(&Value::Map(value.clone())), false, None);
    pending.reverse();
    let mut found = Vec::new();
    while let Some(mut fault) = pending.pop() {
        if fault.is_sum() {
            fault.causes.reverse();
            pending.append(&mut fault.causes);
        } else {
            found.push(Misfit { what: fault.message(), unknown: fault.unknown(), at: fault.at });
        }
    }
    Ok(found)
}

/// The draft that `$schema` names.
fn declared_draft(url: &str) -> Result<Draft, String> {
    url::check(url.as_bytes()).map_err(|fault| format!("invalid $schema in \"{URL}#\": {fault}"))?;
    let document = url.split('#').next().unwrap_or_default();
    if document == URL {
        return Err(format!("draft \"{URL}\" is not supported"));
    }
    // What a URN stands for is not known, and so takes everything.
    let of_urn = document.starts_with("urn:").then_some(Draft::Year2020);
    Draft::of_url(document).or(of_urn).ok_or_else(|| compile::unreachable_document(document))
}

/// Whether anything in a schema may be known by, or refer to, a URL outside of it. The root's own `$schema` does not count.
fn names_documents(schema: &Json) -> bool {
    let mut pending = vec![(schema, true)];
    while let Some((node, is_root)) = pending.pop() {
        for (key, value) in node.entries() {
            let names = key == "id" || key.starts_with('$');
            let is_own_draft = is_root && key == "$schema";
            if names && !is_own_draft && value.as_str().is_some_and(|it| !it.starts_with('#')) {
                return true;
            }
            pending.push((value, false));
        }
        pending.extend(node.items().iter().map(|it| (it, false)));
    }
    false
}

/// Judges the schema by its draft's meta schema.
fn check_schema(
    schema: &Json,
    draft: Draft,
    place: &str,
    meta_documents: &[(String, Json)],
    anything: &Json,
) -> Result<(), String> {
    let mut resources = Resources::default();
    add_meta(&mut resources, meta_documents)?;
    let mut schemas = Schemas::new(resources, anything);
    let root = schemas.compile(draft.url())?;
    let faults = check::faults(&schemas, root, &Instance::of_json(schema), true, None);
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!(
        "\"{place}\" is not valid against metaschema: jsonschema validation failed with '{}#'{}",
        draft.url(),
        print(&faults)
    ))
}

fn add_meta<'a>(resources: &mut Resources<'a>, documents: &'a [(String, Json)]) -> Result<(), String> {
    for (url, document) in documents {
        let draft = document.get("$schema").and_then(Json::as_str).and_then(Draft::of_url);
        resources.add_document(url, document, draft.unwrap_or(Draft::Year2020))?;
    }
    Ok(())
}

/// All lines, each with a line end before it.
fn print(faults: &[fault::SchemaFault]) -> String {
    let mut out = String::new();
    for fault in faults {
        fault.print(0, &mut out);
    }
    out
}
