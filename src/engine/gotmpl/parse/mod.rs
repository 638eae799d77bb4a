//! Builds parse trees from text. Mirrors `text/template/parse/parse.go`.
//!
//! Control structures and parentheses nest on stacks of the parser's own, so that deep input cannot overflow the program's.

mod error;
mod expression;
mod tokens;

pub use error::ParseError;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::gotmpl::Functions;
use crate::gotmpl::item::{Item, ItemType};
use crate::gotmpl::lex::{Keywords, Lexer};
use crate::gotmpl::node::{Branch, BranchKind, Call, List, Node, Pipe, SourceText, Tree};
use crate::strconv;
use crate::value::Str;
use tokens::Tokens;

/// What a text defines: the template of the text itself, and those it names.
#[derive(Debug)]
pub(super) struct Parsed {
    pub main: Rc<Tree>,
    /// By name; `main` is among them.
    pub trees: BTreeMap<Str, Rc<Tree>>,
}

/// Parses a text as the template of this name.
pub(super) fn parse(name: Str, text: Str, functions: &Functions) -> Result<Parsed, ParseError> {
    let keywords =
        Keywords { break_ok: functions.get("break").is_none(), continue_ok: functions.get("continue").is_none() };
    let source = Rc::new(SourceText { name: name.clone(), text });
    let parser = Parser {
        functions,
        lexer: Lexer::new(&source.text, keywords),
        state: State::new(name),
        source: &source,
        text: std::str::from_utf8(&source.text).ok(),
        list: List::default(),
        open: Vec::new(),
        trees: BTreeMap::new(),
    };
    parser.parse()
}

struct Parser<'s> {
    functions: &'s Functions,
    lexer: Lexer<'s>,
    source: &'s Rc<SourceText>,
    /// That of the source, where all of it is UTF-8: no part of it then has to be looked at again.
    text: Option<&'s str>,
    state: State,
    /// The list that is being filled.
    list: List,
    /// The structures around it, innermost last.
    open: Vec<Open>,
    trees: BTreeMap<Str, Rc<Tree>>,
}

/// What Go keeps per tree: a `define` or `block` starts afresh.
struct State {
    name: Str,
    tokens: Tokens,
    vars: Vec<Box<str>>,
    /// The line of the left delimiter of the action being parsed, or 0.
    action_line: usize,
    range_depth: usize,
    /// How many parentheses are open.
    stack_depth: usize,
}

impl State {
    fn new(name: Str) -> Self {
        State {
            name,
            tokens: Tokens::default(),
            vars: vec!["$".into()],
            action_line: 0,
            range_depth: 0,
            stack_depth: 0,
        }
    }
}

/// A structure whose end has not been seen.
struct Open {
    /// The list of the structure around it.
    outer: List,
    kind: OpenKind,
}

enum OpenKind {
    Define { outer: State },
    Block { outer: State, call: Call },
    Branch(OpenBranch),
}

struct OpenBranch {
    kind: BranchKind,
    pipe: Pipe,
    /// The first list, once `else` has been seen.
    list: Option<List>,
    vars: usize,
    /// Whether this is the `if` of an `else if`: its end is that of the structure around it too.
    implied: bool,
}

/// What a piece of text or an action amounts to.
enum Step {
    Node(Node),
    Branch(OpenBranch),
    Block(Call),
    End,
    Else,
}

const DEFINE: &str = "define clause";
const BLOCK: &str = "block clause";
const TEMPLATE: &str = "template clause";

impl<'s> Parser<'s> {
    fn parse(mut self) -> Result<Parsed, ParseError> {
        loop {
            if self.open.is_empty() {
                match self.peek().kind {
                    ItemType::Eof => break,
                    ItemType::LeftDelim => {
                        let delim = self.next();
                        if self.next_non_space().kind == ItemType::Define {
                            self.define()?;
                            continue;
                        }
                        self.state.tokens.backup2(delim);
                    }
                    _ => {}
                }
            } else if self.peek_non_space().kind == ItemType::Eof {
                return Err(self.error("unexpected EOF"));
            }
            match self.text_or_action()? {
                Step::Node(node) => self.list.nodes.push(node),
                Step::Branch(branch) => self.open(OpenKind::Branch(branch)),
                Step::Block(call) => {
                    let state = State::new(call.name.clone());
                    let outer = std::mem::replace(&mut self.state, state);
                    self.open(OpenKind::Block { outer, call });
                }
                Step::End => self.end()?,
                Step::Else => self.else_()?,
            }
        }
        let root = std::mem::take(&mut self.list);
        let tree = self.add(root)?;
        let main = self.trees.get(&tree.name).cloned().unwrap_or(tree);
        Ok(Parsed { main, trees: self.trees })
    }

    fn open(&mut self, kind: OpenKind) {
        let outer = std::mem::take(&mut self.list);
        self.open.push(Open { outer, kind });
    }

    /// A definition whose keyword has been read.
    fn define(&mut self) -> Result<(), ParseError> {
        let outer = std::mem::replace(&mut self.state, State::new(Str::from("definition")));
        let name = self.next_non_space();
        if !matches!(name.kind, ItemType::String | ItemType::RawString) {
            return Err(self.unexpected(&name, DEFINE));
        }
        self.state.name = self.unquote(&name)?;
        self.expect(ItemType::RightDelim, DEFINE)?;
        self.open(OpenKind::Define { outer });
        Ok(())
    }

    /// Closes the innermost structure, and with an `else if` those whose end is implied.
    fn end(&mut self) -> Result<(), ParseError> {
        loop {
            let Some(open) = self.open.pop() else {
                return Err(self.error("unexpected {{end}}"));
            };
            let list = std::mem::replace(&mut self.list, open.outer);
            match open.kind {
                OpenKind::Define { outer } => {
                    self.add(list)?;
                    self.state = outer;
                }
                OpenKind::Block { outer, call } => {
                    self.add(list)?;
                    self.state = outer;
                    self.state.action_line = 0;
                    self.list.nodes.push(Node::Template(Box::new(call)));
                }
                OpenKind::Branch(branch) => {
                    let implied = branch.implied;
                    self.close_branch(branch, list);
                    if implied {
                        continue;
                    }
                }
            }
            return Ok(());
        }
    }

    fn close_branch(&mut self, open: OpenBranch, last: List) {
        if open.kind == BranchKind::Range && open.list.is_none() {
            self.state.range_depth -= 1;
        }
        self.state.vars.truncate(open.vars);
        let (list, else_list) = match open.list {
            Some(list) => (list, Some(last)),
            None => (last, None),
        };
        let OpenBranch { kind, pipe, .. } = open;
        self.list.nodes.push(Node::Branch(Box::new(Branch { kind, pipe, list, else_list })));
    }

    /// An `else` whose right delimiter has been read, or that is followed by `if` or `with`.
    fn else_(&mut self) -> Result<(), ParseError> {
        let branch = match self.open.last_mut().map(|it| &mut it.kind) {
            None => return Err(self.error("unexpected {{else}}")),
            Some(OpenKind::Define { .. }) => return Err(self.error(&format!("unexpected {{{{else}}}} in {DEFINE}"))),
            Some(OpenKind::Block { outer, .. }) => {
                // Go blames the line where the block begins.
                std::mem::swap(&mut self.state, outer);
                return Err(self.error(&format!("unexpected {{{{else}}}} in {BLOCK}")));
            }
            Some(OpenKind::Branch(branch)) => branch,
        };
        if branch.list.is_some() {
            return Err(self.error("expected end; found {{else}}"));
        }
        branch.list = Some(std::mem::take(&mut self.list));
        let kind = branch.kind;
        if kind == BranchKind::Range {
            self.state.range_depth -= 1;
        }
        let next = self.peek().kind;
        if (kind, next) == (BranchKind::If, ItemType::If) || (kind, next) == (BranchKind::With, ItemType::With) {
            self.next();
            let branch = OpenBranch { implied: true, ..self.branch(kind)? };
            self.open(OpenKind::Branch(branch));
        }
        Ok(())
    }

    fn text_or_action(&mut self) -> Result<Step, ParseError> {
        let token = self.next_non_space();
        match token.kind {
            ItemType::Text => Ok(Step::Node(Node::Text { range: token.range() })),
            ItemType::LeftDelim => {
                self.state.action_line = token.line();
                let step = self.action()?;
                // A structure that was opened is still the action being parsed.
                if !matches!(step, Step::Branch(_) | Step::Block(_)) {
                    self.state.action_line = 0;
                }
                Ok(step)
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    /// An action whose left delimiter has been read.
    fn action(&mut self) -> Result<Step, ParseError> {
        let token = self.next_non_space();
        match token.kind {
            ItemType::Block => self.block(),
            ItemType::Break => self.break_or_continue("{{break}}", Node::Break),
            ItemType::Continue => self.break_or_continue("{{continue}}", Node::Continue),
            ItemType::Else => {
                if !matches!(self.peek_non_space().kind, ItemType::If | ItemType::With) {
                    self.expect(ItemType::RightDelim, "else")?;
                }
                Ok(Step::Else)
            }
            ItemType::End => {
                self.expect(ItemType::RightDelim, "end")?;
                Ok(Step::End)
            }
            ItemType::If => Ok(Step::Branch(self.branch(BranchKind::If)?)),
            ItemType::Range => Ok(Step::Branch(self.branch(BranchKind::Range)?)),
            ItemType::With => Ok(Step::Branch(self.branch(BranchKind::With)?)),
            ItemType::Template => self.template(),
            _ => {
                self.state.tokens.backup();
                Ok(Step::Node(Node::Action(self.pipeline("command", ItemType::RightDelim)?)))
            }
        }
    }

    fn break_or_continue(&mut self, action: &str, node: Node) -> Result<Step, ParseError> {
        let token = self.next_non_space();
        if token.kind != ItemType::RightDelim {
            return Err(self.unexpected(&token, action));
        }
        if self.state.range_depth == 0 {
            return Err(self.error(&format!("{action} outside {{{{range}}}}")));
        }
        Ok(Step::Node(node))
    }

    /// The pipeline of a control structure whose keyword has been read.
    fn branch(&mut self, kind: BranchKind) -> Result<OpenBranch, ParseError> {
        let vars = self.state.vars.len();
        let pipe = self.pipeline(kind.keyword(), ItemType::RightDelim)?;
        if kind == BranchKind::Range {
            self.state.range_depth += 1;
        }
        Ok(OpenBranch { kind, pipe, list: None, vars, implied: false })
    }

    fn block(&mut self) -> Result<Step, ParseError> {
        let token = self.next_non_space();
        let name = self.template_name(&token, BLOCK)?;
        let pipe = self.pipeline(BLOCK, ItemType::RightDelim)?;
        Ok(Step::Block(Call { pos: token.pos(), name, pipe: Some(pipe) }))
    }

    fn template(&mut self) -> Result<Step, ParseError> {
        let token = self.next_non_space();
        let name = self.template_name(&token, TEMPLATE)?;
        let mut pipe = None;
        if self.next_non_space().kind != ItemType::RightDelim {
            self.state.tokens.backup();
            pipe = Some(self.pipeline(TEMPLATE, ItemType::RightDelim)?);
        }
        Ok(Step::Node(Node::Template(Box::new(Call { pos: token.pos(), name, pipe }))))
    }

    fn template_name(&mut self, token: &Item, context: &str) -> Result<Str, ParseError> {
        match token.kind {
            ItemType::String | ItemType::RawString => self.unquote(token),
            _ => Err(self.unexpected(token, context)),
        }
    }

    /// Enters the finished tree: an empty one gives way, two that are not are an error.
    fn add(&mut self, root: List) -> Result<Rc<Tree>, ParseError> {
        let tree = Rc::new(Tree { name: self.state.name.clone(), source: Rc::clone(self.source), root });
        match self.trees.get(&tree.name) {
            Some(old) if !old.is_empty() => {
                if !tree.is_empty() {
                    let name = strconv::quote(&tree.name);
                    return Err(self.error(&format!("template: multiple definition of template {name}")));
                }
            }
            _ => {
                self.trees.insert(tree.name.clone(), Rc::clone(&tree));
            }
        }
        Ok(tree)
    }
}
