//! `ichor drift`: where the lock, GitOps and a cluster are not the same. Nothing is written anywhere.

mod cluster;
mod tree;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Error;
use crate::base::code::Code;
use crate::edge::kubectl::Kubectl;
use crate::review::drift::{Drift, Finding, SCHEMA};
use crate::stage::vendored::{Stale, Vendored};
use crate::workspace::Workspace;

/// With what to compare.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A tree of GitOps; without one, the releases that parts come from.
    pub git: Option<PathBuf>,
    /// A cluster.
    pub cluster: Option<Kubectl>,
    /// Whether objects that stay as they are are told, too.
    pub all: bool,
}

/// Compares the lock of the spec at a path.
pub fn drift(spec: &Path, request: &Request, now: Timestamp) -> Result<Drift, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let mut drift = Drift {
        schema: SCHEMA,
        bundle: lock.bundle.clone(),
        against: Vec::new(),
        findings: Vec::new(),
        objects: Vec::new(),
        notes: Vec::new(),
    };
    let resolved = workspace.resolve(Some(&lock))?;
    let stale = Vendored::stale(&workspace.spec, &resolved, &lock);
    let compares_tree = request.git.is_some() || request.cluster.is_none();
    if compares_tree {
        for it in &stale {
            drift.findings.push(moved(it));
        }
    }
    let vendored = Vendored::fresh(&workspace.spec, resolved, Some(&lock), now);
    if compares_tree {
        tree::compare(&workspace, &lock, &vendored, stale.is_empty(), request.git.as_deref(), &mut drift)?;
    }
    if let Some(kubectl) = &request.cluster {
        drift.against.push("the cluster".into());
        if stale.is_empty() {
            cluster::compare(&workspace, &lock, &vendored, kubectl, request.all, &mut drift)?;
        } else {
            let command = "run `ichor lock`, and compare again";
            drift.notes.push(format!("the cluster was not compared, for spec and lock do not agree: {command}"));
            if !compares_tree {
                drift.findings.extend(stale.iter().map(moved));
            }
        }
    }
    Ok(drift)
}

fn moved(stale: &Stale) -> Finding {
    let finding = Finding::new(Code::W001, stale.to_string()).fix("ichor lock");
    match stale {
        Stale::Moved { part, object, .. } => finding.of(part).at(object),
        Stale::Differs { part, .. } | Stale::NotLocked(part) | Stale::NotInSpec(part) => finding.of(part),
        _ => finding,
    }
}
