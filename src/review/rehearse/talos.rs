//! What Talos does at boot and at `upgrade-k8s`, by its version.
//!
//! From Talos' sources: the boot creates what is missing and changes nothing. `upgrade-k8s` replaces objects one by one up to
//! 1.12, never deletes, and ends at the first that is refused. From 1.13 on it tries all by server-side apply first, applies
//! none where one is refused, and then deletes what its inventory has and the manifests do not.

use serde_json::Value as Json;

use super::fate::{Refusal, Remedy, Rule};
use crate::stage::spec::TalosVersion;

/// Who owns an object, on the object itself.
const OWNER: &str = "config.k8s.io/owning-inventory";
/// The inventory of Talos.
const INVENTORY: &str = "talos-bootstrap-manifests-inventory";

/// How `upgrade-k8s` of a version writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Server-side apply: fields are merged, and types are looked at strictly.
    pub merges: bool,
    /// Whether it deletes what is gone.
    pub prunes: bool,
    /// Whether `--manifests-force` is there.
    pub forces: bool,
}

impl Manner {
    /// Of a version; the newest known where it is not known.
    pub fn of(talos: Option<TalosVersion>) -> Manner {
        let new = talos.is_none_or(|it| (it.major, it.minor) >= (1, 13));
        Manner { merges: new, prunes: new, forces: new }
    }
}

/// What stands against taking over an object of the cluster, with the policy that `upgrade-k8s` has by default.
pub fn foreign(live: &Json) -> Option<Refusal> {
    let owner = live["metadata"]["annotations"][OWNER].as_str().filter(|it| *it != INVENTORY)?;
    Some(Refusal {
        rule: Rule::Inventory,
        path: format!("metadata.annotations[\"{OWNER}\"]"),
        why: format!("it belongs to the inventory {owner}, and `upgrade-k8s` takes over no other's objects"),
        remedy: Remedy::Adopt,
    })
}
