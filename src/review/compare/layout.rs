//! Parts whose resources are the same and whose text is another: what Helm's versions put between documents.

use super::model::{Area, Finding, PartDiff, Risk, Status};
use super::side::{Part, Side};
use crate::base::number::count;
use crate::object::document::json;
use crate::stage::seal;

/// The parts of which the text alone differs, by how it does.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// In nothing but blank lines, none of which is read.
    blank: Vec<String>,
    /// In comments and the like, outside of all resources.
    between: Vec<String>,
}

impl Layout {
    pub(super) fn of(old: &Side, new: &Side, parts: &[PartDiff], findings: &mut Vec<Finding>) -> Layout {
        let mut layout = Layout::default();
        for part in parts.iter().filter(|it| it.status == Status::Same) {
            let Some((old, new)) =
                old.parts.get(&part.name).and_then(text).zip(new.parts.get(&part.name).and_then(text))
            else {
                continue;
            };
            if old == new {
                continue;
            }
            if !lines(old).eq(lines(new)) {
                layout.between.push(part.name.clone());
            } else if reads_alike(old, new) {
                layout.blank.push(part.name.clone());
            } else {
                let text = "a text at the end of a resource has other blank lines at its own end".into();
                let part = part.name.clone();
                findings.push(Finding::new(Risk::Moves, Area::Setting, part, text));
            }
        }
        layout
    }

    pub(super) fn is_same(&self) -> bool {
        self.blank.is_empty() && self.between.is_empty()
    }

    /// Whether there is nothing but blank lines to tell of in these parts.
    pub(super) fn is_blank_alone(&self, parts: &[PartDiff]) -> bool {
        !self.blank.is_empty() && self.between.is_empty() && parts.iter().all(|it| it.status == Status::Same)
    }

    pub(super) fn remarks(&self) -> impl Iterator<Item = String> {
        let told = |parts: &[String], what: &str| {
            let names = if parts.len() > 3 { count(parts.len(), "part") } else { format!("part {}", parts.join(", ")) };
            (!parts.is_empty()).then(|| format!("{names}: {what}"))
        };
        let blank = told(&self.blank, "the text differs in blank lines alone, which is no risk");
        let between = told(&self.between, "the text differs outside of the resources, in comments or empty documents");
        blank.into_iter().chain(between)
    }
}

fn text(part: &Part) -> Option<&str> {
    part.content.as_ref().ok().map(|it| it.text.as_str())
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_end).filter(|it| !it.is_empty())
}

/// Whether blank lines make no difference to who reads the documents, as they do at the end of a text that keeps them.
fn reads_alike(old: &str, new: &str) -> bool {
    let (old, new) = (seal::documents(old), seal::documents(new));
    old.len() == new.len()
        && old
            .iter()
            .zip(&new)
            .all(|((_, old), (_, new))| old == new || old.trim().is_empty() || json(old) == json(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_in_a_text_that_keeps_them_are_read() {
        assert!(reads_alike("a: 1\n---\nb: |\n  x\n", "a: 1\n\n---\nb: |\n  x\n\n"));
        assert!(!reads_alike("a: |+\n  x\n---\nb: 1\n", "a: |+\n  x\n\n---\nb: 1\n"));
    }
}
