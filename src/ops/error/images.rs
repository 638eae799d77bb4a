//! Why images cannot be carried, as it is told.

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::edge::images::ImageError;
use crate::edge::images::ImageFault;
use crate::workspace::error;

impl ImageFault {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let parts: Vec<String> = self.parts.iter().map(|it| format!("`{it}`")).collect();
        let of = match parts.as_slice() {
            [] => String::new(),
            [one] => format!("part {one}: "),
            many => format!("parts {}: ", many.join(", ")),
        };
        let plain = |code: Code, help: &str| Diagnostic::new(code, format!("{of}{}", self.fault)).help(help);
        match &self.fault {
            ImageError::Source { fault, .. } => {
                Diagnostic { help: fault.help(), ..Diagnostic::new(fault.code(), format!("{of}{}", self.fault)) }
            }
            ImageError::Disk(fault) => error::disk_fault(fault),
            ImageError::Layout(_) => plain(Code::V019, "`ichor vendor --check` says what is wrong with it"),
            ImageError::NotAnImage { .. } => {
                plain(Code::V017, "look at the name of the image, and at what stands there")
            }
            ImageError::LacksPlatform { .. } => {
                plain(Code::V025, "leave that platform out of `--platform`, or name an image that runs on it")
            }
            ImageError::NotHeld { .. } => plain(Code::V016, "`ichor vendor --images` fetches it"),
            ImageError::Broken { .. } => {
                plain(Code::V019, "`ichor vendor --images` fetches what is missing or damaged")
            }
            ImageError::Sparse { .. } => plain(
                Code::V026,
                "carry every platform (`ichor vendor --images` without `--platform`), or have the registry take such indexes",
            ),
        }
    }
}
