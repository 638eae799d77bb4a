//! Sources as they are: Debian's registry on loopback, charts pushed by the real Helm SDK, a repository over https, and
//! servers that do everything wrong.

mod at_once;
mod bad_input;
mod corners;
mod hosts;
mod kill;
mod kinds;
mod progress;
mod push;
mod reach;
mod revisions;

mod update;
mod vendor;
