//! Executes templates. Mirrors `text/template/exec.go`.

mod call;
mod error;
mod eval;
mod field;
mod machine;
mod range;
mod walk;

use super::reflect::Reflect;
pub use error::{ExecError, TemplatePlace};
pub use machine::Machine;

use crate::gotmpl::node::{Call, Command, Operand, Pipe, Tree, Variable};
use crate::gotmpl::template::Scope;
use crate::strconv;
use crate::value::Failure;

/// Every step fails with a boxed error: it is large, and rare.
type Result<T> = std::result::Result<T, Box<ExecError>>;

/// One execution of a template and of those it calls with `{{template}}`.
struct State<'t, 'm, 'w> {
    machine: &'m mut Machine<'w>,
    scope: &'t Scope,
    /// The template being executed.
    tree: &'t Tree,
    /// The node being evaluated, for errors.
    at: At<'t>,
    /// The variables of all templates being executed, innermost last.
    vars: Vec<(&'t str, Reflect)>,
    /// Where those of the current template begin.
    base: usize,
    /// How many `{{template}}` calls are open.
    depth: usize,
    /// Where the text that this execution prints begins in that of the machine.
    start: usize,
}

/// A node as an error names it.
#[derive(Clone, Copy)]
enum At<'t> {
    /// Nothing evaluated yet.
    Start,
    Pipe(&'t Pipe),
    Command(&'t Command),
    Operand(&'t Operand),
    Template(&'t Call),
}

impl<'t> State<'t, '_, '_> {
    /// Sets the variable declared last under this name.
    fn set_var(&mut self, name: &str, value: Reflect) -> Result<()> {
        match self.vars[self.base..].iter_mut().rev().find(|it| it.0 == name) {
            Some(variable) => variable.1 = value,
            None => return Err(self.error(format!("undefined variable: {name}"))),
        }
        Ok(())
    }

    fn var_value(&self, variable: &'t Variable) -> Result<Reflect> {
        let name = &*variable.name;
        match self.vars[self.base..].iter().rev().find(|it| it.0 == name) {
            Some(variable) => Ok(variable.1.clone()),
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    /// An error at the current node.
    #[cold]
    #[inline(never)]
    fn error(&self, message: impl Into<String>) -> Box<ExecError> {
        self.error_from(Failure::new(message))
    }

    /// An error at the current node that keeps what the failure carries.
    #[cold]
    #[inline(never)]
    fn error_from(&self, failure: Failure) -> Box<ExecError> {
        let template = self.tree.name.clone();
        let (pos, context) = match self.at {
            At::Start => (0, String::new()),
            At::Pipe(pipe) => (pipe.pos, pipe.text()),
            At::Command(command) => (command.pos, command.text()),
            At::Operand(operand) => (operand.pos(), operand.text()),
            At::Template(call) => (call.pos, call.text()),
        };
        let source = &self.tree.source;
        let before = &source.text[..pos.min(source.text.len())];
        let line = 1 + before.iter().filter(|it| **it == b'\n').count();
        let column = before.iter().rev().take_while(|it| **it != b'\n').count();
        let place = Some(TemplatePlace { file: source.name.clone(), line, column, context });
        Box::new(ExecError { template, place, message: failure.message, source: failure.source })
    }
}

fn quoted(name: &str) -> String {
    strconv::quote(name.as_bytes())
}
