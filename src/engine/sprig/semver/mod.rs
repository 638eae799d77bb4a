//! Semantic versions and what they are constrained by.
//!
//! Mirrors `github.com/Masterminds/semver` 3.5, which reads versions that are not quite to the letter: `v1`, `1.2` and
//! `01.2.3` are versions too.

mod constraint;
mod handle;
mod version;

pub use constraint::{Constraint, ConstraintError};
pub use version::{Version, VersionError};

pub(super) use handle::Handle;

use std::rc::Rc;

use super::arguments::{BOOL, STRING, function, text};
use crate::gotmpl::{Function, Sealed};
use crate::value::{Failure, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    function("semver", &[STRING], handle::POINTER, Sealed::Refuse, |args| {
        let version = Version::parse(&text(args, 0).to_text()).map_err(Failure::from_error)?;
        Ok(Value::Object(Rc::new(Handle::new(version))))
    }),
    function("semverCompare", &[STRING, STRING], BOOL, Sealed::Refuse, |args| {
        let constraint = Constraint::parse(&text(args, 0).to_text()).map_err(Failure::from_error)?;
        let version = Version::parse(&text(args, 1).to_text()).map_err(Failure::from_error)?;
        Ok(constraint.matches(&version).into())
    }),
];
