//! Parse trees. Mirrors `text/template/parse/node.go`.
//!
//! Every `pos` is a byte offset into the text of the tree's [`SourceText`].

mod number;
mod text;

pub(super) use number::Number;

use std::ops::Range;
use std::rc::Rc;

use crate::gotmpl::Function;
use crate::value::Str;

/// A named text that templates were parsed from.
#[derive(Debug)]
pub(super) struct SourceText {
    pub name: Str,
    pub text: Str,
}

/// One parsed template: the body of a file, of a `define` or of a `block`.
#[derive(Debug)]
pub(super) struct Tree {
    pub name: Str,
    pub source: Rc<SourceText>,
    pub root: List,
}

impl Tree {
    /// Whether the template holds nothing but white space, so that it does not replace another of its name.
    ///
    /// Mirrors `parse.IsEmptyTree`.
    pub fn is_empty(&self) -> bool {
        self.root.nodes.iter().all(|node| match node {
            Node::Text { range } => is_blank(&self.source.text[range.clone()]),
            _ => false,
        })
    }
}

/// A sequence of nodes.
#[derive(Debug, Default)]
pub(super) struct List {
    pub nodes: Vec<Node>,
}

/// An element of a template's text.
#[derive(Debug)]
pub(super) enum Node {
    /// Plain text, as a range of the source's text.
    Text {
        range: Range<usize>,
    },
    Action(Pipe),
    Branch(Box<Branch>),
    Template(Box<Call>),
    Break,
    Continue,
}

/// An `if`, `range` or `with`.
#[derive(Debug)]
pub(super) struct Branch {
    pub kind: BranchKind,
    pub pipe: Pipe,
    pub list: List,
    pub else_list: Option<List>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BranchKind {
    If,
    Range,
    With,
}

impl BranchKind {
    pub fn keyword(self) -> &'static str {
        match self {
            BranchKind::If => "if",
            BranchKind::Range => "range",
            BranchKind::With => "with",
        }
    }
}

/// A `template` action.
#[derive(Debug)]
pub(super) struct Call {
    pub pos: usize,
    pub name: Str,
    pub pipe: Option<Pipe>,
}

/// A pipeline with the variables it declares or assigns.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    pub pos: usize,
    pub assign: bool,
    pub decl: Vec<Variable>,
    pub cmds: Vec<Command>,
}

/// One stage of a pipeline: a function, field or value, and its arguments. There is always a first operand.
#[derive(Debug)]
pub(super) struct Command {
    pub pos: usize,
    pub args: Vec<Operand>,
}

/// A term of a command.
#[derive(Debug)]
pub(super) enum Operand {
    Bool {
        pos: usize,
        value: bool,
    },
    Dot {
        pos: usize,
    },
    Nil {
        pos: usize,
    },
    /// `.a.b`
    Field {
        pos: usize,
        fields: Fields,
    },
    Variable(Variable),
    /// A term followed by fields: `(f x).a.b`.
    Chain {
        pos: usize,
        term: Box<Operand>,
        fields: Fields,
    },
    /// The name of a function, by which it was found.
    Identifier {
        pos: usize,
        function: &'static Function,
    },
    Number(Box<Number>),
    /// A string constant as meant, and as written where that is more than the same text between double quotes.
    String {
        pos: usize,
        text: Str,
        quoted: Option<Str>,
    },
    /// A parenthesised pipeline.
    Pipe(Box<Pipe>),
}

impl Operand {
    pub fn pos(&self) -> usize {
        match self {
            Operand::Bool { pos, .. }
            | Operand::Dot { pos }
            | Operand::Nil { pos }
            | Operand::Field { pos, .. }
            | Operand::Chain { pos, .. }
            | Operand::Identifier { pos, .. }
            | Operand::String { pos, .. } => *pos,
            Operand::Variable(variable) => variable.pos,
            Operand::Number(number) => number.pos,
            Operand::Pipe(pipe) => pipe.pos,
        }
    }
}

/// A variable and the fields after it. Its name begins with the dollar sign.
#[derive(Debug)]
pub(super) struct Variable {
    pub pos: usize,
    pub name: Box<str>,
    pub fields: Option<Fields>,
}

/// The names of fields one after the other, `a.b.c`. There is at least one.
#[derive(Debug)]
pub(super) struct Fields(Box<str>);

impl Fields {
    /// Of the text `.a.b.c`.
    pub fn new(text: &str) -> Fields {
        Fields(text.strip_prefix('.').unwrap_or(text).into())
    }

    /// All but the last, and the last.
    pub fn split_last(&self) -> (impl Iterator<Item = &str>, &str) {
        let (path, last) = self.0.rsplit_once('.').map_or((None, &*self.0), |(path, last)| (Some(path), last));
        (path.into_iter().flat_map(|it| it.split('.')), last)
    }

    /// As written, but for the first dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Nested lists are taken apart in a loop: a deep template must not overflow the stack when it is dropped.
impl Drop for List {
    fn drop(&mut self) {
        if !self.nodes.iter().any(|it| matches!(it, Node::Branch(_))) {
            return;
        }
        let mut pending = std::mem::take(&mut self.nodes);
        while let Some(mut node) = pending.pop() {
            if let Node::Branch(branch) = &mut node {
                pending.append(&mut branch.list.nodes);
                if let Some(list) = &mut branch.else_list {
                    pending.append(&mut list.nodes);
                }
            }
        }
    }
}

/// As with [`List`], so with nested parentheses.
impl Drop for Pipe {
    fn drop(&mut self) {
        let nests = |it: &Operand| matches!(it, Operand::Pipe(_) | Operand::Chain { .. });
        if !self.cmds.iter().any(|it| it.args.iter().any(nests)) {
            return;
        }
        let mut pending = std::mem::take(&mut self.cmds);
        while let Some(mut command) = pending.pop() {
            for operand in &mut command.args {
                let mut operand = operand;
                while let Operand::Chain { term, .. } = operand {
                    operand = term;
                }
                if let Operand::Pipe(pipe) = operand {
                    pending.append(&mut pipe.cmds);
                }
            }
        }
    }
}

/// Mirrors `len(bytes.TrimSpace(text)) == 0`.
fn is_blank(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|it| it.chars().all(char::is_whitespace))
}
