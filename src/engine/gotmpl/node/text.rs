//! Parse trees back as text, for error messages. Mirrors the `String` methods of `text/template/parse/node.go`.
//!
//! The writer keeps its own stack, so that deep nesting cannot overflow the program's.

use crate::gotmpl::node::{Call, Command, Fields, Operand, Pipe, Variable};
use crate::strconv;

impl Pipe {
    pub fn text(&self) -> String {
        write(vec![Piece::Pipe(self)])
    }
}

impl Command {
    pub fn text(&self) -> String {
        write(vec![Piece::Command(self)])
    }
}

impl Operand {
    /// Outside a command, a parenthesised pipeline is written without its parentheses.
    pub fn text(&self) -> String {
        match self {
            Operand::Pipe(pipe) => pipe.text(),
            other => write(vec![Piece::Operand(other)]),
        }
    }
}

impl Call {
    pub fn text(&self) -> String {
        let name = strconv::quote(&self.name);
        match &self.pipe {
            Some(pipe) => format!("{{{{template {name} {}}}}}", pipe.text()),
            None => format!("{{{{template {name}}}}}"),
        }
    }
}

/// What is still to be written.
enum Piece<'t> {
    Text(&'static str),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Operand(&'t Operand),
    Fields(&'t Fields),
}

/// Writes the pieces, the last one first.
fn write(mut pending: Vec<Piece<'_>>) -> String {
    let mut out = Vec::new();
    while let Some(piece) = pending.pop() {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Fields(fields) => write_fields(&mut out, fields),
            Piece::Pipe(pipe) => {
                for (index, variable) in pipe.decl.iter().enumerate() {
                    if index > 0 {
                        out.extend_from_slice(b", ");
                    }
                    write_variable(&mut out, variable);
                }
                if !pipe.decl.is_empty() {
                    out.extend_from_slice(if pipe.assign { b" = " } else { b" := " });
                }
                for (index, command) in pipe.cmds.iter().enumerate().rev() {
                    pending.push(Piece::Command(command));
                    if index > 0 {
                        pending.push(Piece::Text(" | "));
                    }
                }
            }
            Piece::Command(command) => {
                for (index, operand) in command.args.iter().enumerate().rev() {
                    pending.push(Piece::Operand(operand));
                    if index > 0 {
                        pending.push(Piece::Text(" "));
                    }
                }
            }
            Piece::Operand(operand) => match operand {
                Operand::Bool { value, .. } => out.extend_from_slice(if *value { b"true" } else { b"false" }),
                Operand::Dot { .. } => out.push(b'.'),
                Operand::Nil { .. } => out.extend_from_slice(b"nil"),
                Operand::Field { fields, .. } => write_fields(&mut out, fields),
                Operand::Variable(variable) => write_variable(&mut out, variable),
                Operand::Chain { term, fields, .. } => {
                    pending.push(Piece::Fields(fields));
                    pending.push(Piece::Operand(term));
                }
                Operand::Identifier { function, .. } => out.extend_from_slice(function.name.as_bytes()),
                Operand::Number(number) => out.extend_from_slice(number.text.as_bytes()),
                Operand::String { quoted: Some(quoted), .. } => out.extend_from_slice(quoted),
                Operand::String { text, .. } => {
                    out.push(b'"');
                    out.extend_from_slice(text);
                    out.push(b'"');
                }
                Operand::Pipe(pipe) => {
                    pending.push(Piece::Text(")"));
                    pending.push(Piece::Pipe(pipe));
                    pending.push(Piece::Text("("));
                }
            },
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn write_variable(out: &mut Vec<u8>, variable: &Variable) {
    out.extend_from_slice(variable.name.as_bytes());
    if let Some(fields) = &variable.fields {
        write_fields(out, fields);
    }
}

fn write_fields(out: &mut Vec<u8>, fields: &Fields) {
    out.push(b'.');
    out.extend_from_slice(fields.as_str().as_bytes());
}
