//! What a function sees of the execution it stands in.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::engine::gotmpl::exec::{ExecError, State};
use crate::engine::gotmpl::node::Tree;
use crate::engine::gotmpl::parse::parse;
use crate::engine::gotmpl::template::Scope;
use crate::engine::gotmpl::{Functions, MissingKey};
use crate::engine::strconv;
use crate::engine::value::{Failure, Str, Value};
use crate::engine::world::World;

/// One execution in progress: what a function needs to run further templates or to reach the world.
pub struct Machine<'a> {
    pub(super) functions: &'a Functions,
    pub(super) missing_key: MissingKey,
    world: &'a mut dyn World,
    /// The name of the set, which the error for a missing template shows.
    set: Str,
    scope: Rc<Scope>,
    nesting: BTreeMap<Str, usize>,
}

impl<'a> Machine<'a> {
    pub(in crate::engine::gotmpl) fn new(
        set: Str,
        scope: Rc<Scope>,
        functions: &'a Functions,
        world: &'a mut dyn World,
        missing_key: MissingKey,
    ) -> Self {
        Machine { functions, missing_key, world, set, scope, nesting: BTreeMap::new() }
    }

    pub fn world(&mut self) -> &mut dyn World {
        self.world
    }

    /// What a map answers for a key it does not have.
    pub fn missing_key(&self) -> MissingKey {
        self.missing_key
    }

    /// Executes the template of this name with `data` as its dot and gives what it printed.
    pub fn execute(&mut self, name: impl AsRef<[u8]>, data: &Value) -> Result<Str, Failure> {
        self.run(name.as_ref(), data).map(Str::from).map_err(Failure::from_error)
    }

    /// Parses `text` as a template of this name in a scope of its own that sees every template of the set, and executes
    /// it: what it defines is seen only by what it calls.
    pub fn execute_text(&mut self, name: impl Into<Str>, text: &[u8], data: &Value) -> Result<Str, Failure> {
        let parsed = parse(name.into(), text, self.functions).map_err(Failure::from_error)?;
        let inner = Rc::new(Scope::within(Rc::clone(&self.scope), parsed.trees));
        let outer = std::mem::replace(&mut self.scope, inner);
        let result = self.run_tree(&parsed.main, data);
        self.scope = outer;
        result.map(Str::from).map_err(Failure::from_error)
    }

    /// A counter for calls of this name that are in progress. Only functions use it, such as `include`, which refuses
    /// to nest without end.
    pub fn nesting(&mut self, name: &[u8]) -> &mut usize {
        if !self.nesting.contains_key(name) {
            self.nesting.insert(name.into(), 0);
        }
        self.nesting.entry(name.into()).or_default()
    }

    pub(in crate::engine::gotmpl) fn run(&mut self, name: &[u8], data: &Value) -> Result<Vec<u8>, ExecError> {
        let Some(tree) = self.scope.lookup(name).cloned() else {
            let message = format!(
                "template: no template {} associated with template {}",
                strconv::quote(name),
                strconv::quote(&self.set)
            );
            return Err(ExecError { template: name.into(), place: None, message, source: None });
        };
        self.run_tree(&tree, data)
    }

    fn run_tree(&mut self, tree: &Tree, data: &Value) -> Result<Vec<u8>, ExecError> {
        let scope = Rc::clone(&self.scope);
        State::new(self, &scope, tree).walk(data.clone()).map_err(|it| *it)
    }
}
