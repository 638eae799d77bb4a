//! What a container asks for and may take.

use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::quantity;
use crate::review::kubernetes::text;

const OWN: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

pub(super) fn check(holder: &Cursor<'_>, faults: &mut Faults) {
    let Some(resources) = holder.get("resources") else { return };
    for field in ["limits", "requests"] {
        for (name, at) in resources.entries(field) {
            let is_own = OWN.contains(&name) || name.starts_with("hugepages-");
            if !name.contains('/') && !is_own {
                let help =
                    format!("it can be {}, `hugepages-2Mi` and the like, or a name with a domain", OWN.join(", "));
                faults.value(&at, "is of a resource that Kubernetes does not have", help);
            } else if name.contains('/') && !text::is_qualified(name) {
                faults.value(&at, "is of a resource that cannot be called so", "write `domain/name`");
            }
            if size(&at).is_some_and(|it| it < 0.0) {
                faults.value(&at, "is below zero", "write 0 or more");
            }
        }
    }
    let limits = resources.entries("limits");
    for (name, request) in resources.entries("requests") {
        let limit = limits.iter().find(|it| it.0 == name).map(|it| &it.1);
        let shared = OWN.contains(&name) || name.contains("kubernetes.io/");
        match limit {
            Some(limit) => {
                let Some((asked, most)) = size(&request).zip(size(limit)) else { continue };
                if asked > most {
                    let what = format!("is {}, above its limit of {}", shown(&request), shown(limit));
                    faults.clash(&request, what, "raise the limit, or ask for less");
                } else if asked < most && !shared {
                    faults.clash(
                        &request,
                        "differs from its limit",
                        "of this resource, request and limit are the same",
                    );
                }
            }
            None if !shared && name.contains('/') => {
                faults.clash(&request, "has no limit", "of this resource, request and limit are the same");
            }
            None => {}
        }
    }
}

/// The size of a quantity; `None` where it is none, which the schema says.
pub(super) fn size(at: &Cursor<'_>) -> Option<f64> {
    quantity::size(at.value)
}

fn shown(at: &Cursor<'_>) -> String {
    at.value.as_str().map_or_else(|| at.value.to_string(), str::to_owned)
}
