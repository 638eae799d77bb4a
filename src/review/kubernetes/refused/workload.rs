//! What makes pods, and what counts them.

use super::{claim, labels, needed, not_negative, pod};
use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;

/// A pod by itself.
pub(super) fn bare(object: &Cursor<'_>, faults: &mut Faults) {
    match object.get("spec") {
        Some(spec) => pod::check(&spec, &[], faults),
        None => faults.missing(object, "spec", "it says what runs"),
    }
}

/// The template that holds the spec of a pod.
pub(super) fn template(holder: &Cursor<'_>, faults: &mut Faults) {
    if let Some(spec) = holder.at(&["template", "spec"]) {
        pod::check(&spec, &[], faults);
    }
}

pub(super) fn check(object: &Cursor<'_>, faults: &mut Faults) {
    let kind = object.text("kind");
    let Some(spec) = object.get("spec") else {
        return faults.missing(object, "spec", "the API server refuses the object without it");
    };
    let claims = spec.list("volumeClaimTemplates");
    let names: Vec<&str> = claims.iter().filter_map(|it| it.get("metadata")).map(|it| it.text("name")).collect();
    for claim in &claims {
        claim::claim(claim, faults);
    }
    if let Some(pod_spec) = spec.at(&["template", "spec"]) {
        pod::check(&pod_spec, &names, faults);
        let policy = pod_spec.text("restartPolicy");
        if !["", "Always"].contains(&policy)
            && let Some(at) = pod_spec.get("restartPolicy")
        {
            faults.value(
                &at,
                format!("is `{policy}`"),
                format!("the pods of a {kind} start again always: take it out"),
            );
        }
        if let Some(at) = pod_spec.get("activeDeadlineSeconds") {
            faults.clash(&at, format!("is not for the pods of a {kind}"), "take it out");
        }
    } else if spec.has("template") {
        faults.missing(&spec, "template.spec", "it says what runs");
    }
    not_negative(&spec, &["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"], faults);
    let waits = spec.number("progressDeadlineSeconds").zip(Some(spec.number("minReadySeconds").unwrap_or(0)));
    if waits.is_some_and(|(most, least)| most <= least)
        && let Some(at) = spec.get("progressDeadlineSeconds")
    {
        faults.clash(&at, "is not above `minReadySeconds`", "raise it");
    }
    selected(&spec, faults);
    strategy(&spec, kind, faults);
}

/// A workload must select the pods it makes.
fn selected(spec: &Cursor<'_>, faults: &mut Faults) {
    let Some(selector) = spec.get("selector").filter(|it| it.value.is_object()) else { return };
    if labels::is_empty(&selector) {
        return faults.missing(&selector, "matchLabels", "an empty selector is refused");
    }
    labels::selector(&selector, faults);
    let Some(template) = spec.get("template") else { return };
    let own = template.get("metadata").map(|it| it.entries("labels")).unwrap_or_default();
    if labels::misses(&selector, &own) {
        let help = "give `template.metadata.labels` what the selector wants";
        faults.clash(&selector, "does not select the pods of its own template", help);
    }
}

fn strategy(spec: &Cursor<'_>, kind: &str, faults: &mut Faults) {
    let key = if kind == "Deployment" { "strategy" } else { "updateStrategy" };
    let Some(strategy) = spec.get(key) else { return };
    let rolling = strategy.get("rollingUpdate");
    let word = strategy.text("type");
    if let Some(at) = rolling.as_ref().filter(|_| ["Recreate", "OnDelete"].contains(&word)) {
        // A DaemonSet ignores it.
        if kind != "DaemonSet" {
            return faults.clash(at, format!("does not go with `type: {word}`"), "take it out");
        }
        return;
    }
    let Some(rolling) = rolling else { return };
    let zero = |key: &str| rolling.get(key).is_some_and(|it| share(&it) == Some(0));
    // What is left out is 1 or 25% of pods; a DaemonSet's `maxSurge` is 0.
    let none = match kind {
        "Deployment" => zero("maxUnavailable") && zero("maxSurge"),
        "DaemonSet" => zero("maxUnavailable") && (!rolling.has("maxSurge") || zero("maxSurge")),
        _ => false,
    };
    if none {
        let help = "no pod could ever be replaced: raise one of them";
        faults.clash(&rolling, "lets no pod go and no pod be added", help);
    }
    for key in ["maxUnavailable", "maxSurge"] {
        amount(&rolling, key, faults);
    }
}

/// A count of pods, or a share of them.
fn amount(below: &Cursor<'_>, key: &str, faults: &mut Faults) {
    if let Some(at) = below.get(key)
        && (at.value.is_string() || at.value.is_i64())
        && share(&at).is_none()
    {
        faults.value(&at, format!("is {}", at.value), "write a number, or a share such as 25%");
    }
}

fn share(at: &Cursor<'_>) -> Option<u64> {
    at.value.as_u64().or_else(|| at.value.as_str()?.strip_suffix('%')?.parse().ok())
}

pub(super) fn jobs(object: &Cursor<'_>, faults: &mut Faults) {
    let Some(mut spec) = object.get("spec") else {
        return faults.missing(object, "spec", "the API server refuses the object without it");
    };
    if object.text("kind") == "CronJob" {
        needed(&spec, "schedule", "say when it runs, such as `0 3 * * *`", faults);
        schedule(&spec, faults);
        let counts = ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"];
        not_negative(&spec, &counts, faults);
        if let Some(at) = object.get("metadata").and_then(|it| it.get("name"))
            && at.word().len() > 52
        {
            faults.value(&at, "is longer than 52 letters", "the jobs get a longer one: write a shorter name");
        }
        let Some(inner) = spec.at(&["jobTemplate", "spec"]) else {
            if spec.has("jobTemplate") {
                faults.missing(&spec, "jobTemplate.spec", "it says what runs");
            }
            return;
        };
        spec = inner;
    }
    let counts = ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"];
    not_negative(&spec, &counts, faults);
    // Where neither count is there, both are 1.
    if spec.text("completionMode") == "Indexed" && !spec.has("completions") && spec.has("parallelism") {
        faults.missing(&spec, "completions", "`completionMode: Indexed` needs it");
    }
    let Some(pod_spec) = spec.at(&["template", "spec"]) else {
        if spec.has("template") {
            faults.missing(&spec, "template.spec", "it says what runs");
        }
        return;
    };
    pod::check(&pod_spec, &[], faults);
    match pod_spec.get("restartPolicy") {
        None => faults.missing(&pod_spec, "restartPolicy", "a job needs `OnFailure` or `Never`"),
        Some(at) if ["", "Always"].contains(&at.word()) => {
            faults.value(&at, "is `Always`", "a job needs `OnFailure` or `Never`");
        }
        Some(_) => {}
    }
}

fn schedule(spec: &Cursor<'_>, faults: &mut Faults) {
    let Some(at) = spec.get("schedule").filter(|it| !it.word().is_empty()) else { return };
    if at.word().contains("TZ") {
        return faults.value(&at, "names a time zone", "write it as `timeZone`");
    }
    if let Some(zone) = spec.get("timeZone").filter(|it| it.value.is_string()) {
        let fits = |sign: char| sign.is_ascii_alphanumeric() || "/_+-".contains(sign);
        if zone.word().is_empty() || !zone.word().chars().all(fits) || zone.word().eq_ignore_ascii_case("local") {
            let help = "write a zone such as Etc/UTC or Europe/Berlin";
            faults.value(&zone, format!("is `{}`, which is no time zone", zone.word()), help);
        }
    }
    let named = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    let fields: Vec<&str> = at.word().split_whitespace().collect();
    let fits = |text: &str| text.chars().all(|sign| sign.is_ascii_alphanumeric() || "*/,-?".contains(sign));
    let is_every = at.word().starts_with("@every ");
    let is_known = named.contains(&at.word()) || is_every;
    if !is_known && (fields.len() != 5 || !fields.iter().all(|it| fits(it))) {
        let help = "it has five fields: minute, hour, day, month, day of the week";
        return faults.value(&at, format!("is `{}`, which is no schedule", at.word()), help);
    }
    if let Some((field, (name, first, last))) = fields.iter().zip(SCHEDULE).find(|(it, row)| !times(it, row)) {
        let what = format!("is `{}`, in which the {name} is `{field}`", at.word());
        faults.value(&at, what, format!("the {name} goes from {first} to {last}"));
    }
}

/// The fields of a schedule, with their first and last number.
const SCHEDULE: [(&str, u32, u32); 5] =
    [("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("day of the week", 0, 6)];

/// Whether the numbers of a field of a schedule are within its range, from the lower one up. Names are not looked into.
fn times(field: &str, (_, first, last): &(&str, u32, u32)) -> bool {
    field.split(',').all(|one| {
        let (range, step) = one.split_once('/').unwrap_or((one, "1"));
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let known = |it: &str| {
            it.parse::<u32>().map_or(!it.is_empty() && !it.starts_with(|c: char| c.is_ascii_digit()), |it| {
                (*first..=*last).contains(&it)
            })
        };
        let rises = from.parse::<u32>().ok().zip(to.parse::<u32>().ok()).is_none_or(|(from, to)| from <= to);
        known(from) && known(to) && rises && step.parse::<u32>().is_ok_and(|it| it > 0)
    })
}

pub(super) fn budget(object: &Cursor<'_>, faults: &mut Faults) {
    let Some(spec) = object.get("spec") else { return };
    if spec.has("minAvailable") && spec.has("maxUnavailable") {
        faults.clash(&spec, "has both `minAvailable` and `maxUnavailable`", "take one of them out");
    }
    for key in ["minAvailable", "maxUnavailable"] {
        amount(&spec, key, faults);
    }
    if let Some(selector) = spec.get("selector") {
        labels::selector(&selector, faults);
    }
}

pub(super) fn autoscaler(object: &Cursor<'_>, faults: &mut Faults) {
    let Some(spec) = object.get("spec") else { return };
    let Some(at) = spec.get("maxReplicas") else { return };
    let least = spec.number("minReplicas").unwrap_or(1);
    if at.value.as_i64().is_some_and(|it| it < 1) {
        faults.value(&at, "is below 1", "write 1 or more");
    } else if at.value.as_i64().is_some_and(|it| it < least) {
        faults.clash(&at, "is below `minReplicas`", "raise it");
    }
    not_negative(&spec, &["minReplicas"], faults);
    for metric in spec.list("metrics") {
        let kind = metric.text("type");
        let mut letters = kind.chars();
        let field: String = letters.next().map(|it| it.to_ascii_lowercase()).into_iter().chain(letters).collect();
        if !kind.is_empty() && !metric.has(&field) {
            faults.missing(&metric, &field, format!("a metric of type {kind} says here what is measured"));
        }
    }
    if let Some(target) = spec.get("scaleTargetRef") {
        needed(&target, "kind", "name the kind to scale", faults);
        needed(&target, "name", "name the object to scale", faults);
    }
}
