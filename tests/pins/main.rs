//! Pins, holes and envelopes as a user meets them, with the real age, openssl, git and network namespaces.

#![allow(clippy::disallowed_methods)] // A test sets up its own files.

mod cilium;
mod hygiene;
mod import;
mod keys;
mod rotate;
#[path = "../pipeline/run.rs"]
mod run;
mod secret_values;
mod tools;
mod vectors;
#[path = "../pipeline/workspace.rs"]
mod workspace;
