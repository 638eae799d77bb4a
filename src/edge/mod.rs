//! The only input and output: files, keys, the store, the clock, chance.

#![allow(clippy::disallowed_methods)] // This is the one place for what they do.

pub mod age;
pub mod arriving;
pub mod blobs;
pub mod clock;
pub mod disk;
pub mod fetch;
pub mod files;
pub mod git;
pub mod gitops;
pub mod growing;
pub mod guard;
pub mod hold;
pub mod images;
pub mod interrupt;
pub mod kept_charts;
pub mod keys;
pub mod kubectl;
pub mod landing;
pub mod layout;
pub mod many;
pub mod mint;
pub mod network;
pub mod output_folder;
pub mod pager;
pub mod parcel;
pub mod process;
pub mod random;
pub mod read_files;
pub mod signed;
pub mod sops;
pub mod sources;
pub mod specs;
pub mod ssh;
pub mod store;
pub mod timings;
pub mod unfinished;
pub mod voice;
