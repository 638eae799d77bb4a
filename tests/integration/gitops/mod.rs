//! Parts that come from GitOps.

mod drift;
mod flux;
mod others;
