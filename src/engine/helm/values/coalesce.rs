//! Values of a tree of charts in one map: what is given over what the charts bring, with null taking away.
//!
//! Mirrors `pkg/chart/common/util/coalesce.go`.

use super::Warnings;
use crate::fmt::print_value;
use crate::helm::behaviour::{Behaviour, NullsGiven};
use crate::helm::chart::{Chart, NodeId};
use crate::value::{Map, Type, Value};

const GLOBAL: &str = "global";

/// Why there are no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoalesceError {
    /// What the values hold for a chart below is no table.
    #[error("type mismatch on {chart}: {printed}")]
    NoTable {
        /// The name of the chart below.
        chart: String,
        /// What Go's `%t` makes of that value.
        printed: String,
    },
    /// Imports have put a table into itself, on which Helm's stack overflows.
    #[error("values hold themselves")]
    Endless,
}

/// Deeper tables hold themselves, and are told of when they are copied next.
const MAX_DEPTH: usize = 20_000;

/// The values a chart sees, for given ones. Neither input is changed.
///
/// Mirrors `CoalesceValues`.
pub fn coalesce_values(chart: &Chart, given: &Map, warnings: &mut Warnings) -> Result<Map, CoalesceError> {
    coalesce_node(chart, chart.root(), given, warnings)
}

/// What a chart and those below it bring, nulls included, whichever Helm drops them: the keys that a user may set.
pub fn default_values(chart: &Chart) -> Result<Map, CoalesceError> {
    merge_node(chart, chart.root(), &mut Vec::new())
}

pub(super) fn coalesce_node(
    chart: &Chart,
    id: NodeId,
    given: &Map,
    warnings: &mut Warnings,
) -> Result<Map, CoalesceError> {
    let values = given.deep_copy().ok_or(CoalesceError::Endless)?;
    Coalescer { chart, behaviour: chart.behaviour(), merge: false, warnings }.chart(id, &values, "")?;
    Ok(values)
}

/// Like [`coalesce_node`] with nothing given, but null stays null.
///
/// Mirrors `MergeValues`.
pub(super) fn merge_node(chart: &Chart, id: NodeId, warnings: &mut Warnings) -> Result<Map, CoalesceError> {
    let values = Map::any();
    Coalescer { chart, behaviour: chart.behaviour(), merge: true, warnings }.chart(id, &values, "")?;
    Ok(values)
}

/// Fills `dest` with what `source` has and it lacks; null stays null.
///
/// Mirrors `MergeTables`.
pub(super) fn merge_tables(dest: &Map, source: &Map, nulls: NullsGiven, warnings: &mut Warnings) {
    Tables { nulls, merge: true, warnings }.fill(dest, source, "", MAX_DEPTH);
}

struct Coalescer<'a> {
    chart: &'a Chart,
    behaviour: &'static Behaviour,
    /// Whether null stays null.
    merge: bool,
    warnings: &'a mut Warnings,
}

impl Coalescer<'_> {
    fn chart(&mut self, id: NodeId, dest: &Map, prefix: &str) -> Result<(), CoalesceError> {
        let prefix = join(prefix, self.name(id));
        self.values(id, dest, &prefix)?;
        for below in self.chart.dependencies(id) {
            let name = self.name(*below);
            let table = match dest.get(name) {
                None => {
                    let empty = Map::any();
                    dest.insert(name, Value::Map(empty.clone()));
                    empty
                }
                Some(Value::Map(map)) if map.map_type() == Type::MAP => map,
                Some(other) => return Err(mismatch(name, &other)),
            };
            self.globals(&table, dest, &prefix);
            self.chart(*below, &table, &prefix)?;
        }
        Ok(())
    }

    fn tables(&mut self, merge: bool) -> Tables<'_> {
        Tables { nulls: self.behaviour.nulls_given, merge, warnings: self.warnings }
    }

    fn name(&self, id: NodeId) -> &str {
        &self.chart.node(id).metadata.name
    }

    /// The chart's own values under what is there already.
    fn values(&mut self, id: NodeId, dest: &Map, prefix: &str) -> Result<(), CoalesceError> {
        let own = self.chart.node(id).values.deep_copy().ok_or(CoalesceError::Endless)?;
        for (key, value) in own.to_vec() {
            match dest.get(&key) {
                Some(Value::Nil) if !self.merge => {
                    dest.remove(&key);
                }
                Some(Value::Map(held)) => match &value {
                    Value::Map(source) => {
                        // The values of a chart below keep their nulls, which take away what that chart brings itself.
                        let below = self.chart.dependencies(id).iter().any(|it| key == *self.name(*it));
                        let merge = self.merge || below;
                        if !merge && self.behaviour.drops_own_nulls {
                            drop_nulls(source);
                        }
                        let path = join(prefix, &key.to_text());
                        self.tables(merge).fill(&held, source, &path, MAX_DEPTH);
                    }
                    Value::Nil => {}
                    _ => self.warnings.push(format!("warning: skipped value for {prefix}.{key}: Not a table.")),
                },
                Some(_) => {}
                None => {
                    if !self.merge && self.behaviour.drops_own_nulls {
                        match &value {
                            Value::Nil => continue,
                            Value::Map(map) => drop_nulls(map),
                            _ => {}
                        }
                    }
                    dest.insert(key, value);
                }
            }
        }
        Ok(())
    }

    /// Hands the globals of a chart down to one below it.
    fn globals(&mut self, dest: &Map, source: &Map, prefix: &str) {
        let table = |from: &Map| match from.get(GLOBAL) {
            None => Some(Map::any()),
            Some(Value::Map(map)) if map.map_type() == Type::MAP => Some(map),
            Some(_) => None,
        };
        let Some(below) = table(dest) else {
            self.warnings.push("warning: skipping globals because destination global is not a table.".into());
            return;
        };
        let Some(above) = table(source) else {
            self.warnings.push("warning: skipping globals because source global is not a table.".into());
            return;
        };
        for (key, value) in above.to_vec() {
            let held = below.get(&key);
            match (value, held) {
                (Value::Map(map), held) => {
                    let copy = Map::from_entries(map.to_vec());
                    match held {
                        None => below.insert(key, Value::Map(copy)),
                        Some(Value::Map(held)) => {
                            // What comes from above wins, so the copy of it is the one that is filled up.
                            let path = join(prefix, &key.to_text());
                            self.tables(true).fill(&copy, &held, &path, MAX_DEPTH);
                            below.insert(key, Value::Map(copy));
                        }
                        Some(_) => {
                            let quoted = crate::strconv::quote(&key);
                            self.warnings
                                .push(format!("Conflict: cannot merge map onto non-map for {quoted}. Skipping."));
                        }
                    }
                }
                (_, Some(Value::Map(_))) => self.warnings.push(format!("key {key} is table. Skipping")),
                (value, _) => below.insert(key, value),
            }
        }
        dest.insert(GLOBAL, Value::Map(below));
    }
}

/// Fills tables with what others have and they lack.
struct Tables<'a> {
    nulls: NullsGiven,
    /// Whether null stays null.
    merge: bool,
    warnings: &'a mut Warnings,
}

impl Tables<'_> {
    /// Fills `dest` with what `source` has and it lacks, table by table. Without `merge`, a null in `dest` takes the key
    /// away as the version of Helm has it.
    fn fill(&mut self, dest: &Map, source: &Map, prefix: &str, levels: usize) {
        if dest.same(source) || levels == 0 {
            return;
        }
        let entries = source.to_vec();
        let held = dest.to_vec();
        let nulls = || held.iter().filter(|(_, it)| matches!(it, Value::Nil)).map(|(key, _)| key);
        if self.nulls != NullsGiven::Stay {
            nulls().for_each(|key| source.insert(key.clone(), Value::Nil));
        }
        if self.nulls == NullsGiven::TakeAway && !self.merge {
            nulls().for_each(|key| drop(dest.remove(key)));
        }
        for (key, value) in entries {
            let path = || join(prefix, &key.to_text());
            match dest.get(&key) {
                None if self.nulls == NullsGiven::TakeAway && !self.merge && nulls().any(|it| *it == key) => {}
                None => dest.insert(key, value),
                Some(Value::Nil) => {
                    let was_given = !matches!(value, Value::Nil) || self.nulls != NullsGiven::StayOverNull;
                    if was_given && !self.merge {
                        dest.remove(&key);
                    }
                }
                Some(Value::Map(held)) => match &value {
                    Value::Map(map) => self.fill(&held, map, &path(), levels - 1),
                    Value::Nil => {}
                    other => self.warnings.push(format!(
                        "warning: destination for {} is a table. Ignoring non-table value ({})",
                        path(),
                        print_value(other)
                    )),
                },
                Some(_) => {
                    if let Value::Map(_) = &value {
                        self.warnings.push(format!(
                            "warning: cannot overwrite table with non table for {} ({})",
                            path(),
                            print_value(&value)
                        ));
                    }
                }
            }
        }
    }
}

fn drop_nulls(map: &Map) {
    map.entries_mut().retain(|_, value| {
        if let Value::Map(inner) = value {
            drop_nulls(inner);
        }
        !matches!(value, Value::Nil)
    });
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

fn mismatch(chart: &str, value: &Value) -> CoalesceError {
    let printed = crate::fmt::sprintf(b"%t", std::slice::from_ref(value)).to_text().into_owned();
    CoalesceError::NoTable { chart: chart.to_owned(), printed }
}
