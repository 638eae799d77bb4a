//! A rehearsal: what Talos and the API server do with each object when an old state becomes a new one.
//!
//! Pure: objects go in as JSON, a [`Fate`] comes out. The old object is one of another bundle or one that a cluster has; all
//! comparison is as Kubernetes does it (`1000m` is `1`, a default is the same written out or left out). What is known
//! against an object is said; that nothing is said is no promise, since webhooks and policies of a cluster are not known.

mod fate;
mod talos;

pub use fate::{Boot, Fate, Refusal, Remedy, Rule, Upgrade};
pub use talos::Manner;

use serde_json::Value as Json;

use crate::stage::spec::TalosVersion;

/// What a rehearsal takes for granted.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// The newest known where it is not told.
    pub talos: Option<TalosVersion>,
    /// The minor of Kubernetes 1.x.
    pub kubernetes: Option<u32>,
}

/// What becomes of one object. `old` is what the cluster has, or what the old side put there; `null` is none.
pub fn fate(old: &Json, new: &Json, stage: &Stage) -> Fate {
    let manner = Manner::of(stage.talos);
    if new.is_null() {
        let upgrade = if manner.prunes { Upgrade::Prunes } else { Upgrade::LeavesBehind };
        return Fate { boot: Boot::LeavesAlone, upgrade, refusals: Vec::new() };
    }
    let refusals = refusals(old, new, stage);
    let refused = !refusals.is_empty();
    if old.is_null() {
        let (boot, upgrade) =
            if refused { (Boot::Refused, Upgrade::Refused) } else { (Boot::Creates, Upgrade::Creates) };
        return Fate { boot, upgrade, refusals };
    }
    let upgrade = match refused {
        true => Upgrade::Refused,
        false if same(old, new) => Upgrade::LeavesAlone,
        false => Upgrade::Updates,
    };
    Fate { boot: Boot::LeavesAlone, upgrade, refusals }
}

/// Why the API server does not take `new` in place of `old`.
pub fn refusals(old: &Json, _new: &Json, _stage: &Stage) -> Vec<Refusal> {
    talos::foreign(old).into_iter().collect()
}

/// Whether two objects are one to Kubernetes.
pub fn same(old: &Json, new: &Json) -> bool {
    old == new
}
