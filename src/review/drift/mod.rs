//! Where a bundle, GitOps and a cluster are not the same: what was found, and what Talos would do about it.

mod fields;
pub mod live;
pub mod print;

pub use fields::{added, differences, is_label_of_flux};

use serde::{Serialize, Serializer};

use crate::base::code::Code;
use crate::review::rehearse::Fate;

/// The version of the JSON form.
pub const SCHEMA: u32 = 1;

/// What was compared, and what differs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    pub schema: u32,
    pub bundle: String,
    /// With what the lock was compared.
    pub against: Vec<String>,
    pub findings: Vec<Finding>,
    /// What Talos would do with each object; only those it would not leave alone, unless all were asked for.
    pub objects: Vec<Object>,
    /// What was not compared, and why.
    pub notes: Vec<String>,
}

/// One thing that differs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    #[serde(serialize_with = "name")]
    pub code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// One sentence without a full stop.
    pub message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// Commands that bring both together; none is ever run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<String>,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    pub path: String,
    /// What the bundle says; empty where it says nothing.
    pub bundle: String,
    /// What stands in the other place; empty where nothing does.
    pub found: String,
    /// Who owns the field in the cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
}

/// What Talos would do with an object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    pub part: String,
    pub object: String,
    #[serde(flatten)]
    pub fate: Fate,
    /// The flags of `talosctl upgrade-k8s` without which it does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<&'static str>,
}

impl Finding {
    pub fn new(code: Code, message: impl Into<String>) -> Finding {
        Finding { code, part: None, object: None, message: message.into(), fields: Vec::new(), fix: Vec::new() }
    }

    #[must_use]
    pub fn of(self, part: &str) -> Finding {
        Finding { part: Some(part.into()), ..self }
    }

    #[must_use]
    pub fn at(self, object: &str) -> Finding {
        Finding { object: Some(object.into()), ..self }
    }

    #[must_use]
    pub fn fix(mut self, command: impl Into<String>) -> Finding {
        self.fix.push(command.into());
        self
    }
}

impl Drift {
    /// Every command, once, in the order in which they help.
    pub fn commands(&self) -> Vec<&str> {
        let mut commands: Vec<&str> = Vec::new();
        for command in self.findings.iter().flat_map(|it| &it.fix) {
            if !commands.contains(&command.as_str()) {
                commands.push(command);
            }
        }
        commands
    }
}

fn name<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.name())
}

/// What a step from one version of Cilium to another skips: it goes one minor at a time.
pub fn skips(from: &str, to: &str) -> Option<String> {
    let minor = |text: &str| {
        let mut numbers = text.trim_start_matches('v').split(['.', '-', '+']).map(|it| it.parse::<u32>().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    let ((major, one), (other_major, other)) = (minor(from)?, minor(to)?);
    if major != other_major || one.abs_diff(other) < 2 {
        return None;
    }
    let (low, high) = (one.min(other), one.max(other));
    let between: Vec<String> = (low..high).skip(1).map(|it| format!("{major}.{it}")).collect();
    Some(between.join(", "))
}
