//! The tree a pattern is parsed into, with the measures Go limits.

use regex_syntax::hir::{Capture, Class, ClassUnicode, Dot, Hir, Look, Repetition};

/// A parsed expression.
pub(super) struct Tree {
    node: Node,
    /// How deep the tree is.
    pub height: u32,
    /// How many instructions Go would compile it to, at most.
    pub size: u64,
}

enum Node {
    Empty,
    Leaf(Hir),
    Capture(Box<Tree>, u32),
    Repeat(Box<Tree>, Count),
    Concat(Vec<Tree>),
    Alternate(Vec<Tree>),
}

/// How often something is repeated.
#[derive(Clone, Copy)]
pub(super) struct Count {
    pub min: u32,
    pub max: Option<u32>,
    pub greedy: bool,
    /// Whether it was written in braces.
    pub braces: bool,
}

impl Tree {
    pub(super) fn empty() -> Self {
        Tree { node: Node::Empty, height: 1, size: 1 }
    }

    fn leaf(hir: Hir) -> Self {
        Tree { node: Node::Leaf(hir), height: 1, size: 1 }
    }

    pub(super) fn literal(rune: char) -> Self {
        Tree::leaf(Hir::literal(rune.encode_utf8(&mut [0; 4]).as_bytes().to_vec()))
    }

    pub(super) fn class(class: ClassUnicode) -> Self {
        Tree::leaf(if class.ranges().is_empty() { Hir::fail() } else { Hir::class(Class::Unicode(class)) })
    }

    pub(super) fn any(newline: bool) -> Self {
        Tree::leaf(Hir::dot(if newline { Dot::AnyChar } else { Dot::AnyCharExceptLF }))
    }

    pub(super) fn look(look: Look) -> Self {
        Tree::leaf(Hir::look(look))
    }

    pub(super) fn capture(self, index: u32) -> Self {
        Tree { height: self.height + 1, size: self.size + 2, node: Node::Capture(Box::new(self), index) }
    }

    pub(super) fn repeat(self, count: Count) -> Self {
        let size = match count {
            Count { min: 0, max: None, .. } => self.size + 2,
            Count { braces: false, .. } => self.size + 1,
            Count { min, max: None, .. } => 1 + u64::from(min) * self.size,
            Count { min, max: Some(max), .. } => {
                u64::from(max) * self.size + u64::from(max).saturating_sub(u64::from(min))
            }
        };
        Tree { height: self.height + 1, size: size.max(1), node: Node::Repeat(Box::new(self), count) }
    }

    pub(super) fn concat(parts: Vec<Tree>) -> Self {
        Tree::join(parts, 0, Node::Concat)
    }

    pub(super) fn alternate(parts: Vec<Tree>) -> Self {
        let forks = parts.len().saturating_sub(1) as u64;
        Tree::join(parts, forks, Node::Alternate)
    }

    fn join(mut parts: Vec<Tree>, more: u64, node: fn(Vec<Tree>) -> Node) -> Self {
        match parts.len() {
            0 => Tree::empty(),
            1 => parts.pop().unwrap_or_else(Tree::empty),
            _ => Tree {
                height: parts.iter().map(|it| it.height).max().unwrap_or(0) + 1,
                size: parts.iter().map(|it| it.size).sum::<u64>() + more,
                node: node(parts),
            },
        }
    }

    /// Whether no more than `limit` copies of anything come of nested counts.
    ///
    /// Mirrors `repeatIsValid`.
    pub(super) fn copies_within(&self, limit: u32) -> bool {
        match &self.node {
            Node::Empty | Node::Leaf(_) => true,
            Node::Capture(sub, _) => sub.copies_within(limit),
            Node::Concat(subs) | Node::Alternate(subs) => subs.iter().all(|it| it.copies_within(limit)),
            Node::Repeat(sub, Count { braces: false, .. }) => sub.copies_within(limit),
            Node::Repeat(_, Count { max: Some(0), .. }) => true,
            Node::Repeat(sub, Count { min, max, .. }) => match max.unwrap_or(*min) {
                0 => sub.copies_within(limit),
                copies if copies > limit => false,
                copies => sub.copies_within(limit / copies),
            },
        }
    }

    pub(super) fn into_hir(self) -> Hir {
        match self.node {
            Node::Empty => Hir::empty(),
            Node::Leaf(hir) => hir,
            Node::Capture(sub, index) => Hir::capture(Capture { index, name: None, sub: Box::new(sub.into_hir()) }),
            Node::Repeat(sub, Count { min, max, greedy, .. }) => {
                Hir::repetition(Repetition { min, max, greedy, sub: Box::new(sub.into_hir()) })
            }
            Node::Concat(subs) => Hir::concat(subs.into_iter().map(Tree::into_hir).collect()),
            Node::Alternate(subs) => Hir::alternation(subs.into_iter().map(Tree::into_hir).collect()),
        }
    }
}
