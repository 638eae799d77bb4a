//! The one door between the engine and everything that is not its input.

use crate::hole::Holes;
use crate::value::{Failure, Value};

/// One call of an impure function: its name in the template language and its arguments, already checked against the
/// function's parameters.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// What templates call it by: `genCA`, `now`.
    pub function: &'static str,
    /// As many as it takes, each of the type it declares.
    pub args: &'a [Value],
}

/// Answers what a template cannot know from its input: time, chance, keys, the cluster.
pub trait World {
    /// The result of one impure call, of the type the function declares.
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure>;

    /// The IANA name of the time zone that Go would call `Local`.
    fn local_zone(&self) -> &str {
        "UTC"
    }

    /// Where this world's answers may hold holes, the place that records what becomes of them.
    fn holes(&mut self) -> Option<&mut Holes> {
        None
    }
}
