//! Pins, holes and envelopes as a user meets them, with the real age, openssl, git and network namespaces.

mod cilium;
mod expired;
mod hygiene;
mod import;
mod keys;
mod real_age;
mod recipients;
mod rotate;
mod secret_values;
mod sops;
mod sops_rules;
mod vectors;
mod wrong;
