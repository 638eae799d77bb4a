//! `ichor` builds the sealed bootstrap of Talos Linux clusters: pinned charts, stable certificates, reproducible bundles.
//!
//! Imports point one way: `base <- engine <- stage <- edge <- ops`, and the binary on top. `engine` is a Helm of its own
//! and knows nothing of the other layers but `base`.
#![forbid(unsafe_code)]

pub mod base;
pub mod edge;
pub mod engine;
pub mod ops;
pub mod stage;
