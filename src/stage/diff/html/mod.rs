//! x
use super::Diff;
pub fn print(diff: &Diff) -> String { diff.risk.clone() }
