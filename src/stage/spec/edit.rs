//! Changes a spec's text where a part names its chart or where it names a Helm, and nowhere else: comments, order and
//! layout stay.

use helm_engine::yaml::node::{self, Node};

/// Why a part's chart cannot be changed in a spec's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No part has this name.
    #[error("the spec has no part `{0}`")]
    NoPart(String),
    /// The part of this name is a manifest.
    #[error("part `{0}` is a plain manifest, which has no version")]
    NoChart(String),
    /// The part of this name takes its chart from a release of GitOps.
    #[error("part `{part}` has its chart from `{path}`: change the version there, and run `ichor lock`")]
    Released {
        /// The part's name.
        part: String,
        /// The path of the release, from the spec's folder.
        path: String,
    },
    /// The part of this name takes whatever version there is: it has no `version`, and none in its source.
    #[error("part `{0}` names no version that could be changed")]
    NoVersion(String),
    /// The spec has no `helm`.
    #[error("the spec names no Helm that could be changed")]
    NoHelm,
}

/// The text with another chart and another version for a part, where these are given. A version that the spec does not
/// name is needed only where the chart stays.
pub(crate) fn set_chart(text: &str, part: &str, chart: Option<&str>, version: &str) -> Result<String, EditError> {
    let no_part = || EditError::NoPart(part.into());
    let document = node::parse(text.as_bytes()).ok().flatten().ok_or_else(no_part)?;
    let parts = document.root().resolved().get("parts").ok_or_else(no_part)?.resolved();
    let named = |it: &Node<'_>| it.get("name").and_then(|it| it.resolved().text()).is_some_and(|it| *it == *part);
    let found = parts.items().map(Node::resolved).find(named).ok_or_else(no_part)?;
    let old_chart = found.get("chart").ok_or_else(|| EditError::NoChart(part.into()))?.resolved();
    let old_version = found.get("version").map(Node::resolved);
    if chart.is_none() && old_version.is_none() {
        return Err(EditError::NoVersion(part.into()));
    }
    let mut edits = Vec::new();
    edits.extend(chart.map(|it| (old_chart.span(), it)));
    edits.extend(old_version.map(|it| (it.span(), version)));
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = text.to_owned();
    for (span, word) in edits {
        let Some(old) = text.get(span.clone()) else { continue };
        let word = written(word, old);
        text.replace_range(span, &word);
    }
    Ok(text)
}

/// The text with another Helm.
pub(crate) fn set_helm(text: &str, helm: &str) -> Result<String, EditError> {
    let document = node::parse(text.as_bytes()).ok().flatten().ok_or(EditError::NoHelm)?;
    let span = document.root().resolved().get("helm").ok_or(EditError::NoHelm)?.resolved().span();
    let old = text.get(span.clone()).ok_or(EditError::NoHelm)?;
    let mut edited = text.to_owned();
    // A word such as 4.3 would be a number.
    let word = if old.starts_with('\'') { written(helm, old) } else { written(helm, "\"") };
    edited.replace_range(span, &word);
    Ok(edited)
}

/// A word as YAML has it, in the quotes that the old one stood in.
fn written(word: &str, old: &str) -> String {
    let plain = word.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '.')
        && word.chars().all(|it| it.is_ascii_alphanumeric() || "._-+/~@".contains(it));
    match old.chars().next() {
        Some('\'') if !word.contains('\'') => format!("'{word}'"),
        Some('"') => serde_json::Value::from(word).to_string(),
        _ if plain => word.to_owned(),
        _ => serde_json::Value::from(word).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "# mine\nparts:\n  - {name: a, chart: ./a-1.tgz}\n  - name: b   # the second\n    version: \"1.0\"  # held\n    chart: ./b\n  - name: c\n    manifest: c.yaml\n";

    #[test]
    fn changes_one_part_and_keeps_the_rest() {
        let edited = set_chart(SPEC, "b", None, "2.0").expect("edited");
        assert_eq!(edited, SPEC.replace("\"1.0\"", "\"2.0\""));
        let edited = set_chart(SPEC, "a", Some("./a-2.tgz"), "2").expect("edited");
        assert_eq!(edited, SPEC.replace("a-1", "a-2"));
        let edited = set_chart(SPEC, "b", Some("charts/b: new"), "2").expect("edited");
        assert_eq!(edited, SPEC.replace("\"1.0\"", "\"2\"").replace("./b", "\"charts/b: new\""));
    }

    #[test]
    fn changes_the_helm_and_keeps_the_rest() {
        let spec = format!("{SPEC}helm: 4.2.3 # held\n");
        assert_eq!(set_helm(&spec, "4.3"), Ok(spec.replace("4.2.3", "\"4.3\"")));
        let spec = format!("helm: '4.2'\n{SPEC}");
        assert_eq!(set_helm(&spec, "4.3.1"), Ok(spec.replace("4.2", "4.3.1")));
        assert_eq!(set_helm(SPEC, "4.3"), Err(EditError::NoHelm));
    }

    #[test]
    fn says_what_it_cannot_change() {
        assert_eq!(set_chart(SPEC, "x", None, "2"), Err(EditError::NoPart("x".into())));
        assert_eq!(set_chart(SPEC, "c", None, "2"), Err(EditError::NoChart("c".into())));
        assert_eq!(set_chart(SPEC, "a", None, "2"), Err(EditError::NoVersion("a".into())));
    }
}
