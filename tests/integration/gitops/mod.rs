//! Parts that come from GitOps.

mod adopt;
mod cluster;
mod drift;
mod flux;
mod others;
mod takeover;
