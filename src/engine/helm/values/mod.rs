//! Values: merging and looking into them.

mod coalesce;
mod dependencies;
mod options;
mod table;

pub use super::documents::{merge_maps, read_documents};
pub use coalesce::{CoalesceError, coalesce_values, default_values};
pub(crate) use dependencies::process_dependencies;
pub use options::{ValueSource, ValuesError, merge_sources};
pub(super) use table::{path_value, table};

/// Where the remarks go that Helm logs and goes on: clashes of tables with other values.
pub type Warnings = Vec<String>;
