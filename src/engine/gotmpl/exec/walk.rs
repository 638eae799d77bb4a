//! Walks the nodes of a template.
//!
//! The walk keeps its own stack: control structures and `{{template}}` calls may nest as deep as Go allows, which is
//! deeper than a thread's stack.

use std::rc::Rc;

use crate::budget;
use crate::fmt;
use crate::gotmpl::exec::machine::MAX_PRINTED;
use crate::gotmpl::exec::range::Items;
use crate::gotmpl::exec::{At, Machine, Reflect, Result, State};
use crate::gotmpl::node::{Branch, BranchKind, Call, List, Node, Tree};
use crate::gotmpl::template::Scope;
use crate::strconv;
use crate::value::Value;

/// How deep `{{template}}` calls may nest. Mirrors `maxExecDepth`.
const MAX_EXEC_DEPTH: usize = crate::limits::TEMPLATES.size();

/// A list of nodes being walked.
struct Frame<'t> {
    rest: std::slice::Iter<'t, Node>,
    dot: Rc<Reflect>,
    then: Then<'t>,
}

/// What comes after the last node of a list.
enum Then<'t> {
    /// The end of the execution.
    Done,
    /// The end of an `if` or `with`, or of the `else` of a `range`: variables from this mark on are gone.
    Pop(usize),
    /// The next round of a `range`.
    Loop(Box<Loop<'t>>),
    /// The end of a `{{template}}` call.
    Return(Box<Caller<'t>>),
}

struct Loop<'t> {
    branch: &'t Branch,
    items: Items,
    /// The number of variables before the pipeline, and at the start of each round.
    before: usize,
    mark: usize,
}

struct Caller<'t> {
    tree: &'t Tree,
    at: At<'t>,
    base: usize,
    mark: usize,
}

impl<'t, 'm, 'w> State<'t, 'm, 'w> {
    pub(super) fn new(machine: &'m mut Machine<'w>, scope: &'t Scope, tree: &'t Tree) -> Self {
        let start = machine.out.len();
        State { machine, scope, tree, at: At::Start, vars: Vec::new(), base: 0, depth: 0, start }
    }

    /// Walks the template and leaves what it printed at the end of the machine's text.
    pub(super) fn walk(mut self, data: Value) -> Result<()> {
        let dot = Rc::new(Reflect::of(data));
        self.vars.push(("$", (*dot).clone()));
        let mut frames = vec![frame(&self.tree.root, dot, Then::Done)];
        while let Some(frame) = frames.last_mut() {
            self.count_step()?;
            let Some(node) = frame.rest.next() else {
                self.finish(&mut frames)?;
                continue;
            };
            match node {
                Node::Text { range } => self.print(&self.tree.source.text[range.clone()]),
                Node::Action(pipe) => {
                    let dot = Rc::clone(&frame.dot);
                    let value = self.eval_pipeline(&dot, pipe)?;
                    if pipe.decl.is_empty() {
                        self.print_value(&value);
                    }
                }
                Node::Branch(branch) => {
                    let dot = Rc::clone(&frame.dot);
                    let inner = match branch.kind {
                        BranchKind::Range => self.enter_range(dot, branch)?,
                        _ => self.enter_if_or_with(dot, branch)?,
                    };
                    frames.extend(inner);
                }
                Node::Template(call) => {
                    let dot = Rc::clone(&frame.dot);
                    let inner = self.enter_template(&dot, call)?;
                    frames.push(inner);
                }
                Node::Break => {
                    if let Some(inner) = unwind(&mut frames) {
                        self.vars.truncate(inner.before);
                        frames.pop();
                    }
                }
                Node::Continue => {
                    unwind(&mut frames);
                    self.finish(&mut frames)?;
                }
            }
        }
        Ok(())
    }

    /// Ends the innermost frame, or begins its next round.
    fn finish(&mut self, frames: &mut Vec<Frame<'t>>) -> Result<()> {
        let Some(frame) = frames.last_mut() else {
            return Ok(());
        };
        match &mut frame.then {
            Then::Done => {}
            Then::Pop(mark) => self.vars.truncate(*mark),
            Then::Loop(inner) => {
                self.vars.truncate(inner.mark);
                if let Some((index, element)) = inner.items.next() {
                    frame.rest = inner.branch.list.nodes.iter();
                    frame.dot = Rc::new(element.clone());
                    return self.set_range_variables(inner.branch, index, element);
                }
                self.vars.truncate(inner.before);
            }
            Then::Return(caller) => {
                self.vars.truncate(caller.mark);
                self.tree = caller.tree;
                self.at = caller.at;
                self.base = caller.base;
                self.depth -= 1;
            }
        }
        frames.pop();
        Ok(())
    }

    fn enter_if_or_with(&mut self, dot: Rc<Reflect>, branch: &'t Branch) -> Result<Option<Frame<'t>>> {
        let mark = self.vars.len();
        let value = self.eval_pipeline(&dot, &branch.pipe)?;
        if self.truth(&value)? {
            let dot = if branch.kind == BranchKind::With { Rc::new(value) } else { dot };
            return Ok(Some(frame(&branch.list, dot, Then::Pop(mark))));
        }
        if let Some(list) = &branch.else_list {
            return Ok(Some(frame(list, dot, Then::Pop(mark))));
        }
        self.vars.truncate(mark);
        Ok(None)
    }

    fn enter_range(&mut self, dot: Rc<Reflect>, branch: &'t Branch) -> Result<Option<Frame<'t>>> {
        let before = self.vars.len();
        let value = self.eval_pipeline(&dot, &branch.pipe)?.into_value();
        let mark = self.vars.len();
        let mut items = self.range_items(&value, branch.pipe.decl.len())?;
        if let Some((index, element)) = items.next() {
            let dot = Rc::new(element.clone());
            self.set_range_variables(branch, index, element)?;
            let then = Then::Loop(Box::new(Loop { branch, items, before, mark }));
            return Ok(Some(frame(&branch.list, dot, then)));
        }
        if let Some(list) = &branch.else_list {
            return Ok(Some(frame(list, dot, Then::Pop(before))));
        }
        self.vars.truncate(before);
        Ok(None)
    }

    fn enter_template(&mut self, dot: &Reflect, call: &'t Call) -> Result<Frame<'t>> {
        self.at = At::Template(call);
        let Some(tree) = self.scope.lookup(&call.name) else {
            return Err(self.error(format!("template {} not defined", strconv::quote(&call.name))));
        };
        if self.depth == MAX_EXEC_DEPTH {
            return Err(self.error(format!("exceeded maximum template depth ({MAX_EXEC_DEPTH})")));
        }
        let dot = match &call.pipe {
            Some(pipe) => self.eval_pipeline(dot, pipe)?,
            None => Reflect::Invalid,
        };
        let caller = Caller { tree: self.tree, at: self.at, base: self.base, mark: self.vars.len() };
        self.depth += 1;
        self.tree = tree;
        self.base = self.vars.len();
        self.vars.push(("$", dot.clone()));
        Ok(frame(&tree.root, Rc::new(dot), Then::Return(Box::new(caller))))
    }

    fn print_value(&mut self, value: &Reflect) {
        match value.value() {
            Value::Nil => self.print(b"<no value>"),
            Value::Str(text) => self.print(text),
            Value::Object(object) => self.print(object.output().as_bytes()),
            value => self.print(&fmt::print_value(value)),
        }
    }

    fn print(&mut self, text: &[u8]) {
        self.machine.printed += text.len();
        self.machine.out.extend_from_slice(text);
    }

    fn count_step(&mut self) -> Result<()> {
        self.machine.steps += 1;
        let most = self.machine.max_steps;
        if self.machine.steps > most {
            return Err(self.error(format!(
                "exceeded maximum number of steps ({most}); if it is meant to, raise the limit: --max-steps {}",
                most.saturating_mul(4)
            )));
        }
        let length = self.machine.out.len() - self.start;
        if budget::lacks(length) {
            budget::ask(length).map_err(|it| self.error_from(it.into()))?;
        }
        if self.machine.printed > MAX_PRINTED {
            return Err(self.error(format!("exceeded maximum size of output ({MAX_PRINTED} bytes)")));
        }
        Ok(())
    }
}

fn frame<'t>(list: &'t List, dot: Rc<Reflect>, then: Then<'t>) -> Frame<'t> {
    Frame { rest: list.nodes.iter(), dot, then }
}

/// Leaves the structures within the innermost `range`.
fn unwind<'f, 't>(frames: &'f mut Vec<Frame<'t>>) -> Option<&'f Loop<'t>> {
    while frames.last().is_some_and(|it| !matches!(it.then, Then::Loop(_))) {
        frames.pop();
    }
    match &frames.last()?.then {
        Then::Loop(inner) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::gotmpl::{Functions, MissingKey, Templates};
    use crate::value::{Failure, Value};
    use crate::world::{Call, World};

    struct Nowhere;

    impl World for Nowhere {
        fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
            Err(Failure::new(call.function))
        }
    }

    fn execute(text: &str) -> Result<String, String> {
        let functions = Functions::default();
        let mut templates = Templates::default();
        templates.parse("t", text.as_bytes(), &functions).map_err(|it| it.to_string())?;
        let output = templates.execute("t", &Value::Int(7), &functions, &mut Nowhere, MissingKey::Default);
        output.map(|it| String::from_utf8_lossy(&it).into_owned()).map_err(|it| it.to_string())
    }

    #[test]
    fn structures_nest_without_end() {
        let count = 20_000;
        for (open, close) in [
            ("{{if .}}", "{{end}}"),
            ("{{with .}}", "{{end}}"),
            ("{{range 1}}", "{{end}}"),
            ("{{if 0}}{{else}}", "{{end}}"),
            ("{{range 0}}{{else}}", "{{end}}"),
            ("{{if 0}}{{else if .}}", "{{end}}"),
        ] {
            assert_eq!(execute(&format!("{}x{}", open.repeat(count), close.repeat(count))).as_deref(), Ok("x"));
        }
        let chain = format!("{{{{if 0}}}}{}{{{{else}}}}x{{{{end}}}}", "{{else if 0}}".repeat(count));
        assert_eq!(execute(&chain).as_deref(), Ok("x"));
        assert_eq!(execute(&"{{if 1}}".repeat(count)), Err("template: t:1: unexpected EOF".into()));
    }

    #[test]
    fn blocks_nest_without_end() {
        let open: String = (0..2000).map(|it| format!("{{{{block \"{it}\" .}}}}")).collect();
        assert_eq!(execute(&format!("{open}{{{{.}}}}{}", "{{end}}".repeat(2000))).as_deref(), Ok("7"));
    }

    #[test]
    fn parentheses_nest_as_deep_as_in_go() {
        let nested = |count: usize| format!("{{{{{}.{}}}}}", "(".repeat(count), ")".repeat(count));
        assert_eq!(execute(&nested(10_000)).as_deref(), Ok("7"));
        assert_eq!(execute(&nested(10_001)), Err("template: t:1: max expression depth exceeded".into()));
        let unclosed = execute(&format!("{{{{{}", "(".repeat(10_000)));
        assert_eq!(unclosed, Err("template: t:1: unclosed action".into()));
        let context = execute(&format!("{{{{{}.{} 1}}}}", "(".repeat(10_000), ")".repeat(10_000))).unwrap_err();
        assert!(context.contains("can't give argument to non-function (("));
    }

    #[test]
    fn templates_call_each_other_as_deep_as_in_go() {
        let count = |limit: u32| {
            execute(&format!(
                r#"{{{{define "a"}}}}{{{{if lt (len .) {limit}}}}}{{{{template "a" (printf "%sx" .)}}}}{{{{end}}}}{{{{end}}}}{{{{template "a" ""}}}}"#
            ))
        };
        assert_eq!(count(300).as_deref(), Ok(""));
        let error = execute(r#"{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}"#).unwrap_err();
        assert_eq!(
            error,
            "template: t:1:25: executing \"a\" at <{{template \"a\" .}}>: exceeded maximum template depth (100000)"
        );
    }

    /// Go prints until memory ends.
    #[test]
    fn output_ends_somewhere() {
        let error = execute("{{$x := printf \"%999999d\" 1}}{{range 9223372036854775807}}{{$x}}{{end}}").unwrap_err();
        assert_eq!(
            error,
            "template: t:1:60: executing \"t\" at <$x>: exceeded maximum size of output (268435456 bytes)"
        );
    }
}
