//! Why a chart does not load.

use super::ignore::IgnoreError;
use crate::strconv;

/// A fault of a chart's files; prints in Helm's wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    #[error("cannot load {file}: {cause}")]
    File { file: &'static str, cause: String },
    #[error("Chart.yaml file is missing")]
    NoChartYaml,
    #[error("validation: {0}")]
    Invalid(String),
    #[error("error unpacking subchart {name} in {parent}: {cause}")]
    Subchart { name: String, parent: String, cause: Box<ChartError> },
    #[error("error unpacking subchart tar in {parent}: expected {name}, got {found}")]
    SubchartArchive { name: String, parent: String, found: String },
    #[error("charts are nested too deeply")]
    TooDeep,
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    #[error("{0}")]
    Archive(String),
    #[error("chart illegally contains absolute paths")]
    AbsolutePath,
    #[error("chart illegally contains content outside the base directory: {}", strconv::quote(.0.as_bytes()))]
    OutsideBase(String),
    #[error("chart illegally references parent directory")]
    ParentDirectory,
    #[error("chart contains illegally named files")]
    IllegalName,
    #[error("chart yaml not in base directory")]
    ChartYamlNotInBase,
    #[error("decompressed chart is larger than the maximum size {0}")]
    TooLarge(u64),
    #[error("decompressed chart file {} is larger than the maximum file size {limit}", strconv::quote(.name.as_bytes()))]
    FileTooLarge { name: String, limit: u64 },
    #[error("no files in chart archive")]
    EmptyArchive,
}
