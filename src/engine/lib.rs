//! A Helm for Rust: what Go, its templates, sprig and Helm compute, with no input or output of their own.
//!
//! Everything comes in as an argument: the chart's files, the values, and through [`world::World`] the clock, the random
//! source and whatever else an impure template function asks for. `examples/render.rs` renders a chart that lies in memory.
//!
//! A chart is read as the Helm of one version ([`helm::HelmVersion`]) and rendered by [`helm::render()`]: values are merged,
//! judged by the chart's schema, the templates are executed, and their documents are put in the order of installation. Where
//! the world answers with secrets that are not at hand, it gives a [`hole`]: text that stands for the secret, and
//! remembers what the template does with it.
//!
//! Order, bottom first: `limits`, `timing`, `path`, `tree`, `value`, `budget`, `hole`, `world`, `strconv`, `encoding`, `time`, `pki`, `fmt`,
//! `yaml`, `gotmpl`, `sprig`, `helm`. A module imports only from those before it.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod budget;
pub mod encoding;
pub mod fmt;
pub mod gotmpl;
pub mod helm;
pub mod hole;
pub mod limits;
pub mod path;
pub mod pki;
pub mod sprig;
pub mod strconv;
pub(crate) mod time;
pub mod timing;
pub mod tree;
pub mod value;
pub mod world;
pub mod yaml;
