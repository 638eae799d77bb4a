//! What API servers know: the kinds of Kubernetes, their fields, and the types of those.
//!
//! `kubernetes.txt` is written by `tests/generate_kubernetes.py`; its head says what its signs mean.

mod table;
mod walk;

pub(super) use table::{Release, Served, served};
pub(super) use walk::walk;
