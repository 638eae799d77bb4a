//! `ichor template` and `ichor show`, which take the place of Helm's.

mod differences;
mod flags;
mod sources;
