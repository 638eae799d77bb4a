//! Whom to seal to: keys as the user writes them, in files, or in a `.sops.yaml`.

use std::path::Path;

use crate::base::recipient::{ParseRecipientError, Recipient};
use crate::edge::{age, disk};
use crate::ops::Error;
use crate::ops::error::InitError;
use crate::stage::spec::sops_rules;
use crate::workspace::recipients;

/// Reads a recipient, and makes sure that something can be sealed to it.
pub fn recipient(text: &str) -> Result<Recipient, String> {
    let recipient: Recipient = text.parse().map_err(|it: ParseRecipientError| it.to_string())?;
    check(&recipient)?;
    Ok(recipient)
}

fn check(recipient: &Recipient) -> Result<(), String> {
    // A plugin's own key, `age1NAME1...`, is for the plugin to read, which need not be here yet.
    let plugin = recipient.key.strip_prefix("age1").and_then(|it| it.split_once('1'));
    let of_plugin = plugin.is_some_and(|(name, _)| !["pq", "tag", "tagpq"].contains(&name));
    if of_plugin { Ok(()) } else { age::check(recipient).map_err(|it| it.to_string()) }
}

/// The recipients in a file: public keys, one a line, or the public keys that `age-keygen` notes in an identity file; of a
/// `.sops.yaml` the age keys that it names for the lock at a path.
pub fn in_file(file: &Path, lock: &Path) -> Result<Vec<Recipient>, Error> {
    let found = match file.to_string_lossy().ends_with(sops_rules::FILE) {
        true => recipients::of_rules(file, lock, None)?,
        false => in_lines(file)?,
    };
    found.iter().try_for_each(check).map_err(InitError::BadRecipient)?;
    Ok(found)
}

fn in_lines(file: &Path) -> Result<Vec<Recipient>, Error> {
    let text = disk::read_any_text(file)?;
    let line = |line: &str| {
        let line = line.trim();
        let public = line.strip_prefix("# public key:").map(str::trim);
        let plain = (!line.is_empty() && !line.starts_with('#')).then_some(line);
        public.or(plain).filter(|it| !it.starts_with("AGE-")).and_then(|it| it.parse().ok())
    };
    let found: Vec<Recipient> = text.lines().filter_map(line).collect();
    if found.is_empty() { Err(InitError::NoRecipientIn(file.into()).into()) } else { Ok(found) }
}
