//! What a bundle becomes for each of its takers.

mod argocd;
mod flux_secrets;
mod machine_config;
mod open_for;
mod targets;
