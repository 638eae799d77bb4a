//! The edits of a machine config's text: entries of its list and documents of their own, put in, replaced and taken out.

use super::Error;
use crate::base::edit::{Edits, line_start, next_line};
use crate::stage::pack::talos::{block, indent};
use crate::stage::pack::{Manifest, talos};
use helm_engine::value::Value;
use helm_engine::yaml;
use helm_engine::yaml::node::{Node, NodeKind, Style};

pub(super) struct Editor<'t> {
    pub(super) text: &'t str,
    pub(super) edits: Edits,
}

impl Editor<'_> {
    pub(super) fn replace_item(&mut self, item: Node<'_>, manifest: &Manifest) {
        let span = item.span();
        let lead = &self.text[line_start(self.text, span.start)..span.start];
        if lead.trim_start().trim_end() == "-" {
            self.replace_block(item, &block(manifest));
        } else {
            self.edits.replace(span, flow(manifest));
        }
    }

    /// Puts another text in the place of a block, at the block's indentation.
    pub(super) fn replace_block(&mut self, node: Node<'_>, new: &str) {
        let start = node.span().start;
        let column = start - line_start(self.text, start);
        let new = indent(new, column);
        self.edits.replace(start..self.end_of_block(node), new.trim_start_matches(' '));
    }

    /// The start of the line after a block.
    fn end_of_block(&self, node: Node<'_>) -> usize {
        let span = node.span();
        // Blank lines after a block scalar belong to it only where they count.
        match last_scalar(node) {
            Some(last) if is_block(last) && last.text().is_some_and(|it| it.ends_with(b"\n\n")) => span.end,
            _ => next_line(self.text, span.start + self.text[span].trim_end().len()),
        }
    }

    /// Takes an entry out of the list.
    pub(super) fn remove_item(&mut self, item: Node<'_>, all: &[Node<'_>]) {
        let span = item.span();
        let before = self.text[..span.start].trim_end();
        if before.ends_with('-') {
            self.edits.replace(line_start(self.text, before.len())..self.end_of_block(item), "");
            return;
        }
        let at = all.iter().position(|it| it.span() == span).unwrap_or_default();
        match (at.checked_sub(1).and_then(|it| all.get(it)), all.get(at + 1)) {
            (Some(previous), _) => self.edits.replace(previous.span().end..span.end, ""),
            (None, Some(next)) => self.edits.replace(span.start..next.span().start, ""),
            (None, None) => self.edits.replace(span, ""),
        }
    }

    /// Takes a document out, with the separator before it or, from the first, the one after it.
    pub(super) fn remove_document(&mut self, root: Node<'_>) {
        let span = root.span();
        let separator = |text: &str| {
            text.split_inclusive('\n')
                .scan(0, |at, line| {
                    let start = *at;
                    *at += line.len();
                    Some((start, line.starts_with("---")))
                })
                .filter(|it| it.1)
                .map(|it| it.0)
                .collect::<Vec<_>>()
        };
        let start = separator(&self.text[..span.start]).last().copied();
        let next = separator(&self.text[span.end..]).first().map_or(self.text.len(), |it| span.end + it);
        let end = if start.is_some() { next } else { next_line(self.text, next) };
        self.edits.replace(start.unwrap_or_default()..end, "");
    }

    /// Adds entries to `cluster.inlineManifests`, which is made where it is missing.
    pub(super) fn extend_list(&mut self, main: Node<'_>, new: &[&Manifest]) -> Result<(), Error> {
        let items = |column: usize| -> String {
            let item =
                |it: &&Manifest| format!("{}- {}", " ".repeat(column), indent(&block(it), column + 2).trim_start());
            new.iter().map(item).collect()
        };
        let flow_items = || new.iter().map(|it| flow(it)).collect::<Vec<_>>().join(", ");
        let Some((cluster_key, cluster)) = entry(main, "cluster") else {
            let lines = |column: usize, step: usize| {
                let pad = " ".repeat(column + step);
                format!("{}cluster:\n{pad}inlineManifests:\n{}", " ".repeat(column), items(column + 2 * step))
            };
            self.add_to_mapping(
                main,
                &lines(0, 4),
                &format!("\"cluster\": {{\"inlineManifests\": [{}]}}", flow_items()),
            );
            return Ok(());
        };
        let column = |it: Node<'_>| it.span().start - line_start(self.text, it.span().start);
        let key_column = column(cluster_key);
        if is_nothing(cluster) && !main.is_flow() {
            let pad = " ".repeat(key_column + 4);
            self.fill(cluster_key, cluster, &format!("{pad}inlineManifests:\n{}", items(key_column + 8)));
            return Ok(());
        }
        if cluster.kind() != NodeKind::Mapping {
            return Err(Error::Shape { line: cluster_key.line(), what: "cluster", wanted: "a mapping" });
        }
        let Some((list_key, list)) = entry(cluster, "inlineManifests") else {
            let child = cluster.entries().next().map_or(key_column + 4, |(key, _)| column(key));
            let step = child.saturating_sub(key_column).max(2);
            let lines = format!("{}inlineManifests:\n{}", " ".repeat(child), items(child + step));
            self.add_to_mapping(cluster, &lines, &format!("\"inlineManifests\": [{}]", flow_items()));
            return Ok(());
        };
        let list_column = column(list_key);
        match list.items().last() {
            None if is_nothing(list) && !cluster.is_flow() => {
                let step = list_column.saturating_sub(key_column).max(2);
                self.fill(list_key, list, &items(list_column + step));
            }
            None if is_nothing(list) => self.edits.replace(list.span(), format!(" [{}]", flow_items())),
            None => {
                return Err(Error::Shape { line: list_key.line(), what: "cluster.inlineManifests", wanted: "a list" });
            }
            Some(last) if list.is_flow() => self.edits.insert(last.span().end, format!(", {}", flow_items())),
            Some(last) => {
                // The dash may stand on a line of its own.
                let before = self.text[..last.span().start].trim_end();
                let dash = before.strip_suffix('-').map_or(list_column, |it| it.len() - line_start(it, it.len()));
                self.insert_lines(self.after(last), &items(dash));
            }
        }
        Ok(())
    }

    /// Adds an entry at the end of a mapping, as lines or, in braces, as `flow`.
    fn add_to_mapping(&mut self, mapping: Node<'_>, lines: &str, flow: &str) {
        let last = mapping.entries().last();
        if mapping.is_flow() {
            let comma = if last.is_some() { ", " } else { "" };
            let at = last.map_or(mapping.span().end.saturating_sub(1), |(_, value)| value.span().end);
            self.edits.insert(at, format!("{comma}{flow}"));
        } else if let Some((key, value)) = last {
            let at = self.after(if value.span().end < key.span().end { key } else { value });
            self.insert_lines(at, lines);
        }
    }

    /// Gives lines to a key that has nothing, `null`, `{}` or `[]`.
    fn fill(&mut self, key: Node<'_>, value: Node<'_>, lines: &str) {
        if value.span().start > key.span().end {
            self.edits.replace(value.span(), "");
        }
        self.insert_lines(next_line(self.text, key.span().end.max(value.span().end)), lines);
    }

    pub(super) fn append_documents(&mut self, new: &[&Manifest]) {
        let open = self.text.lines().last().is_some_and(|it| it.trim_end() == "---");
        let documents: Vec<String> = new.iter().map(|it| talos::document(it)).collect();
        let lines = format!("{}{}", if open { "" } else { "---\n" }, documents.join("---\n"));
        self.insert_lines(self.text.len(), &lines);
    }

    /// The start of the line after a node.
    fn after(&self, node: Node<'_>) -> usize {
        let end = node.span().end;
        if end > 0 && self.text.as_bytes().get(end - 1) == Some(&b'\n') { end } else { next_line(self.text, end) }
    }

    fn insert_lines(&mut self, at: usize, lines: &str) {
        let break_first = at > 0 && self.text.as_bytes().get(at - 1) != Some(&b'\n');
        self.edits.insert(at, format!("{}{lines}", if break_first { "\n" } else { "" }));
    }
}

/// An entry of the list in braces.
fn flow(manifest: &Manifest) -> String {
    let entry = Value::map([("name", manifest.name.as_str().into()), ("contents", manifest.contents.as_str().into())]);
    let json = yaml::write_json(&entry, false);
    json.expect("plain strings have a JSON form").to_text().into_owned()
}

fn entry<'d>(mapping: Node<'d>, name: &str) -> Option<(Node<'d>, Node<'d>)> {
    let named = |(key, _): &(Node<'d>, Node<'d>)| key.text().is_some_and(|it| *it == name);
    mapping.entries().find(named).map(|(key, value)| (key, value.resolved()))
}

fn is_nothing(node: Node<'_>) -> bool {
    match node.kind() {
        NodeKind::Scalar => matches!(node.value(), Ok(Value::Nil)),
        NodeKind::Mapping => node.entries().next().is_none(),
        NodeKind::Sequence => node.items().next().is_none(),
        NodeKind::Alias => false,
    }
}

fn is_block(node: Node<'_>) -> bool {
    matches!(node.style(), Style::Literal | Style::Folded)
}

fn last_scalar(node: Node<'_>) -> Option<Node<'_>> {
    let mut node = node;
    loop {
        node = match node.kind() {
            NodeKind::Mapping => node.entries().last()?.1,
            NodeKind::Sequence => node.items().last()?,
            _ => return Some(node),
        }
    }
}
