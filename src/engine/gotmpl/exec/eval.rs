//! Evaluates pipelines and commands.

use crate::gotmpl::complex::Complex;
use crate::gotmpl::exec::{At, Reflect, Result, State, quoted};
use crate::gotmpl::node::{Command, Number, Operand, Pipe, Variable};
use crate::value::Value;

impl<'t> State<'t, '_, '_> {
    /// The value of a pipeline, out of its interface. Variables it declares stay on the stack for the caller to pop.
    pub(super) fn eval_pipeline(&mut self, dot: &Reflect, mut pipe: &'t Pipe) -> Result<Reflect> {
        self.at = At::Pipe(pipe);
        // Parentheses around nothing but parentheses need no stack.
        while let (true, [command]) = (pipe.decl.is_empty(), &*pipe.cmds)
            && let [Operand::Pipe(inner)] = &*command.args
        {
            pipe = inner;
            self.at = At::Pipe(pipe);
        }
        let mut value = None;
        for command in &pipe.cmds {
            value = Some(self.eval_command(dot, command, value)?.unwrapped());
        }
        let value = value.unwrap_or(Reflect::Invalid);
        for variable in &pipe.decl {
            if pipe.assign {
                self.set_var(&variable.name, value.clone())?;
            } else {
                self.vars.push((&variable.name, value.clone()));
            }
        }
        Ok(value)
    }

    /// One command; `last` is what the command before it in the pipeline gave.
    fn eval_command(&mut self, dot: &Reflect, command: &'t Command, last: Option<Reflect>) -> Result<Reflect> {
        let Some((first, args)) = command.args.split_first() else {
            return Ok(Reflect::Invalid);
        };
        match first {
            Operand::Field { fields, .. } => {
                self.at = At::Operand(first);
                return self.eval_field_chain(dot, dot.clone(), first, fields, args, last);
            }
            Operand::Chain { .. } => return self.eval_chain(dot, first, args, last),
            Operand::Identifier { function, .. } => {
                self.at = At::Operand(first);
                return self.eval_function(dot, function, At::Command(command), args, last);
            }
            Operand::Pipe(pipe) => {
                self.not_a_function(first, args, &last)?;
                return self.eval_pipeline(dot, pipe);
            }
            Operand::Variable(variable) => return self.eval_variable(dot, first, variable, args, last),
            _ => {}
        }
        self.at = At::Operand(first);
        self.not_a_function(first, args, &last)?;
        match first {
            Operand::Dot { .. } => Ok(dot.clone()),
            Operand::Nil { .. } => Err(self.error("nil is not a command")),
            _ => self.eval_constant(first),
        }
    }

    pub(super) fn eval_variable(
        &mut self,
        dot: &Reflect,
        operand: &'t Operand,
        variable: &'t Variable,
        args: &'t [Operand],
        last: Option<Reflect>,
    ) -> Result<Reflect> {
        self.at = At::Operand(operand);
        let value = self.var_value(variable)?;
        let Some(fields) = &variable.fields else {
            self.not_a_function(operand, args, &last)?;
            return Ok(value);
        };
        self.eval_field_chain(dot, value, operand, fields, args, last)
    }

    /// `term.a.b`, where the term is a pipeline or a function without arguments.
    pub(super) fn eval_chain(
        &mut self,
        dot: &Reflect,
        chain: &'t Operand,
        args: &'t [Operand],
        last: Option<Reflect>,
    ) -> Result<Reflect> {
        self.at = At::Operand(chain);
        let Operand::Chain { term, fields, .. } = chain else {
            return Err(self.error("internal error: no fields in evalChainNode"));
        };
        let receiver = match &**term {
            Operand::Pipe(pipe) => {
                self.at = At::Operand(term);
                self.eval_pipeline(dot, pipe)?
            }
            Operand::Identifier { function, .. } => {
                self.at = At::Operand(term);
                self.eval_function(dot, function, At::Operand(term), &[], None)?
            }
            _ => return Err(self.error(format!("can't evaluate command {}", quoted(&term.text())))),
        };
        self.eval_field_chain(dot, receiver, chain, fields, args, last)
    }

    /// A constant where nothing says which type it should have.
    pub(super) fn eval_constant(&mut self, operand: &'t Operand) -> Result<Reflect> {
        self.at = At::Operand(operand);
        Ok(Reflect::Value(match operand {
            Operand::Bool { value, .. } => Value::Bool(*value),
            Operand::String { text, .. } => Value::Str(text.clone()),
            Operand::Number(number) => self.ideal_constant(number)?,
            other => {
                let text = other.text();
                return Err(self.error(format!("can't handle assignment of {text} to empty interface argument")));
            }
        }))
    }

    /// A number by its looks. Mirrors `idealConstant`.
    fn ideal_constant(&self, number: &Number) -> Result<Value> {
        let text = &*number.text;
        if let Some((real, imaginary)) = number.complex {
            return Ok(Complex { real, imaginary }.into());
        }
        let hex_int = (text.starts_with("0x") || text.starts_with("0X")) && !text.contains(['p', 'P']);
        if let Some(float) = number.float
            && !(hex_int && text.len() > 2)
            && !text.starts_with('\'')
            && text.contains(['.', 'e', 'E', 'p', 'P'])
        {
            return Ok(Value::Float(float));
        }
        number.int.map(Value::Int).ok_or_else(|| self.error(format!("{text} overflows int")))
    }

    fn not_a_function(&self, first: &Operand, args: &[Operand], last: &Option<Reflect>) -> Result<()> {
        if args.is_empty() && last.is_none() {
            return Ok(());
        }
        Err(self.error(format!("can't give argument to non-function {}", first.text())))
    }
}
