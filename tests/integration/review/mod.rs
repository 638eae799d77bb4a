//! `diff`, `upgrade` and `git-setup` as people use them: in git repositories, with real keys, in a real browser.

mod action;
mod alarms;
mod exposed;
mod jobs;
mod kinds;
mod merges;
mod page;
mod rehearsal;
mod rehearsed;
mod revisions;
mod routine;
mod schema;
mod upgrades;
