//! What people read before they apply a bundle: what a change to a lock means, and what is likely wrong.

pub mod compare;
pub mod confided;
pub mod drift;
mod kubernetes;
pub mod print;
pub mod rehearse;
pub mod rules;

#[cfg(test)]
mod tests;
