//! What is known of Kubernetes, once for `check` and for `diff`: its kinds and their fields, quantities, Pod Security, and what an
//! API server refuses in an object by itself.

pub mod cursor;
pub(in crate::review) mod custom;
pub(in crate::review) mod fault;
pub(in crate::review) mod fields;
pub mod quantity;
pub(in crate::review) mod refused;
pub mod schema;
pub mod security;
pub(in crate::review) mod text;
