//! What is carried to a site without a network: images and the files that hold them.

mod found;
mod image;
mod kept;
mod parcels;
mod pinned;
mod pushed;
mod rehearsal;
mod signed;
mod vouched;
