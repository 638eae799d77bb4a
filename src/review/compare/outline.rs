//! What a comparison says above all else: the verdict, what happens to how many resources, what to do, where to read on.

use serde::Serialize;

/// Whether a change is one that nobody needs to read: versions, images and labels alone, and nothing that can go wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    pub routine: bool,
    /// What makes it no routine, the gravest first.
    pub because: Vec<String>,
}

/// How many resources Talos does what with at `upgrade-k8s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub created: usize,
    pub updated: usize,
    pub refused: usize,
    pub pruned: usize,
    pub left_behind: usize,
}

/// Something to do about a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub when: When,
    /// One sentence without a full stop.
    pub text: String,
}

/// When a step is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    Before,
    Apply,
    After,
}

/// A page about a new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    pub what: &'static str,
    pub address: String,
}
