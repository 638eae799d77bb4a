//! Envelopes that somebody without a key put elsewhere: in a lock, in a bundle; and locks from before envelopes were bound.

#![allow(clippy::disallowed_methods)] // A test sets up its own files.

mod archive;
mod before;
#[path = "../pipeline/run.rs"]
mod run;
mod swaps;
mod tampering;
#[path = "../pins/tools.rs"]
mod tools;
#[path = "../pipeline/workspace.rs"]
mod workspace;
