//! What should be secret and can be read: in the public bundle, or in the cluster outside of Secrets.

use serde_json::Value as Json;

use super::Subject;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::object::document::{Head, documents};
use crate::review::compare::exposed::{self, Exposed, What};
use crate::stage::pack::{Packed, stem};
use crate::stage::spec::Content;
use helm_engine::yaml;

pub(super) fn check(subject: &Subject<'_>, packed: &Packed, found: &mut Vec<Diagnostic>) {
    for manifest in packed.manifests() {
        let source = source(subject, stem(&manifest.name));
        for document in documents(&manifest.contents) {
            let Some(tree) = document.tree() else { continue };
            let json = yaml::read(document.text.as_bytes()).and_then(|it| yaml::write_json(&it, false)).ok();
            let Some(object) = json.and_then(|it| serde_json::from_slice::<Json>(&it).ok()) else { continue };
            let at = format!("{}: {}", manifest.name, Head::of(tree.root()));
            for it in exposed::in_document(&object, document.text) {
                let diagnostic = diagnostic(&at, &it, source.as_ref().is_some_and(|it| it.is_chart));
                found.push(match &source {
                    Some(source) => diagnostic.at(source.place.clone()),
                    None => diagnostic,
                });
            }
        }
    }
}

/// Where a part comes from.
struct Source {
    is_chart: bool,
    place: Place,
}

fn source(subject: &Subject<'_>, part: &str) -> Option<Source> {
    let part = subject.spec.parts.iter().find(|it| it.name == part)?;
    Some(match &part.content {
        Content::Chart(chart) => Source { is_chart: true, place: chart.place.clone() },
        Content::Manifest { place, .. } => Source { is_chart: false, place: place.clone() },
    })
}

fn diagnostic(at: &str, it: &Exposed<'_>, is_chart: bool) -> Diagnostic {
    let message = format!("{at}: {it}");
    match &it.what {
        What::Key(_) => {
            let seal = match is_chart {
                true => "give it by `secretValues`, which seals it",
                false => "a manifest cannot be sealed: make a chart of it, and give the key by `secretValues`",
            };
            let help = format!("everyone who sees the bundle can read it: {seal}; then replace the key");
            Diagnostic::warning("N001", message).help(help)
        }
        What::Sealed(_) => {
            let help =
                "once opened, it can be read by everyone who may read this kind: have the chart put it into a Secret";
            Diagnostic::warning("N002", message).help(help)
        }
        What::Image(_) => {
            let help = "nobody can review or mirror that image, and nodes and registries log it: write it in `values`";
            Diagnostic::error("N003", message).help(help)
        }
    }
}
