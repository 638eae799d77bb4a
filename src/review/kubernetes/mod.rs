//! What is known of Kubernetes, once for `check` and for `diff`: its kinds and their fields, quantities, Pod Security.

pub mod cursor;
pub mod quantity;
pub mod schema;
pub mod security;
