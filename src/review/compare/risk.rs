//! The one line to read first.

use crate::base::number::{count, some};
use std::collections::{BTreeMap, BTreeSet};

use super::fold;
use super::model::{Area, Clause, Diff, Finding, ResourceDiff, Risk, RiskLine, Status};

impl Risk {
    /// The risk as a heading.
    pub fn title(self) -> &'static str {
        match self {
            Risk::Refused => "will be refused",
            Risk::Gains => "grants more",
            Risk::Unseen => "changes unseen",
            Risk::Traffic => "can cut traffic",
            Risk::Loss => "takes away",
            Risk::Restart => "restarts",
            Risk::Moves => "changes at low risk",
        }
    }

    pub const ALL: [Risk; 7] =
        [Risk::Refused, Risk::Gains, Risk::Unseen, Risk::Traffic, Risk::Loss, Risk::Restart, Risk::Moves];
}

impl Area {
    pub fn title(self) -> &'static str {
        match self {
            Area::Admission => "admission",
            Area::Permission => "permission",
            Area::Privilege => "privilege",
            Area::Exposure => "exposure",
            Area::Certificate => "certificate",
            Area::Envelope => "envelope",
            Area::Secret => "exposed secret",
            Area::Recipient => "recipient",
            Area::Crd => "definition",
            Area::Image => "image",
            Area::Chart => "version",
            Area::Setting => "setting",
            Area::Workload => "workload",
            Area::Scheduling => "scheduling",
            Area::Storage => "storage",
            Area::Network => "network",
            Area::Values => "value",
            Area::Removal => "removal",
            Area::Size => "size",
        }
    }
}

/// How many are named of a list.
const NAMED: usize = 3;

/// `grants more: 2 permissions · can cut traffic: DaemonSet n/x · ... · 20 more resources change at low risk`.
/// `blank` says that no text differs in more than blank lines.
pub(in crate::review) fn line(diff: &Diff, blank: bool) -> RiskLine {
    if diff.identical {
        return RiskLine(vec![clause("nothing differs", String::new())]);
    }
    let mut words = Vec::new();
    let of = |risk: Risk| diff.findings.iter().filter(move |it| it.risk == risk);
    let mut refused: Vec<&str> = of(Risk::Refused).filter_map(|it| it.resource.as_deref()).map(name).collect();
    refused.dedup();
    if !refused.is_empty() {
        words.push(clause("will be refused", some(&refused, NAMED)));
    }
    let gains = areas(of(Risk::Gains));
    if !gains.is_empty() {
        words.push(clause("grants more", gains));
    }
    let unseen = areas(of(Risk::Unseen));
    if !unseen.is_empty() {
        words.push(clause("changes unseen", unseen));
    }
    let back: Vec<&str> = of(Risk::Traffic).filter(|it| it.area == Area::Chart).map(|it| it.part.as_str()).collect();
    if !back.is_empty() {
        words.push(clause("goes back to an older version", some(&back, NAMED)));
    }
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (risk, title) in [(Risk::Traffic, "can cut traffic"), (Risk::Restart, "restarts")] {
        // What may cut traffic is not told again as what restarts.
        let resources = of(risk).filter_map(|it| it.resource.as_deref()).filter(|it| !told.contains(it));
        let mut named: Vec<&str> = Vec::new();
        for resource in resources {
            if !named.contains(&name(resource)) {
                named.push(name(resource));
            }
        }
        told.extend(of(risk).filter_map(|it| it.resource.as_deref()));
        let settings = of(risk).filter(|it| it.resource.is_none() && it.area != Area::Chart);
        let mut named = some(&named, NAMED);
        let others = areas(settings);
        if !others.is_empty() {
            named = if named.is_empty() { others } else { format!("{named}, {others}") };
        }
        if !named.is_empty() {
            words.push(clause(title, named));
        }
    }
    let all = || diff.parts.iter().flat_map(|it| &it.resources);
    let removed: Vec<&ResourceDiff> = all().filter(|it| it.status == Status::Removed).collect();
    let losses = of(Risk::Loss).filter(|it| it.area != Area::Removal).count();
    if !removed.is_empty() {
        let names: Vec<&str> = removed.iter().map(|it| name(&it.id)).collect();
        words.push(clause("removes", some(&names, NAMED)));
    }
    if losses > 0 {
        words.push(clause("takes away", areas(of(Risk::Loss).filter(|it| it.area != Area::Removal))));
    }
    let still = || all().filter(|it| it.risk == Risk::Moves && !matches!(it.status, Status::Added | Status::TextOnly));
    let blind = still().filter(|it| fold::is_blind(it)).count();
    let moves = still().count() - blind;
    let added = all().filter(|it| it.status == Status::Added).count();
    if added > 0 {
        words.push(clause(format!("adds {}", count(added, "resource")), String::new()));
    }
    if blind > 0 {
        let verb = if blind == 1 { "differs" } else { "differ" };
        let what = format!("{} {verb} in a way that is not known", count(blind, "resource"));
        words.push(clause(what, String::new()));
    }
    if moves > 0 {
        let more = if words.is_empty() { "" } else { "more " };
        let what = match moves {
            1 => format!("1 {more}resource changes at low risk"),
            _ => format!("{moves} {more}resources change at low risk"),
        };
        words.push(clause(what, String::new()));
    }
    match words.is_empty() {
        true if blank => words.push(clause("none, blank lines alone differ", String::new())),
        true => words.push(clause("nothing that a cluster would notice", String::new())),
        false => {}
    }
    RiskLine(words)
}

fn clause(what: impl Into<String>, of: String) -> Clause {
    Clause { what: what.into(), of }
}

fn areas<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut counts: BTreeMap<Area, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.area).or_default() += 1;
    }
    counts.into_iter().map(|(area, number)| count(number, area.title())).collect::<Vec<_>>().join(", ")
}

/// `DaemonSet n/x` of `apps/v1 DaemonSet n/x`.
pub(in crate::review) fn name(id: &str) -> &str {
    id.split_once(' ').map_or(id, |(_, name)| name)
}
