//! Sets of templates. Mirrors `text/template/template.go`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::gotmpl::node::Tree;
use crate::gotmpl::parse::{ParseError, Parsed, parse};
use crate::gotmpl::{ExecError, Functions, Machine, MissingKey};
use crate::value::{Str, Value};
use crate::world::World;

/// A set of parsed templates that may call each other by name. A clone shares them and costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// The name Go's root template has; only an error that a template is missing shows it.
    name: Str,
    scope: Rc<Scope>,
}

impl Templates {
    /// An empty set whose root template has this name.
    pub fn new(name: impl Into<Str>) -> Self {
        Templates { name: name.into(), scope: Rc::default() }
    }

    /// Parses a text as the template of this name, and enters what it defines.
    ///
    /// A template replaces an earlier one of its name, unless it is empty but for white space and comments.
    pub fn parse(
        &mut self,
        name: impl Into<Str>,
        text: impl Into<Str>,
        functions: &Functions,
    ) -> Result<(), ParseError> {
        let Parsed { trees, .. } = parse(name.into(), text.into(), functions)?;
        Rc::make_mut(&mut self.scope).add(trees);
        Ok(())
    }

    /// Whether there is a template of this name.
    pub fn contains(&self, name: impl AsRef<[u8]>) -> bool {
        self.scope.lookup(name.as_ref()).is_some()
    }

    /// The names of all templates, sorted.
    pub fn names(&self) -> impl Iterator<Item = &Str> {
        self.scope.trees.keys()
    }

    /// Executes the template of this name with `data` as its dot and gives what it printed.
    pub fn execute(
        &self,
        name: impl AsRef<[u8]>,
        data: &Value,
        functions: &Functions,
        world: &mut dyn World,
        missing_key: MissingKey,
    ) -> Result<Str, ExecError> {
        let mut machine = Machine::new(self.name.clone(), Rc::clone(&self.scope), functions, world, missing_key);
        machine.run(name.as_ref(), data).map_err(|it| *it)
    }
}

/// Templates by name, over those of an outer scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    trees: BTreeMap<Str, Rc<Tree>>,
    outer: Option<Rc<Scope>>,
}

impl Scope {
    /// A scope that sees those of `outer` but where it has its own.
    pub fn within(outer: Rc<Scope>, trees: BTreeMap<Str, Rc<Tree>>) -> Scope {
        let mut scope = Scope { trees: BTreeMap::new(), outer: Some(outer) };
        scope.add(trees);
        scope
    }

    pub fn lookup(&self, name: &[u8]) -> Option<&Rc<Tree>> {
        let mut scope = self;
        loop {
            if let Some(tree) = scope.trees.get(name) {
                return Some(tree);
            }
            scope = scope.outer.as_ref()?;
        }
    }

    fn add(&mut self, trees: BTreeMap<Str, Rc<Tree>>) {
        for (name, tree) in trees {
            if !tree.is_empty() || self.lookup(&name).is_none() {
                self.trees.insert(name, tree);
            }
        }
    }
}
