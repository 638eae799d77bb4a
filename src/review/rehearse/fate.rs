//! What becomes of an object: the words of the verdict.

use serde::Serialize;

/// What Talos does with an object of the new side, or with one that is gone from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fate {
    /// When the machine config is applied, and at every boot of a control plane.
    pub boot: Boot,
    /// At `talosctl upgrade-k8s`.
    pub upgrade: Upgrade,
    /// Why the API server does not take it; empty where nothing is known against it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
}

/// What the boot does: it only ever creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Boot {
    Creates,
    /// It is in the cluster, and stays as it is.
    LeavesAlone,
    /// It would be created, and the API server does not take it.
    Refused,
}

/// What `talosctl upgrade-k8s` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Upgrade {
    Creates,
    Updates,
    /// It is as it should be.
    LeavesAlone,
    /// The API server does not take it, and nothing after it is applied.
    Refused,
    /// It is gone from the bundle, and is deleted.
    Prunes,
    /// It is gone from the bundle, and stays in the cluster.
    LeavesBehind,
}

/// One reason why the API server does not take an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    pub rule: Rule,
    /// The field, `spec.selector`.
    pub path: String,
    /// One clause without a full stop: what is wrong with it.
    pub why: String,
    pub remedy: Remedy,
}

/// The kind of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// The field cannot be changed once the object is there.
    Immutable,
    /// The field has another type, or an item stands twice.
    Schema,
    /// There is no such field.
    Unknown,
    /// The value is not allowed, by itself or beside others of the object.
    Invalid,
    /// Pod Security of the namespace.
    PodSecurity,
    /// The object belongs to another inventory than Talos' own.
    Inventory,
    /// Its kind, version or namespace is not in the cluster.
    Missing,
}

/// What helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Remedy {
    /// The object must be made anew: deleted by hand, or by `--manifests-force`.
    Recreate,
    /// The same, and deleting it loses data or everything that rests on it: by hand, with care, or keep the old value.
    Migrate,
    /// The manifest must be written otherwise.
    Rewrite,
    /// `--manifests-inventory-policy` decides.
    Adopt,
}
