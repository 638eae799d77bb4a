//! Sources as they are: Debian's registry on loopback, charts pushed by the real Helm SDK, a repository over https, and
//! servers that do everything wrong.

#![allow(clippy::disallowed_methods)] // A test sets up its own files and servers.

mod bad_input;
mod charts;
mod corners;
mod kill;
mod kinds;
mod progress;
mod push;
mod reach;
mod revisions;
#[path = "../pipeline/run.rs"]
mod run;
mod server;
mod servers;
mod speed;
mod template;
mod update;
mod vendor;
mod workspace;
