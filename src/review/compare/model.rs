//! What a comparison says: plain data that every format prints, and itself the `json` format.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

pub use super::outline::{Counts, Link, Step, Verdict, When};
use crate::review::rehearse::Fate;

/// The version of the JSON form. It changes when a field changes its meaning or goes away.
pub const SCHEMA: &str = "ichor-diff/1";

/// What lies between two sides.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    pub schema: &'static str,
    pub bundle: String,
    /// What the old side is: a revision, a file, the work tree.
    pub old: String,
    pub new: String,
    /// Whether nothing at all differs.
    pub identical: bool,
    /// The one line to read first.
    pub risk: RiskLine,
    /// Whether a robot may merge it.
    pub verdict: Verdict,
    /// What happens to how many resources.
    pub counts: Counts,
    /// What to do before and after, in order.
    pub checklist: Vec<Step>,
    /// What could not be looked at, and why.
    pub remarks: Vec<String>,
    /// What a reviewer must know, the gravest first.
    pub findings: Vec<Finding>,
    /// Facts of the whole bundle: its name, clock, versions of Kubernetes and Talos.
    pub facts: Vec<Fact>,
    pub recipients: Recipients,
    pub parts: Vec<PartDiff>,
    /// Absent where a side's manifests are not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
}

/// The one line to read first, clause by clause, the gravest first. JSON has it as one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RiskLine(pub Vec<Clause>);

/// What a change does, and to what: `removes: ConfigMap n/x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    pub what: String,
    /// Empty where `what` says it all.
    pub of: String,
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if self.of.is_empty() { Ok(()) } else { write!(f, ": {}", self.of) }
    }
}

impl fmt::Display for RiskLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, clause) in self.0.iter().enumerate() {
            let and = if index == 0 { "" } else { " · " };
            write!(f, "{and}{clause}")?;
        }
        Ok(())
    }
}

impl Serialize for RiskLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How grave a thing is, the gravest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Risk {
    /// The API server does not take it.
    Refused,
    /// Something may do more than before.
    Gains,
    /// A sealed text changed, and nothing public tells how.
    Unseen,
    /// Traffic or logins can be cut.
    Traffic,
    /// Something is gone.
    Loss,
    /// Pods restart.
    Restart,
    /// It changes at low risk.
    #[default]
    Moves,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Area {
    /// What the API server takes, and what stands before it.
    Admission,
    Permission,
    Privilege,
    Exposure,
    Certificate,
    Envelope,
    /// What should be secret and can be read.
    Secret,
    Recipient,
    Crd,
    Image,
    /// Of a part's chart: its version.
    Chart,
    Workload,
    /// Whether pods find a node.
    Scheduling,
    #[default]
    Setting,
    Network,
    Storage,
    Values,
    Removal,
    Size,
}

/// One thing a reviewer must know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub risk: Risk,
    pub area: Area,
    pub part: String,
    /// The resource as the new side names it, else the old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// One sentence without a full stop.
    pub text: String,
    /// Workloads that somebody must restart for it: `Deployment n/x`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub restart: Vec<String>,
    /// Whether it is the restart that an update of images is.
    #[serde(skip)]
    pub is_rollout: bool,
}

/// A fact that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    pub what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

impl Finding {
    /// One about a part, or with an empty name about the bundle, and no resource in it.
    pub(crate) fn new(risk: Risk, area: Area, part: impl Into<String>, text: String) -> Finding {
        Finding { risk, area, part: part.into(), text, ..Finding::default() }
    }
}

/// Who may open the bundle, before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recipients {
    pub added: Vec<String>,
    pub removed: Vec<String>,
}

/// What became of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    Added,
    Removed,
    Changed,
    /// It has another name, API version or part, and may have changed besides.
    Renamed,
    /// Only its text differs: comments, order, layout.
    TextOnly,
    Same,
}

/// One part, before and after.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartDiff {
    pub name: String,
    pub status: Status,
    pub facts: Vec<Fact>,
    /// Why resources are known by name and digest alone; absent where their content was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contents_missing: Option<String>,
    pub values: ValuesDiff,
    pub images: Vec<ImageDiff>,
    pub certificates: Vec<CertificateDiff>,
    /// How many envelopes were made anew around an unchanged public half.
    pub resealed: usize,
    /// What is the same change in many resources.
    pub folds: Vec<Fold>,
    /// All resources but those that are the same.
    pub resources: Vec<ResourceDiff>,
    /// Where its makers tell of the new version.
    pub links: Vec<Link>,
    /// All resources of the new side and those that are gone, with their sizes.
    pub inventory: Vec<Item>,
    /// What the new chart says to whoever installs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// One resource, before and after.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceDiff {
    /// API version, kind, namespace and name; of the old side where the resource is gone.
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_id: Option<String>,
    /// The part it was in, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_part: Option<String>,
    pub status: Status,
    pub risk: Risk,
    /// What Talos does with it; absent where its content is not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fate: Option<Fate>,
    pub changes: Vec<Change>,
    /// How many further changes stand in `folds`.
    pub folded: usize,
    /// RFC 6902: takes the old resource to the new one. Plain text of Secrets is hidden in both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<Json>,
    /// The resource, where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
}

/// What became of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    Added,
    Removed,
    Changed,
    /// The items of a list stand in another order.
    Reordered,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// `spec.template.spec.containers[agent].image`: items of lists by what Kubernetes merges them by.
    pub path: String,
    pub how: How,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Json>,
    #[serde(skip)]
    pub keys: Vec<String>,
}

/// One change that many resources share.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fold {
    /// `label helm.sh/chart`.
    pub what: String,
    pub how: How,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Json>,
    /// The resources, each once.
    pub resources: Vec<String>,
}

/// Values before and after.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValuesDiff {
    /// What the user set otherwise.
    pub user: Vec<Change>,
    /// What the chart's own defaults are otherwise.
    pub defaults: Vec<DefaultChange>,
    /// The user's keys that the old chart had a default for and the new one has not.
    pub vanished: Vec<String>,
}

/// A default of the chart that differs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DefaultChange {
    #[serde(flatten)]
    pub change: Change,
    /// Whether the user sets this key, so that the default does not count.
    pub overridden: bool,
}

/// One image, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageDiff {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// What differs, in words.
    pub what: String,
}

/// One certificate, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateDiff {
    /// The pin, or the resource and field.
    pub name: String,
    pub status: Status,
    pub risk: Risk,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<CertificateFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<CertificateFacts>,
    /// What differs, in words.
    pub what: String,
}

/// What may be shown of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    pub subject: String,
    pub issuer: String,
    pub names: Vec<String>,
    pub not_before: jiff::Timestamp,
    pub not_after: jiff::Timestamp,
    /// SHA-256 of the DER form, in hexadecimal.
    pub fingerprint: String,
}

/// One resource in the picture of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub id: String,
    pub status: Status,
    /// In bytes, of the new text; of the old where the resource is gone. Zero where no text is at hand.
    pub size: usize,
}

/// The size of what is handed to Talos, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Size {
    pub old: u64,
    pub new: u64,
    pub parts: Vec<PartSize>,
    pub limits: Vec<Limit>,
}

/// The size of one part's manifests, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartSize {
    pub name: String,
    pub old: u64,
    pub new: u64,
}

/// A limit somebody sets to the size, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limit {
    pub what: &'static str,
    pub bytes: u64,
}
