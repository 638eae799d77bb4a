//! Where something that is wrong with an object can be mended: in the manifest a user wrote, else where the spec names the part.

use super::Subject;
use super::object::Object;
use crate::base::diagnostic::{Diagnostic, Place};
use crate::object::document::{Head, documents, items};
use crate::review::kubernetes::cursor::{Path, Step};
use crate::stage::pack::stem;
use crate::stage::spec::Content;
use helm_engine::yaml::node::Node;

/// A manifest as it was written.
#[derive(Clone, Debug)]
pub struct Written {
    pub part: String,
    /// As the user would name it.
    pub file: String,
    pub text: String,
}

/// The place of a value in an object.
pub(super) fn of(subject: &Subject<'_>, object: &Object<'_>, path: &Path) -> Option<Place> {
    let part = stem(object.manifest);
    let written = subject.written.iter().filter(|it| it.part == part);
    written.filter_map(|it| in_file(it, &object.head, path)).next().or_else(|| of_part(subject, part))
}

/// Gives what was found in an object its place, where it has none.
pub(super) fn fill(subject: &Subject<'_>, object: &Object<'_>, found: &mut [Diagnostic]) {
    for diagnostic in found.iter_mut().filter(|it| it.place.is_none()) {
        diagnostic.place = of(subject, object, &Path::default());
    }
}

/// Where the spec names a part.
pub(super) fn of_part(subject: &Subject<'_>, part: &str) -> Option<Place> {
    let part = subject.spec.parts.iter().find(|it| it.name == part)?;
    Some(match &part.content {
        Content::Chart(chart) => chart.place.clone(),
        Content::Manifest { place, .. } => place.clone(),
    })
}

fn in_file(written: &Written, head: &Head, path: &Path) -> Option<Place> {
    // What ichor packs may lack the namespace of an object that has none.
    let is_it = |it: &Head| (&it.kind, &it.name) == (&head.kind, &head.name) && it.api_version == head.api_version;
    for document in documents(&written.text) {
        let Some(tree) = document.tree() else { continue };
        let root = tree.root();
        let inner = items(root).map(|it| it.items().map(Node::resolved).collect::<Vec<_>>());
        let found = inner.unwrap_or_else(|| vec![root]).into_iter().find(|it| is_it(&Head::of(*it)));
        if let Some(node) = found {
            let span = span(node, path);
            let span = document.start + span.start..document.start + span.end;
            return Some(Place { file: written.file.as_str().into(), text: Some(written.text.as_str().into()), span });
        }
    }
    None
}

/// The key or item that a path leads to, or the last on the way that is there.
fn span(root: Node<'_>, path: &Path) -> std::ops::Range<usize> {
    let mut node = root;
    let mut span = root.span();
    for step in path.steps() {
        let next = match &step {
            Step::Key(key) => {
                let is_it = |it: &(Node<'_>, Node<'_>)| it.0.text().is_some_and(|it| it.to_text() == key.as_str());
                node.entries().find(is_it).map(|(key, value)| (key.span(), value))
            }
            Step::Index(index) => node.items().nth(*index).map(|it| (it.span(), it)),
        };
        let Some((of_step, below)) = next else { break };
        (span, node) = (of_step, below.resolved());
    }
    span
}
