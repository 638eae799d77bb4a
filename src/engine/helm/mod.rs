//! Helm, by its version: charts, values, rendering, and the order of manifests.
//!
//! A [`Chart`] is loaded from a file tree or an archive, values are merged from their sources, and [`render()`] gives the
//! manifests in the order of installation. Nothing here reads files or asks the time: templates ask the `World`.

mod behaviour;
mod build_info;
pub mod capabilities;
pub mod chart;
mod decode;
mod documents;
mod durations;
mod exec_error;
mod files;
mod functions;
mod glob;
mod helm_version;
pub mod jsonpath;
pub mod manifest;
pub mod print;
mod release;
mod render;
mod schema;
pub mod strvals;
mod template_name;
pub mod values;
mod version;

pub use chart::{Chart, ChartError};
pub use exec_error::TemplateError;
pub use functions::functions;
pub use helm_version::{HelmVersion, HelmWish, UnknownHelm, known as known_helms};
pub use release::{Release, ReleaseNameError};
pub use render::{Options, RenderError, Rendered, render, render_files};
pub use schema::{Misfit, misfits};
pub use template_name::{TemplateNameError, template_name};
