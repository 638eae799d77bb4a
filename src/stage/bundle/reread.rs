//! Reads a filled manifest once more, as Kubernetes will: a secret may change what a document says, never what it is.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::object::document::{Head, pieces};
use crate::stage::seal::{CLOSE, OPEN};
use helm_engine::path::shown;
use helm_engine::value::{Str, Value};
use helm_engine::yaml::node::{self, Document, Node, NodeKind, Style};

/// A hole of a manifest, and what fills it.
pub(super) struct Filling<'a> {
    pub label: &'a str,
    /// Where its mark stands in the public text, in bytes.
    pub mark: Range<usize>,
    pub text: Str,
    /// Whether the text is the secret itself, to which nothing was done.
    pub is_secret: bool,
}

/// A document that is not what it was, once its holes are filled. No part of a secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Counts from 1 in the manifest.
    pub document: usize,
    /// `Secret kube-system/a`; empty where the document has no head that can be read.
    pub object: String,
    /// The holes to blame, by their labels; none where the document is no YAML whatever fills it.
    pub holes: Vec<String>,
    /// What it is instead.
    pub problem: Problem,
}

/// What filling makes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It can no longer be read.
    NotYaml,
    /// More documents, or fewer.
    Documents,
    /// A text is something else, or there is more of it or less.
    Shape,
    /// A text is a number, a truth value or null.
    Type(&'static str),
    /// Part of a text is a comment, an anchor or a tag.
    Outside,
    /// A text that is not the secret: YAML folds lines and reads backslashes.
    Altered,
    /// A key stands twice.
    Twice,
}

/// Fills a manifest.
pub(super) fn fill(contents: &str, fillings: &[Filling<'_>]) -> Result<String, Misfit> {
    let filled = Filled::new(contents, fillings, None);
    let Err((document, problem)) = filled.check(contents, fillings) else { return Ok(filled.text) };
    let place = pieces(contents).get(document).map(|it| it.separator..it.end()).unwrap_or_default();
    let there = fillings.iter().filter(|it| place.contains(&it.mark.start)).map(|it| it.label);
    let mut holes: BTreeSet<&str> = there.collect();
    let alone = |label: &&str| Filled::new(contents, fillings, Some(label)).check(contents, fillings).err();
    // Where many holes stand, one after the other would take long.
    const TRIED: usize = 64;
    let guilty = holes.iter().take(TRIED).find_map(|it| Some((*it, alone(it)?)));
    let mut problem = problem;
    if let Some((label, (_, own))) = guilty {
        (holes, problem) = (BTreeSet::from([label]), own);
    }
    Err(Misfit { document: document + 1, object: object(contents, document), holes: listed(&holes), problem })
}

fn listed(holes: &BTreeSet<&str>) -> Vec<String> {
    const SHOWN: usize = 4;
    let mut listed: Vec<String> = holes.iter().take(SHOWN).map(|it| shown(it)).collect();
    if holes.len() > SHOWN {
        listed.push(format!("{} others", holes.len() - SHOWN));
    }
    listed
}

/// What a document of the public text says it is.
fn object(contents: &str, document: usize) -> String {
    let pieces = pieces(contents);
    let tree = pieces.get(document).and_then(|it| it.tree());
    tree.map(|it| shown(&Head::of(it.root()).to_string())).unwrap_or_default()
}

/// A filled text, and where each filling stands in it.
struct Filled {
    text: String,
    places: Vec<Range<usize>>,
}

impl Filled {
    /// Fills every hole, or `only` those of one label: the others keep their marks.
    fn new(contents: &str, fillings: &[Filling<'_>], only: Option<&str>) -> Filled {
        let mut text = String::with_capacity(contents.len());
        let mut places = Vec::with_capacity(fillings.len());
        let mut done = 0;
        for it in fillings {
            text.push_str(contents.get(done..it.mark.start).unwrap_or_default());
            let start = text.len();
            match only.is_none_or(|label| label == it.label) {
                true => text.push_str(it.text.as_utf8().unwrap_or_default()),
                false => text.push_str(contents.get(it.mark.clone()).unwrap_or_default()),
            }
            places.push(start..text.len());
            done = it.mark.end;
        }
        text.push_str(contents.get(done..).unwrap_or_default());
        Filled { text, places }
    }

    /// The first document, from 0, that is not what it was.
    fn check(&self, contents: &str, fillings: &[Filling<'_>]) -> Result<(), (usize, Problem)> {
        let (before, after) = (pieces(contents), pieces(&self.text));
        let mut next = 0;
        for (index, public) in before.iter().enumerate() {
            let count = fillings[next..].iter().take_while(|it| it.mark.start < public.end()).count();
            let range = next..next + count;
            next += count;
            let fault = |problem| (index, problem);
            // Where each document begins and ends once its holes are filled.
            let grown = |offset: usize, holes: usize| match holes.checked_sub(1).and_then(|it| self.places.get(it)) {
                Some(place) => place.end + offset - fillings[holes - 1].mark.end,
                None => offset,
            };
            let Some(filled) = after.get(index) else { return Err(fault(Problem::Documents)) };
            if filled.end() != grown(public.end(), range.end) {
                return Err(fault(Problem::Documents));
            }
            let holes: Vec<Hole<'_>> = fillings[range.clone()]
                .iter()
                .zip(&self.places[range])
                .map(|(filling, place)| Hole {
                    mark: shifted(&filling.mark, public.start),
                    place: shifted(place, filled.start),
                    text: &self.text[place.clone()],
                    is_secret: filling.is_secret,
                })
                .collect();
            compare(public.text, filled.text, &holes).map_err(fault)?;
        }
        if after.len() == before.len() { Ok(()) } else { Err((before.len().saturating_sub(1), Problem::Documents)) }
    }
}

fn shifted(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start.saturating_sub(by)..range.end.saturating_sub(by)
}

/// A hole of one document: its mark in the public text, its text in the filled one.
struct Hole<'t> {
    mark: Range<usize>,
    place: Range<usize>,
    text: &'t str,
    is_secret: bool,
}

fn compare(public: &str, filled: &str, holes: &[Hole<'_>]) -> Result<(), Problem> {
    let read = |text: &str| node::parse_all(text.as_bytes()).map_err(|_| Problem::NotYaml);
    let after = read(filled)?;
    if holes.is_empty() {
        return Ok(());
    }
    let before = read(public)?;
    if before.len() != after.len() {
        return Err(Problem::Documents);
    }
    let mut scalars = Vec::new();
    for (before, after) in before.iter().zip(&after) {
        pair(before, after, &mut scalars)?;
    }
    let mut next = 0;
    for (before, after) in scalars {
        while holes.get(next).is_some_and(|it| it.mark.start < before.span().start) {
            beside(&holes[next])?;
            next += 1;
        }
        let count = holes[next..].iter().take_while(|it| it.mark.end <= before.span().end).count();
        within(before, after, &holes[next..next + count])?;
        next += count;
    }
    holes[next..].iter().try_for_each(beside)
}

/// The scalars of a document that was filled and of what it was, in the order of the text.
fn pair<'d>(before: &'d Document, after: &'d Document, scalars: &mut Vec<(Node<'d>, Node<'d>)>) -> Result<(), Problem> {
    let mut open = vec![(before.root(), after.root())];
    while let Some((before, after)) = open.pop() {
        if before.kind() != after.kind() || before.tag() != after.tag() || before.anchor() != after.anchor() {
            return Err(Problem::Shape);
        }
        match before.kind() {
            NodeKind::Scalar => scalars.push((before, after)),
            NodeKind::Alias => {}
            NodeKind::Sequence => {
                let (before, after): (Vec<_>, Vec<_>) = (before.items().collect(), after.items().collect());
                if before.len() != after.len() {
                    return Err(Problem::Shape);
                }
                open.extend(before.into_iter().zip(after).rev());
            }
            NodeKind::Mapping => {
                let (before, after): (Vec<_>, Vec<_>) = (before.entries().collect(), after.entries().collect());
                if before.len() != after.len() {
                    return Err(Problem::Shape);
                }
                if keys(&after) < keys(&before) {
                    return Err(Problem::Twice);
                }
                for ((key, value), (new_key, new_value)) in before.into_iter().zip(after).rev() {
                    open.push((value, new_value));
                    open.push((key, new_key));
                }
            }
        }
    }
    Ok(())
}

/// How many different keys a mapping has; merge keys are none.
fn keys(entries: &[(Node<'_>, Node<'_>)]) -> usize {
    let texts = entries.iter().filter_map(|(key, _)| key.resolved().text());
    texts.filter(|it| **it != "<<").map(|it| it.to_vec()).collect::<BTreeSet<_>>().len()
}

/// A hole in a comment or between lines: nothing of it may become anything else.
fn beside(hole: &Hole<'_>) -> Result<(), Problem> {
    let breaks = |it: char| matches!(it, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if hole.text.contains(breaks) { Err(Problem::Outside) } else { Ok(()) }
}

/// Holes in a scalar.
fn within(before: Node<'_>, after: Node<'_>, holes: &[Hole<'_>]) -> Result<(), Problem> {
    if holes.is_empty() {
        return Ok(());
    }
    for hole in holes {
        let trimmed = hole.text.trim();
        let start = hole.place.start + (hole.text.len() - hole.text.trim_start().len());
        let place = start..start + trimmed.len();
        if !trimmed.is_empty() && (place.start < after.span().start || place.end > after.span().end) {
            return Err(Problem::Outside);
        }
    }
    if let (Ok(Value::Str(_)), value) = (before.value(), after.value()) {
        match value {
            Ok(Value::Str(_)) => {}
            Ok(Value::Nil) => return Err(Problem::Type("no value")),
            Ok(Value::Bool(_)) => return Err(Problem::Type("a boolean")),
            Ok(Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Float(_)) => {
                return Err(Problem::Type("a number"));
            }
            _ => return Err(Problem::Type("no text")),
        }
    }
    if holes.iter().all(|it| it.is_secret) && !says(before, after, holes) {
        return Err(Problem::Altered);
    }
    Ok(())
}

/// Whether a scalar says what its public form says, with the secrets in the place of the marks. White space around a
/// plain scalar and line ends at the end of any are lost in YAML, and are no matter.
fn says(before: Node<'_>, after: Node<'_>, holes: &[Hole<'_>]) -> bool {
    let (Some(before), Some(said)) = (before.text(), after.text()) else { return true };
    let before = before.to_text();
    let mut parts = before.split(OPEN);
    let mut expected = parts.next().unwrap_or_default().to_owned();
    for (part, hole) in parts.zip(holes) {
        expected.push_str(hole.text);
        expected.push_str(part.split_once(CLOSE).map_or("", |(_, rest)| rest));
    }
    let said = said.to_text();
    match after.style() {
        Style::Plain => said.trim() == expected.trim(),
        _ => said.trim_end_matches(['\n', '\r']) == expected.trim_end_matches(['\n', '\r']),
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "document {}", self.document)?;
        if !self.object.trim().is_empty() {
            write!(f, " ({})", self.object.trim())?;
        }
        if self.holes.is_empty() {
            return f.write_str(" is no YAML that Kubernetes reads");
        }
        write!(f, ", filled at `{}`, ", self.holes.join("`, `"))?;
        match self.problem {
            Problem::NotYaml => f.write_str("is no YAML that Kubernetes reads"),
            Problem::Documents => f.write_str("is more than one document, or none"),
            Problem::Shape => {
                f.write_str("has another shape: what was one text is a list, a map, an alias, or several")
            }
            Problem::Type(what) => write!(f, "has {what} where there was text"),
            Problem::Outside => f.write_str(
                "has part of the secret outside of the text it belongs to, in a comment or as YAML of its own",
            ),
            Problem::Altered => {
                f.write_str("does not say the secret as it is: YAML folds its lines or reads its backslashes")
            }
            Problem::Twice => f.write_str("has a key twice"),
        }?;
        f.write_str("; quote the value in the template (`| quote`), or replace the secret")
    }
}
