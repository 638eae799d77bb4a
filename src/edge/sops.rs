//! SOPS, by the user's own program: it knows every kind of key that SOPS has, and its own settings.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::base::secret::Secret;

/// Why SOPS did not decrypt.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{0}` is encrypted by SOPS, and the program `sops` is not on the PATH")]
    NoProgram(String),
    #[error("`sops` could not be run: {0}")]
    Run(io::Error),
    #[error("`sops` does not decrypt `{path}`: {said}")]
    Refused { path: String, said: String },
}

/// Decrypts the bytes of a file of this name, and gives YAML. `identities` are age identity files: one is named to SOPS where
/// the environment names none.
pub fn decrypt(path: &str, bytes: &[u8], identities: &[String]) -> Result<Secret, Error> {
    let mut command = Command::new("sops");
    command.args(["--decrypt", "--input-type", kind(path), "--output-type", "yaml", "/dev/stdin"]);
    // A file of identities that the user names comes before the one that SOPS finds by itself.
    if let [identity] = identities
        && identity != "-"
    {
        command.env("SOPS_AGE_KEY_FILE", identity);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|fault| match fault.kind() {
        io::ErrorKind::NotFound => Error::NoProgram(path.into()),
        _ => Error::Run(fault),
    })?;
    let mut clear = Zeroizing::new(Vec::with_capacity(bytes.len() + 4096));
    let mut said = Vec::new();
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // A program that ends early has said why on its standard error.
            stdin.map(|mut pipe| pipe.write_all(bytes))
        });
        scope.spawn(|| stderr.map(|pipe| pipe.take(64 << 10).read_to_end(&mut said)));
        stdout.map(|mut pipe| pipe.read_to_end(&mut clear)).transpose()
    })
    .map_err(Error::Run)?;
    if child.wait().map_err(Error::Run)?.success() {
        return Ok(Secret::new(std::mem::take(&mut *clear)));
    }
    Err(Error::Refused { path: path.into(), said: short(&said) })
}

/// The form of a file, as SOPS tells it by its name.
fn kind(path: &str) -> &'static str {
    match Path::new(path).extension().and_then(|it| it.to_str()) {
        Some("json") => "json",
        Some("env") => "dotenv",
        Some("ini") => "ini",
        _ => "yaml",
    }
}

/// What SOPS said, on one line and not longer than a terminal's screen.
fn short(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.join(" ") {
        none if none.is_empty() => "it said nothing".into(),
        text => text.chars().take(400).collect(),
    }
}
