//! Leaves comments and blank lines out of a stream, where a user asks for it.

use crate::object::document::documents;
use helm_engine::yaml::node::{Document, Node, NodeKind};

/// The stream without comment lines and blank lines. Lines inside a scalar stay, whatever they look like, and so do
/// comments that follow other text on their line.
pub fn strip(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for document in documents(text) {
        let tree = document.tree();
        if tree.is_none() && !document.is_unreadable() {
            continue;
        }
        if !result.is_empty() {
            result.push_str("---\n");
        }
        let Some(tree) = tree else {
            result.push_str(document.text);
            if !result.ends_with('\n') {
                result.push('\n');
            }
            continue;
        };
        let scalars = scalars(&tree);
        let mut offset = 0;
        for line in document.text.split_inclusive('\n') {
            let inside = || {
                let before = scalars.partition_point(|(start, _)| *start <= offset);
                before.checked_sub(1).and_then(|it| scalars.get(it)).is_some_and(|(_, end)| offset < *end)
            };
            let plain = line.trim_start();
            if !(plain.is_empty() || plain.starts_with('#')) || inside() {
                result.push_str(line);
            }
            offset += line.len();
        }
        if !result.ends_with('\n') {
            result.push('\n');
        }
    }
    result
}

/// Where scalars stand, in order.
fn scalars(tree: &Document) -> Vec<(usize, usize)> {
    let mut open: Vec<Node<'_>> = vec![tree.root()];
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        if node.kind() == NodeKind::Scalar {
            found.push((node.span().start, node.span().end));
        }
        open.extend(node.items());
        open.extend(node.entries().flat_map(|(key, value)| [key, value]));
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_line_in_a_plain_scalar_is_a_line_break() {
        let text = "a: one\n\n  two\n# gone\n\nb: 1 # kept\n\n";
        assert_eq!(strip(text), "a: one\n\n  two\nb: 1 # kept\n");
    }

    #[test]
    fn what_is_in_a_scalar_stays() {
        let text = "---\n# Source: x\nkind: A # kept\n\ndata:\n  # gone\n  a: |\n    #!/bin/sh\n\n    # kept\n    x\n  b: \"1\n\n    # 2\"\n---\n# only\n---\nkind: B\n";
        let expected =
            "kind: A # kept\ndata:\n  a: |\n    #!/bin/sh\n\n    # kept\n    x\n  b: \"1\n\n    # 2\"\n---\nkind: B\n";
        assert_eq!(strip(text), expected);
    }
}
