//! Parts that come from GitOps.

mod adopt;
mod adopt_flux;
mod cluster;
mod drift;
mod flux;
mod handoff;
mod incidents;
mod others;
mod takeover;
