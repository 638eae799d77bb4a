//! Puts the digest that a lock keeps behind each image that is rendered with a tag alone. All else in the text stays.

use std::collections::BTreeMap;
use std::ops::Range;

use super::documents;
use crate::base::digest::Digest;
use helm_engine::yaml::node::{self, Node, NodeKind};

/// A text with these digests behind the images that run. An image that is written in a way that hides it stays as it is.
pub(super) fn with_digests(text: String, digests: &BTreeMap<String, Digest>) -> String {
    if digests.is_empty() {
        return text;
    }
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut from = 0;
    for (_, document) in documents(&text) {
        // Documents stand in the order of the text.
        let start = text.get(from..).and_then(|it| it.find(document)).map_or(from, |at| from + at);
        from = start + document.len();
        let Ok(Some(tree)) = node::parse(document.as_bytes()) else { continue };
        let mut found = Vec::new();
        walk(tree.root(), &mut found);
        for (span, image) in found {
            let span = start + span.start..start + span.end;
            if let Some(digest) = digests.get(&image)
                && let Some(slice) = text.get(span.clone())
                && slice.matches(&image).count() == 1
            {
                edits.push((span, slice.replacen(&image, &format!("{image}@{digest}"), 1)));
            }
        }
    }
    edits.sort_by_key(|(span, _)| span.start);
    let mut result = text;
    for (span, slice) in edits.into_iter().rev() {
        result.replace_range(span, &slice);
    }
    result
}

/// The places where an image stands that runs: those of `object::image::run`.
fn walk(node: Node<'_>, found: &mut Vec<(Range<usize>, String)>) {
    match node.kind() {
        NodeKind::Mapping => {
            let is = |key: Node<'_>, name: &str| key.text().is_some_and(|it| it.to_text() == name);
            let is_piece = node.entries().any(|(key, value)| is(key, "repository") && value.text().is_some());
            let is_volume = node.entries().all(|(key, _)| is(key, "reference") || is(key, "pullPolicy"));
            for (key, value) in node.entries() {
                if value.kind() == NodeKind::Scalar
                    && (is(key, "image") && !is_piece || is(key, "reference") && is_volume)
                {
                    found.extend(value.text().map(|it| (value.span(), it.to_text().into_owned())));
                }
                walk(value, found);
            }
        }
        NodeKind::Sequence => node.items().for_each(|it| walk(it, found)),
        NodeKind::Scalar | NodeKind::Alias => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_stand_behind_images_and_nowhere_else() {
        let digest = Digest::of(b"x");
        let digests = BTreeMap::from([("a/b:1".to_owned(), digest)]);
        let text = "a: a/b:1\n---\nspec:\n  - {image: \"a/b:1\", name: 'a/b:1'}\n  - image: a/b:1 # a/b:1\n  - image: a/b:12\n---\nimage: a/b:1\n\
                    repository: x\nvolumes: [{image: {reference: a/b:1}}]\n";
        let pinned = with_digests(text.into(), &digests);
        let wanted = format!("a/b:1@{digest}");
        assert_eq!(pinned.matches(&wanted).count(), 3, "{pinned}");
        assert_eq!(pinned.replace(&wanted, "a/b:1"), text);
        for line in [
            format!("{{image: \"{wanted}\", name: 'a/b:1'}}"),
            format!("image: {wanted} # a/b:1"),
            format!("reference: {wanted}"),
        ] {
            assert!(pinned.contains(&line), "{line}: {pinned}");
        }
        assert_eq!(with_digests(text.into(), &BTreeMap::new()), text);
    }
}
