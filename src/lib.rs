//! `ichor` builds the sealed bootstrap of Talos Linux clusters: pinned charts, stable certificates, reproducible bundles.
//!
//! Imports point one way: `engine <- base <- object <- stage <- deliver <- review <- edge <- ops`, and the
//! binary on top. The engine is a crate of its own,
//! [`helm_engine`], that knows nothing of the other layers.
#![forbid(unsafe_code)]

pub mod base;
pub mod deliver;
pub mod edge;
pub mod object;
pub mod ops;
pub mod review;
pub mod stage;
