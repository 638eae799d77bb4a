//! Signatures of OpenSSH, by the user's own `ssh-keygen`: it knows every kind of key, agents and keys of hardware.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::process;

/// What the signatures of bundles and parcels are for; `ssh-keygen` calls it the namespace.
pub const FILES: &str = "ichor";
/// What those of statements are for.
pub const STATEMENTS: &str = "ichor-attestation";

/// Why something was not signed, or is not signed by anybody who is named.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    #[error("the program `ssh-keygen` is not on the PATH")]
    NoProgram,
    #[error("`ssh-keygen` could not be run: {0}")]
    Run(io::Error),
    #[error("`ssh-keygen` does not sign with `{key}`: {said}")]
    NotSigned { key: String, said: String },
    #[error("the signature is by nobody who is named there: {0}")]
    Nobody(String),
}

/// Whose signature it is, and of which key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signer {
    /// As the file of signers names them.
    pub name: String,
    /// The fingerprint of the key.
    pub key: String,
}

/// Signs bytes with the key in a file; gives the signature in its armour.
pub fn sign(key: &Path, namespace: &str, bytes: &[u8]) -> Result<String, SshError> {
    let mut file = tempfile::tempfile().map_err(SshError::Run)?;
    file.write_all(bytes).and_then(|()| file.rewind()).map_err(SshError::Run)?;
    sign_open(key, namespace, file)
}

/// Signs what a file holds; gives the signature in its armour. `ssh-keygen` itself would write it beside the file, and leave
/// half of it on a full disk.
pub fn sign_file(key: &Path, namespace: &str, file: &Path) -> Result<String, SshError> {
    sign_open(key, namespace, File::open(file).map_err(SshError::Run)?)
}

fn sign_open(key: &Path, namespace: &str, file: File) -> Result<String, SshError> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-f"]).arg(key).args(["-n", namespace]);
    // For a passphrase it asks the terminal.
    command.stdin(file).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = process::spawn(&mut command).map_err(fault)?;
    let run = child.wait_with_output().map_err(SshError::Run)?;
    match run.status.success() {
        true => Ok(String::from_utf8_lossy(&run.stdout).into_owned()),
        false => Err(SshError::NotSigned { key: key.display().to_string(), said: said(&run) }),
    }
}

/// Who of those in a file of signers (`allowed_signers` of OpenSSH) has signed the content of a file.
pub fn verify(signers: &Path, namespace: &str, signature: &Path, file: &Path) -> Result<Signer, SshError> {
    let mut find = Command::new("ssh-keygen");
    find.args(["-Y", "find-principals", "-f"]).arg(signers).arg("-s").arg(signature);
    let found = process::output(&mut find).map_err(fault)?;
    let names = String::from_utf8_lossy(&found.stdout).into_owned();
    let mut why = said(&found);
    for name in names.lines().filter(|it| !it.is_empty()) {
        let content = fs::File::open(file).map_err(SshError::Run)?;
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "verify", "-f"]).arg(signers).args(["-I", name, "-n", namespace, "-s"]).arg(signature);
        command.stdin(content).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = process::spawn(&mut command).map_err(fault)?;
        let run = process::collect(child).map_err(SshError::Run)?;
        if run.status.success() {
            let text = String::from_utf8_lossy(&run.stdout).into_owned();
            let key = text.split_whitespace().find(|it| it.starts_with("SHA256:")).unwrap_or_default().to_owned();
            return Ok(Signer { name: name.into(), key });
        }
        why = said(&run);
    }
    Err(SshError::Nobody(why))
}

/// The fingerprint of a key, private or public.
pub fn fingerprint(key: &Path) -> Result<String, SshError> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-l", "-f"]).arg(key);
    let run = process::output(&mut command).map_err(fault)?;
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    match text.split_whitespace().find(|it| it.starts_with("SHA256:")) {
        Some(key) => Ok(key.to_owned()),
        None => Err(SshError::NotSigned { key: key.display().to_string(), said: said(&run) }),
    }
}

fn fault(fault: io::Error) -> SshError {
    if fault.kind() == io::ErrorKind::NotFound { SshError::NoProgram } else { SshError::Run(fault) }
}

/// What the program said, on one line.
fn said(run: &Output) -> String {
    let text = [run.stderr.as_slice(), run.stdout.as_slice()].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().map(str::trim).rfind(|it| !it.is_empty()).unwrap_or("it says nothing").to_owned()
}
