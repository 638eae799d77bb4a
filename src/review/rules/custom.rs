//! Custom resources that do not fit the CRD which the bundle brings for them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::object::Object;
use super::{Subject, place};
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::review::kubernetes::custom::{self, Fit};

pub(super) fn check(subject: &Subject<'_>, objects: &[Object<'_>], found: &mut Vec<Diagnostic>) {
    let definitions = objects.iter().filter(|it| it.head.kind == "CustomResourceDefinition").filter_map(|it| {
        let spec = it.json.get("spec")?;
        let names = (spec["group"].as_str()?.to_owned(), spec["names"]["kind"].as_str()?.to_owned());
        Some((names, spec))
    });
    let definitions: BTreeMap<(String, String), &Json> = definitions.collect();
    for object in objects {
        let names = (object.head.group().to_owned(), object.head.kind.clone());
        if let Some(definition) = definitions.get(&names) {
            let told = found.len();
            fits(object, definition, found);
            place::fill(subject, object, found.get_mut(told..).unwrap_or_default());
        }
    }
}

fn fits(object: &Object<'_>, definition: &Json, found: &mut Vec<Diagnostic>) {
    let at = format!("{}: {}", object.manifest, object.head);
    match custom::fit(&object.content, &object.head.api_version, definition) {
        Fit::NotServed(versions) => {
            let version = object.head.api_version.rsplit('/').next().unwrap_or_default();
            let message = format!("{at}: its CRD serves no version `{version}`");
            found.push(Diagnostic::new(Code::K008, message).help(format!("it serves {}", versions.join(", "))));
        }
        Fit::Served(misfits) => {
            for misfit in misfits {
                let path =
                    if misfit.at.is_empty() { "the object".into() } else { format!("`{}`", misfit.at.join(".")) };
                let message = format!("{at}: {path} does not fit its CRD: {}", misfit.what);
                found.push(Diagnostic::new(Code::K008, message).help("the API server refuses the object"));
            }
        }
    }
}
