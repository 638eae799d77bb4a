//! Helm's provenance files: a text signed with OpenPGP, that names an archive by its digest. `gpgv` checks the signature.

use std::fs;
use std::io;
use std::process::Command;

use super::{Fault, SignatureError};
use crate::base::digest::Digest;
use crate::edge::process;
use helm_engine::value::Value;
use helm_engine::yaml;

/// Who of a keyring has signed a text that names the archive of a digest.
pub(super) fn check(text: &[u8], keys: &[u8], archive: &Digest) -> Result<String, Fault> {
    let folder = tempfile::tempdir().map_err(run)?;
    let [keyring, signed, plain] = ["keyring.gpg", "signed.prov", "plain"].map(|it| folder.path().join(it));
    fs::write(&keyring, keys).map_err(run)?;
    fs::write(&signed, text).map_err(run)?;
    let mut command = Command::new("gpgv");
    command.args(["--status-fd", "1", "--keyring"]).arg(&keyring).arg("--output").arg(&plain).arg(&signed);
    // Its own folder in the home of the user is of no use here.
    let found = process::output(command.env("GNUPGHOME", folder.path())).map_err(run)?;
    let status = String::from_utf8_lossy(&found.stdout).into_owned();
    let said =
        |word: &str| status.lines().find_map(|it| it.strip_prefix("[GNUPG:] ")?.strip_prefix(word)).map(str::trim);
    let refused = [
        ("EXPKEYSIG", "is by a key that has expired"),
        ("REVKEYSIG", "is by a key that was revoked"),
        ("EXPSIG", "has expired"),
        ("NO_PUBKEY", "is by a key that is not in the keyring"),
    ];
    if let Some((_, why)) = refused.into_iter().find(|(word, _)| said(word).is_some()) {
        return Err(Fault::Signature(why.into()));
    }
    // The last word is the fingerprint of the key that the signing one belongs to.
    let by = match said("VALIDSIG ").and_then(|it| it.rsplit(' ').next()) {
        Some(fingerprint) if found.status.success() => format!("OpenPGP {fingerprint}"),
        _ => return Err(Fault::Signature("does not verify".into())),
    };
    let plain = fs::read(&plain).map_err(run)?;
    let named = named(&plain).ok_or_else(|| "names no archive".to_owned())?;
    let is_it = |it: &String| it.strip_prefix("sha256:") == Some(archive.hex().as_str());
    if named.iter().any(is_it) { Ok(by) } else { Err("is over another archive".to_owned().into()) }
}

/// The digests that a provenance names: below `files` in its second document.
fn named(plain: &[u8]) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(plain).replace("\r\n", "\n");
    let (_, second) = text.split_once("\n...\n")?;
    let Ok(document) = yaml::read_map(second.as_bytes()) else { return None };
    let Some(Value::Map(files)) = document.get("files") else { return None };
    Some(
        files
            .to_vec()
            .into_iter()
            .filter_map(|(_, it)| if let Value::Str(it) = it { Some(it.to_string()) } else { None })
            .collect(),
    )
}

fn run(fault: io::Error) -> Fault {
    Fault::All(match fault.kind() {
        io::ErrorKind::NotFound => SignatureError::NoProgram,
        _ => SignatureError::Run(fault),
    })
}
