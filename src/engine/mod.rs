//! Pure languages: what Go, its templates, sprig and Helm compute, with no input or output of their own.
//!
//! Order, bottom first: `value`, `hole`, `world`, `strconv`, `fmt`, `yaml`, `gotmpl`, `sprig`, `helm`. A module imports only from
//! those before it.

pub mod fmt;
pub mod gotmpl;
pub mod helm;
pub mod hole;
pub mod sprig;
pub mod strconv;
pub mod value;
pub mod world;
pub mod yaml;
