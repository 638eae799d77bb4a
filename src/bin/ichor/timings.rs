//! `--timings`: where a run's time went.

use std::path::PathBuf;
use std::process::ExitCode;

use ichor::edge::disk::{self, Access};
use ichor::edge::timings::Timings;
use ichor::ops::Error;

use crate::report;

/// A run that is watched, and the file for its trace.
pub struct Watched {
    timings: Timings,
    file: Option<PathBuf>,
}

/// Begins to watch where the user asks for it.
pub fn begin(asked: Option<Option<PathBuf>>) -> Option<Watched> {
    asked.map(|file| Watched { timings: Timings::begin(), file })
}

impl Watched {
    /// Tells what was seen of a run that ended with this code.
    pub fn tell(self, code: ExitCode) -> ExitCode {
        let Some(file) = self.file else {
            complain!("{}", self.timings.text().trim_end());
            return code;
        };
        match disk::write(&file, self.timings.trace().as_bytes(), Access::Public) {
            Ok(()) => code,
            Err(fault) => report::fail(&Error::from(fault)),
        }
    }
}
