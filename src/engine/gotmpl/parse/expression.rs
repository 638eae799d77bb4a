//! Pipelines, commands and operands.

use std::borrow::Cow;
use std::ops::Range;

use crate::gotmpl::item::{Item, ItemType};
use crate::gotmpl::node::{Command, Fields, Number, Operand, Pipe, Variable};
use crate::gotmpl::parse::{ParseError, Parser};
use crate::strconv;

/// How deep parentheses may nest. Mirrors `maxStackDepth`.
const MAX_STACK_DEPTH: usize = crate::limits::PARENTHESES.size();

const PARENTHESIZED: &str = "parenthesized pipeline";

/// A term as it begins.
enum Term {
    /// No term: the next token is something else.
    None,
    /// The left parenthesis of a pipeline.
    Paren,
    Operand(Operand),
}

impl<'s> Parser<'s> {
    /// A pipeline up to and with the token that ends it; `context` names it in errors.
    pub(super) fn pipeline(&mut self, context: &str, end: ItemType) -> Result<Pipe, ParseError> {
        // The pipelines around the current parentheses, each with the command that stands open in it.
        let mut around: Vec<(Pipe, Command)> = Vec::new();
        let mut pipe = self.declarations(context)?;
        loop {
            let (context, end) = if around.is_empty() { (context, end) } else { (PARENTHESIZED, ItemType::RightParen) };
            let token = self.next_non_space();
            let mut command = match token.kind {
                kind if kind == end => {
                    self.check_pipeline(&pipe, context)?;
                    let Some((outer, mut command)) = around.pop() else {
                        return Ok(pipe);
                    };
                    self.state.stack_depth -= 1;
                    let inner = std::mem::replace(&mut pipe, outer);
                    command.args.push(self.with_fields(Operand::Pipe(Box::new(inner)))?);
                    if !self.another_operand()? {
                        pipe.cmds.push(command);
                        continue;
                    }
                    command
                }
                ItemType::Bool
                | ItemType::CharConstant
                | ItemType::Complex
                | ItemType::Dot
                | ItemType::Field
                | ItemType::Identifier
                | ItemType::Number
                | ItemType::Nil
                | ItemType::RawString
                | ItemType::String
                | ItemType::Variable
                | ItemType::LeftParen => {
                    self.state.tokens.backup();
                    Command { pos: self.peek_non_space().pos(), args: Vec::new() }
                }
                _ => return Err(self.unexpected(&token, context)),
            };
            if self.operands(&mut command)? {
                around.push((std::mem::take(&mut pipe), command));
                pipe = self.declarations(PARENTHESIZED)?;
            } else {
                pipe.cmds.push(command);
            }
        }
    }

    /// Reads operands into the command up to its end, or to a left parenthesis, for which it gives `true`.
    fn operands(&mut self, command: &mut Command) -> Result<bool, ParseError> {
        loop {
            self.peek_non_space();
            match self.term()? {
                Term::Paren => {
                    if self.state.stack_depth >= MAX_STACK_DEPTH {
                        return Err(self.error("max expression depth exceeded"));
                    }
                    self.state.stack_depth += 1;
                    return Ok(true);
                }
                Term::Operand(operand) => command.args.push(self.with_fields(operand)?),
                Term::None => {}
            }
            if !self.another_operand()? {
                break;
            }
        }
        if command.args.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(false)
    }

    /// Reads what follows an operand: a space before the next, or the end of the command.
    fn another_operand(&mut self) -> Result<bool, ParseError> {
        let token = self.next();
        match token.kind {
            ItemType::Space => Ok(true),
            ItemType::RightDelim | ItemType::RightParen => {
                self.state.tokens.backup();
                Ok(false)
            }
            ItemType::Pipe => Ok(false),
            _ => Err(self.unexpected(&token, "operand")),
        }
    }

    /// The beginning of a pipeline with the variables it declares or assigns.
    fn declarations(&mut self, context: &str) -> Result<Pipe, ParseError> {
        let mut pipe = Pipe::default();
        pipe.pos = self.peek_non_space().pos();
        loop {
            let variable = self.peek_non_space();
            if variable.kind != ItemType::Variable {
                return Ok(pipe);
            }
            self.next();
            // Whether a variable is declared or used shows only after the space that may follow it.
            let after = self.peek();
            let next = self.peek_non_space();
            match next.kind {
                ItemType::Assign | ItemType::Declare => {
                    pipe.assign = next.kind == ItemType::Assign;
                    self.next_non_space();
                    self.declare(&mut pipe, &variable);
                    return Ok(pipe);
                }
                ItemType::Char if next.val(&self.source.text) == b"," => {
                    self.next_non_space();
                    self.declare(&mut pipe, &variable);
                    if context == "range" && pipe.decl.len() < 2 {
                        match self.peek_non_space().kind {
                            ItemType::Variable | ItemType::RightDelim | ItemType::RightParen => continue,
                            _ => return Err(self.error("range can only initialize variables")),
                        }
                    }
                    return Err(self.error(&format!("too many declarations in {context}")));
                }
                _ if after.kind == ItemType::Space => self.state.tokens.backup3(variable, after),
                _ => self.state.tokens.backup2(variable),
            }
            return Ok(pipe);
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, token: &Item) {
        let variable = new_variable(token.pos(), &self.text_of(token));
        self.state.vars.push(variable.name.clone());
        pipe.decl.push(variable);
    }

    fn check_pipeline(&self, pipe: &Pipe, context: &str) -> Result<(), ParseError> {
        if pipe.cmds.is_empty() {
            return Err(self.error(&format!("missing value for {context}")));
        }
        for (index, command) in pipe.cmds.iter().enumerate().skip(1) {
            if let Some(
                Operand::Bool { .. }
                | Operand::Dot { .. }
                | Operand::Nil { .. }
                | Operand::Number(_)
                | Operand::String { .. },
            ) = command.args.first()
            {
                return Err(self.error(&format!("non executable command in pipeline stage {}", index + 1)));
            }
        }
        Ok(())
    }

    /// The term with the fields that follow it, if any.
    fn with_fields(&mut self, term: Operand) -> Result<Operand, ParseError> {
        let first = self.peek();
        if first.kind != ItemType::Field {
            return Ok(term);
        }
        Ok(match term {
            Operand::Variable(Variable { name, .. }) => {
                let fields = Some(Fields::new(&self.fields(first)));
                Operand::Variable(Variable { pos: first.pos(), name, fields })
            }
            // A field does not come here: it has taken all that follow.
            Operand::Field { .. } | Operand::Pipe(_) | Operand::Identifier { .. } | Operand::Chain { .. } => {
                Operand::Chain { pos: first.pos(), term: Box::new(term), fields: Fields::new(&self.fields(first)) }
            }
            Operand::Bool { .. }
            | Operand::Dot { .. }
            | Operand::Nil { .. }
            | Operand::Number(_)
            | Operand::String { .. } => {
                self.fields(first);
                let term = strconv::quote(term.text().as_bytes());
                return Err(self.error(&format!("unexpected . after term {term}")));
            }
        })
    }

    /// Reads all fields that come next, of which the first is known, and gives their text: nothing stands between them.
    fn fields(&mut self, first: Item) -> Cow<'s, str> {
        let mut range = first.range();
        loop {
            let token = self.next();
            if token.kind != ItemType::Field {
                self.state.tokens.backup();
                return self.text_in(range);
            }
            range.end = token.range().end;
        }
    }

    fn text_of(&self, token: &Item) -> Cow<'s, str> {
        self.text_in(token.range())
    }

    fn text_in(&self, range: Range<usize>) -> Cow<'s, str> {
        let whole = self.text.and_then(|it| it.get(range.clone()));
        let lossy = || String::from_utf8_lossy(self.source.text.get(range).unwrap_or_default());
        whole.map_or_else(lossy, Cow::Borrowed)
    }

    fn term(&mut self) -> Result<Term, ParseError> {
        let token = self.next_non_space();
        let pos = token.pos();
        Ok(Term::Operand(match token.kind {
            ItemType::Identifier => {
                let name = self.text_of(&token);
                let Some(function) = self.functions.get(&name) else {
                    return Err(self.error(&format!("function {} not defined", strconv::quote(name.as_bytes()))));
                };
                Operand::Identifier { pos, function }
            }
            ItemType::Dot => Operand::Dot { pos },
            ItemType::Nil => Operand::Nil { pos },
            ItemType::Variable => {
                let variable = new_variable(pos, &self.text_of(&token));
                if !self.state.vars.contains(&variable.name) {
                    let name = strconv::quote(variable.name.as_bytes());
                    return Err(self.error(&format!("undefined variable {name}")));
                }
                Operand::Variable(variable)
            }
            ItemType::Field => {
                // Go's place of `.a.b` is that of the second field.
                let next = self.peek();
                let pos = if next.kind == ItemType::Field { next.pos() } else { pos };
                Operand::Field { pos, fields: Fields::new(&self.fields(token)) }
            }
            ItemType::Bool => Operand::Bool { pos, value: token.val(&self.source.text) == b"true" },
            ItemType::CharConstant | ItemType::Complex | ItemType::Number => {
                let number = Number::parse(pos, &self.text_of(&token), token.kind);
                Operand::Number(Box::new(number.map_err(|it| self.error(&it))?))
            }
            ItemType::LeftParen => return Ok(Term::Paren),
            ItemType::String | ItemType::RawString => {
                let text = self.unquote(&token)?;
                let written = token.val(&self.source.text);
                let is_plain = matches!(written, [b'"', inner @ .., b'"'] if inner == &*text);
                Operand::String { pos, text, quoted: (!is_plain).then(|| written.into()) }
            }
            _ => {
                self.state.tokens.backup();
                return Ok(Term::None);
            }
        }))
    }
}

fn new_variable(pos: usize, name: &str) -> Variable {
    Variable { pos, name: name.into(), fields: None }
}
