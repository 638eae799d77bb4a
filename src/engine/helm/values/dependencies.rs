//! Which charts below a chart take part, under which names, and what they hand up.
//!
//! Mirrors `pkg/chart/v2/util/dependencies.go`.

use super::coalesce::{CoalesceError, coalesce_node, merge_node, merge_tables};
use super::table::{path_value, table};
use super::{Warnings, coalesce};
use crate::helm::behaviour::NullsGiven;
use crate::helm::chart::{Chart, Dependency, ImportValue, NodeId};
use crate::helm::version;
use crate::value::{Map, Value};

/// Takes away charts that conditions or tags turn off, gives aliases their copies, and imports values.
pub fn process_dependencies(chart: &mut Chart, given: &Map, warnings: &mut Warnings) -> Result<(), CoalesceError> {
    let root = chart.root();
    enable(chart, root, given, "", warnings)?;
    import_below(chart, root, warnings)
}

/// Mirrors `processDependencyEnabled`.
fn enable(
    chart: &mut Chart,
    id: NodeId,
    given: &Map,
    path: &str,
    warnings: &mut Warnings,
) -> Result<(), CoalesceError> {
    let Some(mut wanted) = chart.node(id).metadata.dependencies.clone() else { return Ok(()) };
    let present = chart.dependencies(id).to_vec();
    let mut kept: Vec<NodeId> = Vec::new();
    for it in &present {
        let metadata = &chart.node(*it).metadata;
        let named = wanted.iter().any(|dependency| {
            dependency.name == metadata.name && version::is_compatible(&dependency.version, &metadata.version)
        });
        if !named {
            kept.push(*it);
        }
    }
    for dependency in &mut wanted {
        kept.extend(alias_copy(chart, &present, dependency));
        if !dependency.alias.is_empty() {
            dependency.name.clone_from(&dependency.alias);
        }
        dependency.enabled = true;
    }
    chart.set_dependencies(id, kept);
    chart.set_wanted(id, Some(wanted.clone()));
    chart.share_wanted(&wanted);

    let values = coalesce_node(chart, id, given, warnings)?;
    apply_tags(&mut wanted, &values, warnings);
    apply_conditions(&mut wanted, &values, path, warnings);
    chart.share_wanted(&wanted);
    let off: Vec<String> = wanted.iter().filter(|it| !it.enabled).map(|it| it.name.clone()).collect();
    let mut left = chart.dependencies(id).to_vec();
    left.retain(|it| !off.contains(&chart.node(*it).metadata.name));
    wanted.retain(|it| !off.contains(&it.name));
    for below in &left {
        let deeper = format!("{path}{}.", chart.node(*below).metadata.name);
        enable(chart, *below, &values, &deeper, warnings)?;
    }
    chart.set_wanted(id, if wanted.is_empty() { None } else { Some(wanted) });
    chart.set_dependencies(id, left);
    Ok(())
}

/// A copy of the chart a dependency means, under its alias. The charts directly below are copied with it from Helm 4 on;
/// before, they stay below the chart they are of, whose name stands in the paths of their templates.
fn alias_copy(chart: &mut Chart, present: &[NodeId], dependency: &Dependency) -> Option<NodeId> {
    let source = *present.iter().find(|it| {
        let metadata = &chart.node(**it).metadata;
        metadata.name == dependency.name && version::is_compatible(&dependency.version, &metadata.version)
    })?;
    if !chart.behaviour().is_4 {
        chart.mark_wanted(source);
    }
    let copy = chart.copy_node(source, false);
    if chart.behaviour().is_4 {
        let below = chart.dependencies(source).to_vec().into_iter().map(|it| chart.copy_node(it, true)).collect();
        chart.set_dependencies(copy, below);
    }
    if !dependency.alias.is_empty() {
        chart.node_mut(copy).metadata.name.clone_from(&dependency.alias);
    }
    Some(copy)
}

fn apply_tags(wanted: &mut [Dependency], values: &Map, warnings: &mut Warnings) {
    let Ok(tags) = table(values, "tags") else { return };
    for dependency in wanted {
        let (mut on, mut off) = (false, false);
        for tag in &dependency.tags {
            match tags.get(tag) {
                Some(Value::Bool(true)) => on = true,
                Some(Value::Bool(false)) => off = true,
                Some(_) => {
                    warnings.push(format!("returned non-bool value tag={tag} chart={}", dependency.name));
                }
                None => {}
            }
        }
        dependency.enabled = on || !off;
    }
}

fn apply_conditions(wanted: &mut [Dependency], values: &Map, path: &str, warnings: &mut Warnings) {
    for dependency in wanted {
        for condition in dependency.condition.trim().split(',').filter(|it| !it.is_empty()) {
            match path_value(values, &format!("{path}{condition}")) {
                Some(Value::Bool(it)) => {
                    dependency.enabled = it;
                    break;
                }
                Some(_) => {
                    warnings.push(format!("returned non-bool value path={condition} chart={}", dependency.name));
                }
                None => {}
            }
        }
    }
}

fn import_below(chart: &mut Chart, id: NodeId, warnings: &mut Warnings) -> Result<(), CoalesceError> {
    for below in chart.dependencies(id).to_vec() {
        import_below(chart, below, warnings)?;
    }
    import(chart, id, warnings)
}

/// Mirrors `processImportValues` with merging.
fn import(chart: &mut Chart, id: NodeId, warnings: &mut Warnings) -> Result<(), CoalesceError> {
    let Some(mut wanted) = chart.node(id).metadata.dependencies.clone() else { return Ok(()) };
    let values = merge_node(chart, id, warnings)?;
    let nulls = chart.behaviour().nulls_given;
    let mut imported = Map::any();
    for dependency in &mut wanted {
        let mut done = Vec::new();
        for entry in &dependency.import_values {
            let (child, parent) = match entry {
                ImportValue::Export(key) => (format!("exports.{key}"), ".".to_owned()),
                ImportValue::Table { child, parent } => (child.clone(), parent.clone()),
                // A chart that two aliases share has been through here before; Helm knows its mark no more.
                ImportValue::Done { .. } => continue,
            };
            match table(&values, &format!("{}.{child}", dependency.name)) {
                Ok(found) => {
                    let addition = if parent == "." { found } else { at_path(&parent, found) };
                    imported = merged(imported, &addition, nulls, warnings);
                }
                Err(key) => warnings
                    .push(format!("ImportValues missing table from chart {}: {key:?} is not a table", dependency.name)),
            }
            done.push(ImportValue::Done { child, parent });
        }
        dependency.import_values = done;
    }
    chart.share_wanted(&wanted);
    chart.set_wanted(id, Some(wanted));
    let values = values.deep_copy().ok_or(CoalesceError::Endless)?;
    coalesce::merge_tables(&values, &imported, nulls, warnings);
    chart.node_mut(id).values = values;
    Ok(())
}

fn merged(under: Map, addition: &Map, nulls: NullsGiven, warnings: &mut Warnings) -> Map {
    merge_tables(&under, addition, nulls, warnings);
    under
}

/// A map that holds `inner` at a dotted path.
fn at_path(path: &str, inner: Map) -> Map {
    path.rsplit('.').fold(inner, |inner, key| Map::from_entries([(key.into(), Value::Map(inner))]))
}
