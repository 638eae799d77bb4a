//! All tests that use the crate or the program from outside. tests/README.md tells where a case goes.

#![allow(clippy::disallowed_methods)] // A test sets up its own files, clocks and servers.
#![allow(clippy::panic, clippy::unwrap_used)] // A test may end where something is not as it should be.

mod airgap;
mod check;
mod completions;
mod deliver;
mod docs;
mod engine;
mod envelopes;
mod examples;
mod faults;
mod gitops;
mod hostile;
mod init;
mod laws;
mod lock;
mod man;
mod pins;
mod pipeline;
mod review;
mod rules;
mod sources;
mod spec;
mod supply;
mod support;
mod template;
mod tidy;
mod voice;
