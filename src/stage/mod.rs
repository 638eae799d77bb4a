//! The pipeline, pure: `Spec -> Lock -> Vendored -> Rendered -> Sealed -> Packed -> Bundle`.
//!
//! Each type is built only by its own stage, so that a skipped step does not compile.
#![warn(missing_docs)]

pub mod bundle;
pub mod lock;
pub mod pack;
pub mod parcel;
pub mod provenance;
pub mod render;
pub mod resolve;
pub mod seal;
pub mod spec;
pub mod vendored;
