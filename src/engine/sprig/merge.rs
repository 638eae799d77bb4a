//! Deep merging of maps.
//!
//! Mirrors `dario.cat/mergo` 1.0.1 as sprig calls it, with what it shares between source and target: a value that the
//! target lacks is not copied, so a later change of one is seen in the other.

use super::semver::Handle;
use crate::value::{Kind, Map, Str, Type, Value};

/// How deep maps are merged. Go has no limit but its stack, which only a map that contains itself can reach.
const DEPTH: usize = crate::limits::NESTED_VALUES.size();

/// Which side wins where both have a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// The target, unless its value is empty.
    Fill,
    /// The source, even with an empty value.
    Overwrite,
}

/// Why a merge stopped.
#[derive(Debug)]
pub(super) struct Fault {
    pub message: String,
    /// Whether Go panics, which `merge` does not swallow.
    pub panic: bool,
}

/// Merges `source` into `target` in place.
pub(super) fn merge(target: &Map, source: &Map, policy: Policy) -> Result<(), Fault> {
    merge_maps(target, source, policy, 0)
}

fn merge_maps(target: &Map, source: &Map, policy: Policy, depth: usize) -> Result<(), Fault> {
    if depth > DEPTH {
        return Err(Fault { message: "maps are nested too deeply to be merged".into(), panic: true });
    }
    if target.same(source) && depth > 0 && policy == Policy::Fill {
        return Ok(());
    }
    let typed = source.map_type().element().is_some_and(|it| it != Type::Any);
    for (key, item) in source.to_vec() {
        let old = target.get(&key);
        match kind(&item) {
            Kind::Invalid => {
                if policy == Policy::Overwrite {
                    put(target, &key, item, "interface {}")?;
                }
                continue;
            }
            Kind::Map | Kind::Struct | Kind::Ptr => descend(old.as_ref(), &item, policy, depth)?,
            Kind::Slice => {
                let name = item.type_name();
                // The kept value is set anew, which fails where the map cannot hold it.
                if policy == Policy::Overwrite || target.is_empty() || old.is_none() {
                    put(target, &key, item.clone(), &name)?;
                }
            }
            _ => {}
        }
        // Asked only now: merging into an empty map above has filled it.
        let kept = old.as_ref().is_some_and(|it| !empty(it));
        if kept {
            let both_maps = kind(&item) == Kind::Map && old.as_ref().is_some_and(|it| kind(it) == Kind::Map);
            if kind(&item) == Kind::Slice || both_maps {
                continue;
            }
        }
        if policy == Policy::Overwrite || !kept {
            let name = if typed { item.type_name() } else { "interface {}".to_owned() };
            put(target, &key, item, &name)?;
        }
    }
    Ok(())
}

/// Merges a map, struct or pointer into what the target has there.
fn descend(old: Option<&Value>, item: &Value, policy: Policy, depth: usize) -> Result<(), Fault> {
    match (old, item) {
        (Some(Value::Map(target)), Value::Map(source)) if !target.is_nil() => {
            merge_maps(target, source, policy, depth + 1)
        }
        (Some(Value::Object(target)), _) => match (target.object_type().kind(), item) {
            (Kind::Ptr, Value::Object(source)) if source.object_type().kind() == Kind::Ptr => {
                // A pointer is followed, and the struct behind it replaced where it stands.
                let handles = (target.as_any().downcast_ref::<Handle>(), source.as_any().downcast_ref::<Handle>());
                if let ((Some(target), Some(source)), Policy::Overwrite) = (handles, policy) {
                    target.assign(source);
                }
                Ok(())
            }
            (Kind::Ptr, _) if policy == Policy::Fill => {
                Err(Fault { message: "src and dst must be of same type".into(), panic: false })
            }
            (Kind::Struct, Value::Map(_)) if has_fields(target.plain()) => {
                Err(Fault { message: "reflect: call of reflect.Value.Field on map Value".into(), panic: true })
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Whether a struct has exported fields: its plain form is then a map, and a time's is a string.
fn has_fields(plain: Value) -> bool {
    matches!(plain, Value::Map(_))
}

/// Sets an entry where the element type of the map allows it. `name` is the static type of what is set.
fn put(target: &Map, key: &Str, value: Value, name: &str) -> Result<(), Fault> {
    match target.map_type().element() {
        Some(element) if element != Type::Any && name != element.to_string() => Err(Fault {
            message: format!("reflect.Value.SetMapIndex: value of type {name} is not assignable to type {element}"),
            panic: true,
        }),
        _ => {
            target.insert(key.clone(), value);
            Ok(())
        }
    }
}

fn kind(value: &Value) -> Kind {
    value.kind()
}

/// Mirrors mergo's `isEmptyValue`, for which a struct is never empty and a pointer is what it points to.
fn empty(value: &Value) -> bool {
    match value {
        Value::Object(it) if matches!(it.object_type().kind(), Kind::Ptr | Kind::Struct) => false,
        other => !other.truth(),
    }
}
