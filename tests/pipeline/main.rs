//! The main job from spec to opened patch, run as a user runs it, with the real age and the real openssl as witnesses.

#![allow(clippy::disallowed_methods)] // A test sets up its own files.

mod bad_input;
mod determinism;
mod quickstart;
mod run;
mod workspace;
