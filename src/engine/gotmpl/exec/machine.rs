//! What a function sees of the execution it stands in.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::budget;
use crate::gotmpl::exec::{ExecError, State};
use crate::gotmpl::node::Tree;
use crate::gotmpl::parse::parse;
use crate::gotmpl::template::Scope;
use crate::gotmpl::{Functions, MissingKey};
use crate::strconv;
use crate::value::{Failure, Str, Value};
use crate::world::World;

/// One execution in progress: what a function needs to run further templates or to reach the world.
pub struct Machine<'a> {
    pub(super) functions: &'a Functions,
    pub(super) missing_key: MissingKey,
    world: &'a mut dyn World,
    /// The name of the set, which the error for a missing template shows.
    set: Str,
    scope: Rc<Scope>,
    nesting: BTreeMap<Str, usize>,
    /// How many executions are in progress, each within the one before.
    depth: usize,
    /// Nodes walked and rounds begun so far.
    pub(super) steps: usize,
    /// How many may be: `{{range 9223372036854775807}}` goes on until memory or patience ends.
    pub(super) max_steps: usize,
    /// Bytes printed so far, into the texts that functions take too.
    pub(super) printed: usize,
    /// What the executions in progress have printed, one after the other.
    pub(super) out: Vec<u8>,
}

/// Go has no such bound, and ends the process where its stack ends.
const MAX_DEPTH: usize = crate::limits::CALLS.size();
/// Nor this one.
pub(super) const MAX_PRINTED: usize = crate::limits::PRINTED.size();

impl<'a> Machine<'a> {
    pub(in crate::gotmpl) fn new(
        set: Str,
        scope: Rc<Scope>,
        functions: &'a Functions,
        world: &'a mut dyn World,
        missing_key: MissingKey,
    ) -> Self {
        let nesting = BTreeMap::new();
        Machine {
            functions,
            missing_key,
            world,
            set,
            scope,
            nesting,
            depth: 0,
            steps: 0,
            max_steps: budget::steps(),
            printed: 0,
            out: Vec::new(),
        }
    }

    /// Who answers the impure functions of this execution.
    pub fn world(&mut self) -> &mut dyn World {
        self.world
    }

    /// What a map answers for a key it does not have.
    pub fn missing_key(&self) -> MissingKey {
        self.missing_key
    }

    /// Executes the template of this name with `data` as its dot and gives what it printed.
    pub fn execute(&mut self, name: impl AsRef<[u8]>, data: &Value) -> Result<Str, Failure> {
        self.run(name.as_ref(), data).map_err(failure)
    }

    /// Parses `text` as a template of this name in a scope of its own that sees every template of the set, and executes
    /// it: what it defines is seen only by what it calls.
    pub fn execute_text(&mut self, name: impl Into<Str>, text: &[u8], data: &Value) -> Result<Str, Failure> {
        let parsed = parse(name.into(), text.into(), self.functions).map_err(Failure::from_error)?;
        let inner = Rc::new(Scope::within(Rc::clone(&self.scope), parsed.trees));
        let outer = std::mem::replace(&mut self.scope, inner);
        let result = self.run_tree(&parsed.main, data);
        self.scope = outer;
        result.map_err(failure)
    }

    /// A counter for calls of this name that are in progress. Only functions use it, such as `include`, which refuses
    /// to nest without end.
    pub fn nesting(&mut self, name: &[u8]) -> &mut usize {
        self.nesting.entry(name.into()).or_default()
    }

    pub(in crate::gotmpl) fn run(&mut self, name: &[u8], data: &Value) -> Result<Str, Box<ExecError>> {
        let Some(tree) = self.scope.lookup(name).cloned() else {
            let message = format!(
                "template: no template {} associated with template {}",
                strconv::quote(name),
                strconv::quote(&self.set)
            );
            return Err(Box::new(ExecError { template: name.into(), place: None, message, source: None }));
        };
        self.run_tree(&tree, data)
    }

    fn run_tree(&mut self, tree: &Tree, data: &Value) -> Result<Str, Box<ExecError>> {
        if self.depth == MAX_DEPTH {
            let message = format!("exceeded maximum depth of executions within executions ({MAX_DEPTH})");
            return Err(Box::new(ExecError { template: tree.name.clone(), place: None, message, source: None }));
        }
        self.depth += 1;
        let scope = Rc::clone(&self.scope);
        let start = self.out.len();
        let done = State::new(self, &scope, tree).walk(data.clone());
        let printed = Str::from(self.out.get(start..).unwrap_or_default());
        self.out.truncate(start);
        self.depth -= 1;
        done.map(|()| printed)
    }
}

/// Keeps the error's box: nested executions pass it upwards through many frames.
fn failure(error: Box<ExecError>) -> Failure {
    Failure { message: error.to_string(), source: Some(error) }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::gotmpl::{Body, Function, ParseError, Sealed, Templates};
    use crate::value::Type;
    use crate::world::Call;

    /// Answers `ask` with the number of questions so far, and fails to answer `refuse`.
    #[derive(Default)]
    struct Counter(i64);

    #[derive(Debug, PartialEq)]
    struct Refused(i64);

    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "refused after {}", self.0)
        }
    }

    impl Error for Refused {}

    impl World for Counter {
        fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
            self.0 += 1;
            match call.function {
                "ask" => Ok(Value::Int(self.0 * 10 + call.args.len() as i64)),
                _ => Err(Failure::from_error(Refused(self.0))),
            }
        }
    }

    const FUNCTIONS: &[Function] = &[
        function("include", &[Type::String, Type::Any], Body::Machine(include)),
        function("tpl", &[Type::String, Type::Any], Body::Machine(tpl)),
        Function { variadic: true, ..function("ask", &[Type::Any], Body::Impure) },
        function("refuse", &[], Body::Impure),
    ];

    const fn function(name: &'static str, params: &'static [Type], body: Body) -> Function {
        Function { name, params, variadic: false, result: Type::Any, sealed: Sealed::Refuse, body }
    }

    fn include(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
        let Value::Str(name) = &args[0] else { unreachable!() };
        if *machine.nesting(name) == 100 {
            return Err(Failure::new("too deep"));
        }
        *machine.nesting(name) += 1;
        let result = machine.execute(name, &args[1]);
        *machine.nesting(name) -= 1;
        result.map(Value::Str)
    }

    fn tpl(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
        let Value::Str(text) = &args[0] else { unreachable!() };
        machine.execute_text("root", text, &args[1]).map(Value::Str)
    }

    fn execute(texts: &[(&str, &str)]) -> Result<String, ExecError> {
        let functions = Functions::default().with(FUNCTIONS);
        let mut templates = Templates::new("root");
        for (name, text) in texts {
            templates.parse(*name, text.as_bytes(), &functions).unwrap();
        }
        let data = Value::map([("a", Value::Int(1))]);
        let output = templates.execute(texts[0].0, &data, &functions, &mut Counter::default(), MissingKey::Zero)?;
        Ok(output.to_string())
    }

    #[test]
    fn a_text_sees_the_set_and_hides_what_it_defines() {
        let library = ("lib", r#"{{define "x"}}outer{{end}}{{define "y"}}[{{template "x"}}{{include "x" .}}]{{end}}"#);
        let main = r#"{{tpl "{{define \"x\"}}inner{{end}}{{include \"y\" .}}" .}} {{include "y" .}}"#;
        assert_eq!(execute(&[("t", main), library]).unwrap(), "[innerinner] [outerouter]");
        let empty = r#"{{tpl "{{define \"x\"}} {{end}}{{include \"y\" .}}" .}}"#;
        assert_eq!(execute(&[("t", empty), library]).unwrap(), "[outerouter]");
        let nested = r#"{{tpl "{{define \"x\"}}1{{end}}{{tpl `{{define \"z\"}}2{{end}}{{template \"x\"}}{{template \"z\"}}` .}}" .}}"#;
        assert_eq!(execute(&[("t", nested), library]).unwrap(), "12");
    }

    #[test]
    fn an_empty_text_prints_nothing_though_its_name_is_taken() {
        assert_eq!(execute(&[("root", r#"<{{tpl " " .}}>"#)]).unwrap(), "< >");
    }

    #[test]
    fn a_text_is_parsed_before_it_is_executed() {
        let error = execute(&[("t", r#"{{tpl "{{ .a}" .}}"#)]).unwrap_err();
        let parse = error.source.as_deref().and_then(|it| it.downcast_ref::<ParseError>()).unwrap();
        assert_eq!((parse.line, &*parse.message), (1, "bad character U+007D '}'"));
        let place = error.place.unwrap();
        assert_eq!((place.line, place.column, &*place.context), (1, 2, r#"tpl "{{ .a}" ."#));
        assert_eq!(error.message, "error calling tpl: template: root:1: bad character U+007D '}'");
    }

    #[test]
    fn the_worlds_own_error_survives_nested_executions() {
        let error = execute(&[("t", r#"{{include "u" .}}"#), ("u", "\n{{tpl \"{{refuse}}\" .}}")]).unwrap_err();
        let mut source: &dyn Error = &error;
        while let Some(below) = source.source() {
            source = below;
        }
        assert_eq!(source.downcast_ref::<Refused>(), Some(&Refused(1)));
        assert_eq!(
            error.to_string(),
            "template: t:1:2: executing \"t\" at <include \"u\" .>: error calling include: template: u:2:2: executing \
             \"u\" at <tpl \"{{refuse}}\" .>: error calling tpl: template: root:1:2: executing \"root\" at <refuse>: \
             error calling refuse: refused after 1"
        );
    }

    #[test]
    fn impure_functions_ask_the_world_in_order() {
        assert_eq!(
            execute(&[("t", r#"{{ask}} {{include "u" 1}} {{ask 1 2}}"#), ("u", "{{ask .}}")]).unwrap(),
            "10 21 32"
        );
    }

    #[test]
    fn nesting_is_counted_by_name() {
        let error = execute(&[("t", r#"{{include "u" .}}"#), ("u", r#"{{include "u" .}}"#)]).unwrap_err();
        assert!(error.to_string().ends_with("error calling include: too deep"));
        assert_eq!(error.to_string().matches("executing").count(), 101);
    }

    #[test]
    fn a_missing_template_names_the_set() {
        let error = execute(&[("t", r#"{{include "no" .}}"#)]).unwrap_err();
        assert_eq!(
            error.message,
            r#"error calling include: template: no template "no" associated with template "root""#
        );
    }
}
