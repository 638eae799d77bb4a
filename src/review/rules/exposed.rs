//! What should be secret and can be read: in the public bundle, or in the cluster outside of Secrets.

use serde_json::Value as Json;

use super::Subject;
use super::object::Whole;
use crate::base::code::Code;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::review::compare::exposed::{self, Exposed, What};
use crate::review::compare::hide;
use crate::stage::pack::stem;
use crate::stage::seal;
use crate::stage::spec::Content;

pub(super) fn check(subject: &Subject<'_>, documents: &[Whole<'_>], found: &mut Vec<Diagnostic>) {
    for Whole { manifest, text, head, json, .. } in documents {
        let exposed = exposed::in_document(json, text);
        let plain = plain_data(json, &exposed);
        if exposed.is_empty() && plain.is_empty() {
            continue;
        }
        let at = format!("{manifest}: {head}");
        let source = source(subject, stem(manifest));
        let is_chart = source.as_ref().is_some_and(|it| it.is_chart);
        let diagnostics = exposed.iter().map(|it| diagnostic(&at, it, is_chart)).chain(in_the_clear(&at, &plain));
        found.extend(diagnostics.map(|it| match &source {
            Some(source) => it.at(source.place.clone()),
            None => it,
        }));
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

/// The data of a Secret that are called as secrets are and not sealed, but for keys that were told already.
fn plain_data(object: &Json, told: &[Exposed<'_>]) -> Vec<String> {
    if object["kind"] != "Secret" || object["apiVersion"] != "v1" {
        return Vec::new();
    }
    let fields = ["data", "stringData"].into_iter();
    let data = fields.flat_map(|field| object[field].as_object().into_iter().flatten().map(move |it| (field, it)));
    let plain = data.filter_map(|(field, (key, value))| {
        let text = value.as_str()?;
        let path = format!("{field}.{key}");
        // What is no base 64 is refused by the API server, and told as such.
        let bytes = match field {
            "data" => helm_engine::encoding::base64_decode(text.as_bytes()).ok()?,
            _ => text.as_bytes().to_vec(),
        };
        let is_plain = !text.contains(seal::OPEN) && !hide::is_public(&bytes) && hide::is_secret_key(key);
        (is_plain && told.iter().all(|it| it.path != path)).then_some(path)
    });
    plain.collect()
}

fn in_the_clear(at: &str, plain: &[String]) -> Option<Diagnostic> {
    let (first, more) = plain.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    let message = format!("{at}: `{first}`{more} of the Secret is in the clear");
    let help = "everyone who sees the bundle can read it: a chart seals what it has from `secretValues`";
    Some(Diagnostic::new(Code::N004, message).help(help))
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
            Diagnostic::new(Code::N001, message).help(help)
        }
        What::Sealed(_) => {
            let help =
                "once opened, it can be read by everyone who may read this kind: have the chart put it into a Secret";
            Diagnostic::new(Code::N002, message).help(help)
        }
        What::Image(_) => {
            let help = "nobody can review or mirror that image, and nodes and registries log it: write it in `values`";
            Diagnostic::new(Code::N003, message).help(help)
        }
    }
}
