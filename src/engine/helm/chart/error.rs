//! Why a chart does not load.

use super::ignore::IgnoreError;
use crate::strconv;

/// A fault of a chart's files; prints in Helm's wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// A file that Helm reads at loading is not of the form that it must have.
    #[error("cannot load {file}: {cause}")]
    File {
        /// `Chart.yaml`, `values.yaml` and the like.
        file: &'static str,
        /// What Go's decoder says of it.
        cause: String,
    },
    /// No file of the chart is called `Chart.yaml`.
    #[error("Chart.yaml file is missing")]
    NoChartYaml,
    /// `Chart.yaml` can be read, but an entry of it is missing or not allowed. Helm's text of which.
    #[error("validation: {0}")]
    Invalid(String),
    /// A chart in `charts/` does not load.
    #[error("error unpacking subchart {name} in {parent}: {cause}")]
    Subchart {
        /// Its folder or archive in `charts/`.
        name: String,
        /// The name of the chart above it.
        parent: String,
        /// Why it does not load.
        cause: Box<ChartError>,
    },
    /// A folder in `charts/` has a name that ends in `.tgz`, where Helm expects an archive.
    #[error("error unpacking subchart tar in {parent}: expected {name}, got {found}")]
    SubchartArchive {
        /// The name of the folder.
        name: String,
        /// The name of the chart above it.
        parent: String,
        /// The first file in it.
        found: String,
    },
    /// Charts hold charts, more levels than this engine goes down.
    #[error("charts are nested too deeply")]
    TooDeep,
    /// The `.helmignore` of the chart has a line that is no rule.
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    /// The bytes are no gzipped tar file, or break off. Go's text of what is wrong with them.
    #[error("{0}")]
    Archive(String),
    /// A file of the archive has a path from the root of a file system on.
    #[error("chart illegally contains absolute paths")]
    AbsolutePath,
    /// A file of the archive lies in no folder. Its path.
    #[error("chart illegally contains content outside the base directory: {}", strconv::quote(.0.as_bytes()))]
    OutsideBase(String),
    /// A file of the archive has a path that leads out of the folder by `..`.
    #[error("chart illegally references parent directory")]
    ParentDirectory,
    /// A file of the archive has a path that begins with a drive of Windows, such as `C:/`.
    #[error("chart contains illegally named files")]
    IllegalName,
    /// The folder at the top of the archive is called `Chart.yaml`.
    #[error("chart yaml not in base directory")]
    ChartYamlNotInBase,
    /// All files of the archive together are longer than so many bytes.
    #[error("decompressed chart is larger than the maximum size {0}")]
    TooLarge(u64),
    /// One file of the archive is too long.
    #[error("decompressed chart file {} is larger than the maximum file size {limit}", strconv::quote(.name.as_bytes()))]
    FileTooLarge {
        /// Its path in the archive.
        name: String,
        /// The most it may hold, in bytes.
        limit: u64,
    },
    /// The archive can be read and holds no file.
    #[error("no files in chart archive")]
    EmptyArchive,
}
