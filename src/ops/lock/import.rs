//! What exists already and is to be kept: certificates from PEM files, Secrets of a running cluster.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::base::secret::Secret;
use crate::base::sops::is_sops;
use crate::edge::mint::Mint;
use crate::edge::{age, disk};
use crate::ops::Error;
use crate::stage::lock::Lock;
use crate::stage::render::{Imports, Rendered};
use crate::stage::seal::{self, Sealed};

/// Reads PEM files, of which those under age are decrypted, and the text of a cluster's Secrets.
pub(super) fn read(files: &[PathBuf], secrets: Option<&Secret>, mint: &mut Mint<'_>) -> Result<Imports, Error> {
    let mut imports = Imports::default();
    let mut texts = Vec::new();
    for path in files {
        let bytes = disk::read_any(path)?;
        let name = path.display().to_string();
        texts.push(if age::is_age(&bytes) || is_sops(&bytes) {
            mint.decrypt(&name, &bytes)?
        } else {
            Secret::new(bytes)
        });
    }
    if !texts.is_empty() {
        let names: Vec<String> = files.iter().map(|it| it.display().to_string()).collect();
        imports.add_pem(&names.join(", "), &texts)?;
    }
    if let Some(secrets) = secrets {
        imports.add_secrets("standard input", secrets)?;
    }
    Ok(imports)
}

/// Finds texts of imported Secrets for pins that are no certificates, by where they go: a password that a chart writes
/// into a key of a Secret is the one that is in that key of that Secret already. Gives whether any was found that
/// differs from what the lock holds.
pub(super) fn by_place(rendered: &Rendered, sealed: &Sealed, lock: &Lock, mint: &mut Mint<'_>) -> Result<bool, Error> {
    if mint.imports.is_empty() {
        return Ok(false);
    }
    let mut given = BTreeMap::new();
    for landing in seal::places(sealed, &[]).into_iter().filter(|it| it.alone) {
        let Some((part, pin)) = landing.holds.split_once('/') else { continue };
        let Some(place) = landing.resource.strip_prefix("v1 Secret ") else { continue };
        let place = if place.contains('/') { place.to_owned() } else { format!("default/{place}") };
        let key = landing.key.strip_prefix("data.").or_else(|| landing.key.strip_prefix("stringData."));
        let Some(text) = key.and_then(|it| mint.imports.at(&place, it)).cloned() else { continue };
        let known = lock.parts.get(part).and_then(|it| it.pins.get(pin));
        let minted = rendered.parts().iter().find(|it| it.name == part).and_then(|it| it.minted.get(pin));
        let pin = match (known, minted) {
            (_, Some(minted)) => &minted.pin,
            (Some(known), None) => known,
            (None, None) => continue,
        };
        if pin.certificate.is_some() || pin.function == crate::stage::render::secrets::FUNCTION {
            continue;
        }
        let same = match (minted, &pin.sealed) {
            (Some(minted), _) => minted.secret.as_ref().is_some_and(|it| it.expose() == text.expose()),
            (None, Some(envelope)) => mint.open(&landing.holds, envelope)?.expose() == text.expose(),
            (None, None) => false,
        };
        if !same {
            given.insert(landing.holds, text);
        }
    }
    mint.given = given;
    Ok(!mint.given.is_empty())
}

/// The subjects of imported certificates that no pin took.
pub(super) fn unused(imports: &Imports, lock: &Lock) -> Vec<String> {
    let taken = |fingerprint: &str| lock.certificates().any(|it| it.certificate.fingerprint == fingerprint);
    imports.certificates().filter(|(_, it)| !taken(it)).map(|(subject, _)| subject.to_owned()).collect()
}
