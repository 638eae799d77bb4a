//! Go's `text/template`.

mod function;

pub use function::{Body, Function, Functions, Sealed};

use crate::engine::value::{Failure, Str, Value};
use crate::engine::world::World;

/// A set of parsed templates that may call each other by name.
#[derive(Default)]
pub struct Templates {}

/// One execution in progress: what a function needs to run further templates or to reach the world.
pub struct Machine<'a> {
    world: &'a mut dyn World,
}

impl Machine<'_> {
    pub fn world(&mut self) -> &mut dyn World {
        self.world
    }

    /// Executes the template of this name with `data` as its dot and gives what it printed.
    pub fn execute(&mut self, name: &str, data: &Value) -> Result<Str, Failure> {
        todo!("{name} {data:?}")
    }

    /// Parses `text` as a template of this name in a scope of its own that sees every template of the set, and executes
    /// it: what it defines is seen only by what it calls.
    pub fn execute_text(&mut self, name: &str, text: &[u8], data: &Value) -> Result<Str, Failure> {
        todo!("{name} {text:?} {data:?}")
    }
}
