//! Which values a chart's templates speak of: what is not among a chart's own values may be read all the same.

use std::collections::BTreeSet;

use helm_engine::helm::chart::Chart;

/// What templates mention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// `a.b` of `.Values.a.b`, below the name of the subchart it stands in.
    paths: BTreeSet<String>,
    words: BTreeSet<String>,
}

impl Reads {
    /// Every template of a chart and of the charts below it.
    pub fn of(chart: &Chart) -> Reads {
        let mut reads = Reads::default();
        for (names, node) in chart.walk() {
            for template in node.templates.iter() {
                reads.note(&names, &template.data.to_text());
            }
        }
        reads
    }

    fn note(&mut self, names: &[&str], text: &str) {
        for piece in text.split(".Values.").skip(1) {
            let end = piece.find(|it: char| !is_word(it) && it != '.').unwrap_or(piece.len());
            let path = piece[..end].trim_end_matches('.');
            self.paths.insert(names.iter().copied().chain([path]).collect::<Vec<_>>().join("."));
        }
        for word in text.split(|it: char| !is_word(it)).filter(|it| !it.is_empty()) {
            if !self.words.contains(word) {
                self.words.insert(word.to_owned());
            }
        }
    }

    /// Whether a template names this path whole.
    pub(super) fn names(&self, keys: &[String]) -> bool {
        self.paths.contains(&keys.join("."))
    }

    /// Whether a template has the last word of this path anywhere.
    pub(super) fn may_read(&self, keys: &[String]) -> bool {
        // Words with other signs, as with a hyphen, are looked for by their pieces.
        let last = keys.last().map(String::as_str).unwrap_or_default();
        last.split(|it: char| !is_word(it)).filter(|it| !it.is_empty()).all(|it| self.words.contains(it))
    }
}

fn is_word(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_read_by_its_path_and_what_may_be() {
        let mut reads = Reads::default();
        reads.note(&[], "{{ .Values.a.b }}{{ with $.Values.c }}{{ .d }}{{ end }} {{ index .Values.x \"y-z\" }}");
        reads.note(&["sub"], "{{ .Values.e }}");
        let keys = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        assert!(reads.names(&keys("a.b")) && reads.names(&keys("sub.e")));
        assert!(!reads.names(&keys("e")) && !reads.names(&keys("c.d")) && !reads.names(&keys("a")));
        assert!(reads.may_read(&keys("c.d")) && reads.may_read(&keys("x.y-z")));
        assert!(!reads.may_read(&keys("a.gone")));
    }
}
