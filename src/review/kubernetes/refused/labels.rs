//! Labels, and what selects by them.

use crate::review::kubernetes::cursor::Cursor;
use crate::review::kubernetes::fault::Faults;
use crate::review::kubernetes::text;

/// A selector with `matchLabels` and `matchExpressions`.
pub(super) fn selector(at: &Cursor<'_>, faults: &mut Faults) {
    plain(at, "matchLabels", faults);
    for term in at.list("matchExpressions") {
        let values = term.list("values").len();
        match term.text("operator") {
            "In" | "NotIn" if values == 0 => {
                faults.missing(&term, "values", "`In` and `NotIn` need values");
            }
            "Exists" | "DoesNotExist" if values > 0 => {
                faults.clash(&term, "has `values`, which `Exists` and `DoesNotExist` do not take", "take them out");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            "" => {}
            other => {
                let help = "it can be In, NotIn, Exists, DoesNotExist";
                faults.value(&term, format!("has the operator `{other}`"), help);
            }
        }
        key(&term, faults);
    }
}

fn key(term: &Cursor<'_>, faults: &mut Faults) {
    if let Some(at) = term.get("key")
        && at.value.is_string()
        && !text::is_qualified(at.word())
    {
        faults.value(&at, format!("is `{}`, which is no key of a label", at.word()), KEY);
    }
}

/// Of what a key of a label is made.
pub(super) const KEY: &str =
    "it is made of letters, digits, `-`, `_` and `.`, at most 63, behind a domain and `/` if you like";

/// Labels under a key, where something selects by them.
pub(super) fn plain(below: &Cursor<'_>, field: &str, faults: &mut Faults) {
    for (key, at) in below.entries(field) {
        if !text::is_qualified(key) {
            faults.value(&at, "has a key that is none of a label", KEY);
        }
        if let Some(word) = at.value.as_str().filter(|it| !it.is_empty() && !text::is_tag(it)) {
            let help = "it is made of letters, digits, `-`, `_` and `.`, at most 63";
            faults.value(&at, format!("is `{word}`, which is no value of a label"), help);
        }
    }
}

pub(super) fn is_empty(selector: &Cursor<'_>) -> bool {
    !selector.is_filled("matchLabels") && !selector.is_filled("matchExpressions")
}

/// Whether labels are surely not selected. What is sealed may be anything.
pub(super) fn misses(selector: &Cursor<'_>, labels: &[(&str, Cursor<'_>)]) -> bool {
    let of = |key: &str| labels.iter().find(|it| it.0 == key).map(|it| &it.1);
    let wrong = |(key, wanted): &(&str, Cursor<'_>)| match of(key) {
        Some(has) => !has.is_sealed() && !wanted.is_sealed() && has.word() != wanted.word() && has.value.is_string(),
        None => true,
    };
    let fails = |term: &Cursor<'_>| {
        let has = of(term.text("key"));
        let among = has.is_some_and(|it| term.list("values").iter().any(|value| value.word() == it.word()));
        match term.text("operator") {
            "In" => !among && has.is_none_or(|it| !it.is_sealed()),
            "NotIn" => among,
            "Exists" => has.is_none(),
            "DoesNotExist" => has.is_some(),
            _ => false,
        }
    };
    selector.entries("matchLabels").iter().any(wrong) || selector.list("matchExpressions").iter().any(fails)
}
