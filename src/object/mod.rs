//! A Kubernetes object: streams cut into documents, what each document says it is, and where it lives.
#![warn(missing_docs)]

pub mod api;
pub mod document;
pub mod image;
pub mod private_key;
pub mod scope;
