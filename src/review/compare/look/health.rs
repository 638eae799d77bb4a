//! How containers run: probes, limits, and what they start.

use serde_json::Value as Json;

use super::scheduling::amount;
use super::{Pair, items, pod, word, words};
use crate::review::compare::model::{Area, Finding, Risk};
use crate::review::kubernetes::quantity::nanos;

/// Programs that bring code from elsewhere, and those that run what they are given.
const FETCH: &[&str] = &[
    "curl",
    "wget",
    "fetch",
    "aria2c",
    "git clone",
    "nc ",
    "ncat ",
    "pip install",
    "npm install",
    "apk add",
    "apt-get install",
    "apt install",
    "go install",
    "kubectl apply -f http",
];
const RUN: &[&str] = &[
    "sh", "bash", "ash", "zsh", "python", "python3", "perl", "ruby", "node", "eval", "source", "exec", "chmod", "tar ",
];

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    let (old, new) = (pod(pair.old), pod(pair.new));
    if new.is_null() {
        return;
    }
    for list in ["initContainers", "containers"] {
        for container in items(&new[list]) {
            let before = items(&old[list]).iter().find(|it| it["name"] == container["name"]).unwrap_or(&Json::Null);
            let name = format!("container {}", word(&container["name"]));
            commands(pair, &name, before, container, old.is_null(), found);
            if before.is_null() {
                continue;
            }
            probes(pair, &name, before, container, found);
            limits(pair, &name, before, container, found);
        }
        for gone in items(&old[list]).iter().filter(|it| !items(&new[list]).iter().any(|new| new["name"] == it["name"]))
        {
            let text = format!("container {} is gone from its pods", word(&gone["name"]));
            pair.say(found, Risk::Loss, Area::Workload, text);
        }
    }
    if old.is_null() {
        return;
    }
    let grace = |it: &Json| it["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    if grace(new) < grace(old) {
        let text =
            format!("its pods have {} seconds to end in place of {}, and are killed then", grace(new), grace(old));
        pair.say(found, Risk::Traffic, Area::Workload, text);
    }
}

fn probes(pair: &Pair<'_>, name: &str, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    for (field, lost) in [
        ("readinessProbe", "traffic comes before it is ready, and while it is not"),
        ("livenessProbe", "nothing restarts it when it hangs"),
        ("startupProbe", "its other probes count from the first second, and may kill it while it starts"),
    ] {
        let (before, after) = (&old[field], &new[field]);
        if before == after {
            continue;
        }
        if after.is_null() {
            let risk = if field == "livenessProbe" { Risk::Loss } else { Risk::Traffic };
            pair.say(found, risk, Area::Workload, format!("{name} has no {field} any more: {lost}"));
            continue;
        }
        if before.is_null() {
            if field == "livenessProbe" {
                let text = format!("{name} has a livenessProbe now: it is killed where that does not answer");
                pair.say(found, Risk::Traffic, Area::Workload, text);
            } else if field == "readinessProbe" {
                let text = format!("{name} has a readinessProbe now: it gets no traffic where that does not answer");
                pair.say(found, Risk::Traffic, Area::Workload, text);
            }
            continue;
        }
        let least = |it: &Json, what: &str, default: i64| it[what].as_i64().unwrap_or(default);
        let patience = |it: &Json| {
            let times = least(it, "failureThreshold", 3) * least(it, "periodSeconds", 10);
            least(it, "initialDelaySeconds", 0) + times
        };
        let mut told = Vec::new();
        if patience(after) < patience(before) {
            told.push(format!("gives up after {} seconds, not {}", patience(after), patience(before)));
        }
        if least(after, "timeoutSeconds", 1) < least(before, "timeoutSeconds", 1) {
            told.push(format!(
                "waits {} seconds, not {}",
                least(after, "timeoutSeconds", 1),
                least(before, "timeoutSeconds", 1)
            ));
        }
        if ["httpGet", "tcpSocket", "grpc", "exec"].iter().any(|it| before[*it] != after[*it]) {
            told.push("asks something else".into());
        }
        if !told.is_empty() {
            let what = match field {
                "readinessProbe" => "it gets no traffic where that fails",
                _ => "it is killed where that fails",
            };
            let text = format!("{name}: its {field} {}: {what}", told.join(" and "));
            pair.say(found, Risk::Traffic, Area::Workload, text);
        }
    }
    if !old["lifecycle"]["preStop"].is_null() && new["lifecycle"]["preStop"].is_null() {
        let text = format!("{name} has no preStop any more: its connections are cut when it ends");
        pair.say(found, Risk::Traffic, Area::Workload, text);
    }
}

fn limits(pair: &Pair<'_>, name: &str, old: &Json, new: &Json, found: &mut Vec<Finding>) {
    let (before, after) = (&old["resources"]["limits"], &new["resources"]["limits"]);
    for (what, lower) in [("memory", "it is killed when it takes more (OOM)"), ("cpu", "it is throttled beyond that")] {
        match (nanos(&before[what]), nanos(&after[what])) {
            (Some(from), Some(to)) if to < from => {
                let text =
                    format!("{name} has a lower {what} limit ({} → {}): {lower}", amount(from, what), amount(to, what));
                pair.say(found, Risk::Traffic, Area::Workload, text);
            }
            (None, Some(to)) => {
                let text = format!("{name} has a {what} limit now ({}): {lower}", amount(to, what));
                pair.say(found, Risk::Traffic, Area::Workload, text);
            }
            (Some(_), None) => {
                let text = format!("{name} has no {what} limit any more: it may take all of a node");
                pair.say(found, Risk::Loss, Area::Workload, text);
            }
            _ => {}
        }
        let (before, after) = (&old["resources"]["requests"], &new["resources"]["requests"]);
        if let (Some(from), to) = (nanos(&before[what]), nanos(&after[what]).unwrap_or_default())
            && to < from
        {
            let text = format!(
                "{name} asks for less {what} ({} → {}): less is kept free for it, and it is evicted sooner",
                amount(from, what),
                amount(to, what)
            );
            let risk = if what == "memory" { Risk::Loss } else { Risk::Restart };
            pair.say(found, risk, Area::Workload, text);
        }
    }
}

fn commands(pair: &Pair<'_>, name: &str, old: &Json, new: &Json, anew: bool, found: &mut Vec<Finding>) {
    let line = |it: &Json| -> String {
        let hooks =
            ["postStart", "preStop"].map(|hook| words(&it["lifecycle"][hook]["exec"]["command"]).collect::<Vec<_>>());
        let all = words(&it["command"]).chain(words(&it["args"])).map(str::to_owned);
        all.chain(hooks.into_iter().flatten().map(str::to_owned)).collect::<Vec<_>>().join(" ")
    };
    let (before, after) = (line(old), line(new));
    if before == after {
        return;
    }
    if fetches(&after) && !fetches(&before) {
        let text = format!("{name} fetches code and runs it: `{}`", cut(&after));
        return pair.say(found, Risk::Gains, Area::Privilege, text);
    }
    // What a new workload runs is the workload itself.
    if anew || old.is_null() {
        return;
    }
    let entry = |it: &Json| words(&it["command"]).map(str::to_owned).collect::<Vec<_>>();
    if entry(old) != entry(new) {
        let none = |it: &[String]| {
            if it.is_empty() { "what its image says".to_owned() } else { format!("`{}`", cut(&it.join(" "))) }
        };
        let text = format!("{name} runs {}, not {}", none(&entry(new)), none(&entry(old)));
        pair.say(found, Risk::Gains, Area::Privilege, text);
    }
}

/// Whether a command line brings something from elsewhere and runs it.
fn fetches(line: &str) -> bool {
    let word = |all: &[&str]| {
        all.iter().any(|it| {
            line.match_indices(it).any(|(at, _)| {
                let edge = |it: Option<char>| it.is_none_or(|it| !it.is_alphanumeric() && it != '-' && it != '_');
                edge(line[..at].chars().next_back())
                    && (it.ends_with(' ') || edge(line[at + it.len()..].chars().next()))
            })
        })
    };
    let address = line.contains("://") || line.contains("/dev/tcp/");
    address && word(FETCH) && (word(RUN) || line.contains('|'))
        || line.contains("/dev/tcp/")
        || line.contains("| sh")
        || line.contains("|sh")
        || line.contains("| bash")
        || line.contains("|bash")
}

fn cut(text: &str) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= 120 { text } else { text.chars().take(119).chain(['…']).collect() }
}
