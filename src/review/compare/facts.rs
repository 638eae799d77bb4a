//! Where a part comes from, on both sides.

use super::hide::Hider;
use super::model::Fact;
use super::present;
use super::side::Part;

/// A part of both sides.
pub(super) struct Sides<'a> {
    pub(super) name: &'a str,
    pub(super) old: Option<&'a Part>,
    pub(super) new: Option<&'a Part>,
}

impl Sides<'_> {
    pub(super) fn same(&self) -> bool {
        matches!((self.old, self.new), (Some(old), Some(new)) if old.output == new.output)
    }
}

/// Facts of a part that differ.
pub(super) fn facts(sides: &Sides<'_>, hider: &Hider) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut compare = |what, of: &dyn Fn(&Part) -> Option<String>| {
        let (old, new) = (sides.old.and_then(of), sides.new.and_then(of));
        if old != new {
            let hide = |it: Option<String>| it.map(|it| present::harmless(&hider.text(&it)));
            facts.push(Fact { what, old: hide(old), new: hide(new) });
        }
    };
    compare("version", &|it| it.version.clone());
    compare("source", &|it| Some(without_password(&it.source)));
    compare("digest", &|it| Some(it.digest.to_string()));
    // A bundle does not tell the size of a chart.
    if [sides.old, sides.new].into_iter().flatten().all(|it| it.size.is_some()) {
        compare("size", &|it| it.size.map(|it| format!("{it} bytes")));
    }
    compare("values", &|it| it.values.map(|it| it.to_string()));
    // A bundle does not say how its secrets were made either.
    if [sides.old, sides.new].into_iter().flatten().all(|it| it.pins.is_some()) {
        compare("secret values", &|it| it.secret_values.map(|it| it.to_string()));
        compare("lookup", &|it| it.lookup.map(|it| it.to_string()));
        compare("signer", &|it| it.signed_by.clone());
    }
    facts
}

/// A URL without the name and password some write into it.
fn without_password(source: &str) -> String {
    match source.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            path.map_or(format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
        }
        None => source.to_owned(),
    }
}

/// The new chart's notes, where they differ.
pub(super) fn notes(sides: &Sides<'_>) -> Option<String> {
    let of = |part: Option<&Part>| part?.content.as_ref().ok()?.notes.clone();
    let (old, new) = (of(sides.old), of(sides.new));
    new.filter(|it| old.as_ref() != Some(it))
}
