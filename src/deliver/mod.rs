//! What a bundle becomes for its taker: machine configs, Omni, talhelper, topf, kubectl, files, Flux, Argo CD; its size, and what can
//! be split off or left out.

pub mod adopt;
pub mod argocd;
pub mod changes;
pub mod contents;
pub mod files;
pub mod flux;
pub mod flux_patch;
pub mod flux_secrets;
pub mod flux_version;
pub mod image_rules;
pub mod kept;
pub mod kubectl;
pub mod machine_config;
mod omni;
pub mod registries;
pub mod size;
pub mod split;
pub mod strip;
mod talhelper;
pub mod target;
mod topf;
