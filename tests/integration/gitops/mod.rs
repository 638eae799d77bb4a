//! Parts that come from GitOps.

mod flux;
