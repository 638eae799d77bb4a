//! Manifests that a config holds and the bundle no longer has: those of parts that were dropped.

use super::editor::Editor;
use super::{Config, Earlier, Error, Place, is_renumbered, parse};
use crate::base::digest::Digest;
use crate::base::edit::Edits;
use crate::stage::pack::Manifest;

/// A config without them.
pub(super) struct Dropped {
    pub(super) text: String,
    pub(super) notes: Vec<String>,
}

/// Takes away what an earlier run put there, as long as it still has the bytes of then, and tells of what else is not of
/// this bundle.
pub(super) fn take_away(text: &str, manifests: &[Manifest], earlier: &Earlier) -> Result<Dropped, Error> {
    let mut dropped = Dropped { text: text.into(), notes: Vec::new() };
    // One at a time: each is found anew in the text that the one before left.
    while let Some((name, text)) = without_one(&dropped.text, manifests, earlier)? {
        dropped.notes.push(format!("`{name}` is of a part that is gone, and was taken out"));
        dropped.text = text;
    }
    let documents = parse(&dropped.text)?;
    let config = Config::find(&documents)?;
    let (changed, others): (Vec<String>, Vec<String>) = config
        .named()
        .map(|it| it.0)
        .filter(|it| !is_ours(it, manifests) && !earlier.others.contains(it))
        .partition(|it| earlier.own.contains_key(it));
    let list = |names: &[String]| names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    if !changed.is_empty() {
        let names = list(&changed);
        dropped.notes.push(format!("an earlier run put {names} there, and it was changed since: left as it is"));
    }
    if !others.is_empty() {
        let names = list(&others);
        dropped.notes.push(format!("{names} is not of this bundle, and no earlier run put it there: left as it is"));
    }
    Ok(dropped)
}

/// The first manifest that is to go, and the text without it.
fn without_one(text: &str, manifests: &[Manifest], earlier: &Earlier) -> Result<Option<(String, String)>, Error> {
    let documents = parse(text)?;
    let config = Config::find(&documents)?;
    let is_as_written = |name: &str, place: &Place<'_>| {
        let digest = place.contents().map(|it| Digest::of(it.as_bytes()).hex());
        digest.is_some() && digest.as_ref() == earlier.own.get(name)
    };
    let first = config.named().find(|(name, place)| !is_ours(name, manifests) && is_as_written(name, place));
    let Some((name, place)) = first else { return Ok(None) };
    if let Some(alias) = config.alias {
        return Err(alias);
    }
    let mut editor = Editor { text, edits: Edits::default() };
    match place.key {
        "contents" => editor.remove_item(place.node, &config.items),
        _ => editor.remove_document(place.node),
    }
    Ok(Some((name, editor.edits.apply(text))))
}

fn is_ours(name: &str, manifests: &[Manifest]) -> bool {
    manifests.iter().any(|it| it.name == name || is_renumbered(name, it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, contents: &str) -> Manifest {
        Manifest { name: name.into(), contents: contents.into() }
    }

    fn earlier(names: &[&str]) -> Earlier {
        let digest = Digest::of(b"kind: B\n").hex();
        let own = names.iter().map(|it| ((*it).to_owned(), digest.clone())).collect();
        Earlier { own, others: ["theirs".to_owned()].into() }
    }

    fn without(text: &str) -> (String, Vec<String>) {
        let dropped =
            take_away(text, &[manifest("00-a", "kind: A\n")], &earlier(&["10-b", "20-c", "30-a"])).expect("read");
        (dropped.text, dropped.notes)
    }

    #[test]
    fn what_an_earlier_run_put_there_goes_from_every_form() {
        let gone = |name: &str| format!("`{name}` is of a part that is gone, and was taken out");
        for (before, after) in [
            (
                "cluster:\n  inlineManifests:\n  - name: 10-b\n    contents: |\n      kind: B\n  - name: 00-a\n    contents: x\n",
                "cluster:\n  inlineManifests:\n  - name: 00-a\n    contents: x\n",
            ),
            (
                "cluster: {inlineManifests: [{name: 10-b, contents: \"kind: B\\n\"}]}\n",
                "cluster: {inlineManifests: []}\n",
            ),
            (
                "machine: {}\n---\napiVersion: v1alpha1\nkind: KubeInlineManifestConfig\nname: 10-b\nmanifest: |\n  kind: B\n---\nkind: X\n",
                "machine: {}\n---\nkind: X\n",
            ),
        ] {
            assert_eq!(without(before), (after.to_owned(), vec![gone("10-b")]));
        }
        let two = "cluster: {inlineManifests: [{name: 10-b, contents: \"kind: B\\n\"}, {name: 20-c, contents: \"kind: B\\n\"}]}\n";
        assert_eq!(without(two), ("cluster: {inlineManifests: []}\n".to_owned(), vec![gone("10-b"), gone("20-c")]));
    }

    #[test]
    fn what_was_changed_and_what_is_of_others_stays_and_is_told() {
        let text = "cluster: {inlineManifests: [{name: 10-b, contents: other}, {name: mine, contents: \"kind: B\\n\"}, {name: theirs, contents: x}, {name: 30-a, contents: \"kind: B\\n\"}]}\n";
        let notes = [
            "an earlier run put `10-b` there, and it was changed since: left as it is",
            "`mine` is not of this bundle, and no earlier run put it there: left as it is",
        ];
        assert_eq!(without(text), (text.to_owned(), notes.map(str::to_owned).to_vec()));
    }
}
