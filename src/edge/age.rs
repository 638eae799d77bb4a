//! age: sealing to recipients, opening with identities.

use std::collections::HashSet;
use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::cli_common::{ReadError, StdinGuard, UiCallbacks, read_identities};

use age_core::format::{FileKey, Stanza};
use secrecy::ExposeSecret;

use crate::base::recipient::Recipient;
use crate::base::secret::Secret;
use crate::stage::lock::{Envelope, Lock, SealedFor};

/// The largest scrypt work factor accepted for a passphrase-protected identity: 2^22 takes a minute or so.
const MAX_WORK_FACTOR: u8 = 22;

/// Why age would not seal or open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("recipient `{recipient}` is not usable: {reason}")]
    Recipient { recipient: String, reason: String },
    #[error("there is no recipient to seal to")]
    NoRecipients,
    #[error("`{0}` has to be opened for this: name an identity that does with `-i`")]
    NoIdentity(String),
    #[error("the name `{0}` holds a character that no envelope can name")]
    Unwritable(String),
    #[error("sealing failed: {0}")]
    Seal(String),
    #[error("the identity cannot be used: {0}")]
    Identity(String),
    #[error("none of the identities opens the envelope of `{0}`")]
    NotForUs(String),
    #[error("none of the identities opens `{0}`")]
    FileNotForUs(String),
    #[error("`{path}` cannot be decrypted: {reason}")]
    File { path: String, reason: String },
    #[error("the envelope of `{secret}` is damaged: {reason}")]
    Damaged { secret: String, reason: String },
}

/// A new X25519 identity: the text of an identity file as `age-keygen` writes it, and its recipient.
pub fn generate() -> (Secret, String) {
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let text = format!("# public key: {recipient}\n{}\n", identity.to_string().expose_secret());
    (Secret::new(text), recipient)
}

/// Seals the secrets of one bundle to a fixed set of recipients.
pub struct Sealer {
    recipients: Vec<Box<dyn age::Recipient + Send>>,
    bundle: String,
    /// Whether an envelope names its place.
    binds: bool,
}

impl Sealer {
    /// Takes X25519 and SSH keys and plugin recipients. Envelopes are bound to their places in the bundle of this name.
    pub fn new(recipients: &[Recipient], bundle: &str) -> Result<Sealer, Error> {
        let recipients = recipients.iter().map(recipient).collect::<Result<Vec<_>, _>>()?;
        Ok(Sealer { recipients, bundle: bundle.into(), binds: true })
    }

    /// Seals as the rest of a lock is sealed: in one whose envelopes are bound to no place, so are the new ones.
    #[must_use]
    pub fn like(self, lock: Option<&Lock>) -> Sealer {
        Sealer { binds: lock.is_none_or(|it| it.unbound() == 0), ..self }
    }

    /// Seals the secret of a pin into an armoured age file. Each call gives other bytes for the same secret: age draws a
    /// new file key each time.
    pub fn seal(&self, part: &str, pin: &str, secret: &Secret) -> Result<Envelope, Error> {
        let failed = |it: std::io::Error| Error::Seal(it.to_string());
        let place = SealedFor::new(&self.bundle, part, pin);
        let mut recipients: Vec<&dyn age::Recipient> = self.recipients.iter().map(|it| it.as_ref() as _).collect();
        let bound;
        if let (true, Some(first)) = (self.binds, recipients.first_mut()) {
            let arguments = place.arguments().ok_or_else(|| Error::Unwritable(place.to_string()))?;
            bound = Bound { recipient: *first, arguments };
            *first = &bound;
        }
        let encryptor = age::Encryptor::with_recipients(recipients.into_iter()).map_err(|it| match it {
            age::EncryptError::MissingRecipients => Error::NoRecipients,
            other => Error::Seal(other.to_string()),
        })?;
        let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).map_err(failed)?;
        let mut writer = encryptor.wrap_output(armor).map_err(failed)?;
        writer.write_all(secret.expose()).map_err(failed)?;
        let armored = writer.finish().and_then(|it| it.finish()).map_err(failed)?;
        String::from_utf8(armored).map(Envelope).map_err(|it| Error::Seal(it.to_string()))
    }
}

/// A recipient whose stanzas are followed by the one that names the place. It has the labels of the recipient, since age
/// seals only to recipients of equal labels.
struct Bound<'a> {
    recipient: &'a dyn age::Recipient,
    arguments: [&'a str; 3],
}

impl age::Recipient for Bound<'_> {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        let (mut stanzas, labels) = self.recipient.wrap_file_key(file_key)?;
        let args = self.arguments.map(str::to_owned).to_vec();
        stanzas.push(Stanza { tag: SealedFor::TAG.into(), args, body: Vec::new() });
        Ok((stanzas, labels))
    }
}

enum Failed {
    NotForUs,
    Identity(String),
    Damaged(String),
}

/// Whether bytes are an age file, armoured or not.
pub fn is_age(bytes: &[u8]) -> bool {
    bytes.starts_with(b"age-encryption.org/") || armored(bytes).is_some()
}

/// An armoured file without the white space that may stand before it, which the reader of armour does not look past.
fn armored(bytes: &[u8]) -> Option<&[u8]> {
    Some(bytes.trim_ascii_start()).filter(|it| it.starts_with(b"-----BEGIN AGE ENCRYPTED FILE-----"))
}

/// Opens what was sealed to any of a set of identities.
pub struct Opener {
    identities: Vec<Box<dyn age::Identity>>,
}

impl Opener {
    /// Reads age identity files, SSH private keys, and either of them under a passphrase, which is asked for on the
    /// terminal when it is needed. `-` is standard input.
    pub fn read(files: &[String]) -> Result<Opener, Error> {
        let identities = read_identities(files.to_vec(), Some(MAX_WORK_FACTOR), &mut StdinGuard::new(false));
        let identities = identities.map_err(|it| match it {
            ReadError::IdentityNotFound(file) => Error::Identity(format!("`{file}` does not exist")),
            other => Error::Identity(other.to_string()),
        })?;
        Ok(Opener { identities })
    }

    /// Opens the envelope of the secret of this name.
    pub fn open(&self, name: &str, envelope: &Envelope) -> Result<Secret, Error> {
        self.decrypt(envelope.0.as_bytes()).map_err(|it| match it {
            Failed::NotForUs => Error::NotForUs(name.into()),
            Failed::Identity(reason) => Error::Identity(reason),
            Failed::Damaged(reason) => Error::Damaged { secret: name.into(), reason },
        })
    }

    /// Decrypts a file of this name, armoured or not.
    pub fn open_file(&self, path: &str, bytes: &[u8]) -> Result<Secret, Error> {
        self.decrypt(bytes).map_err(|it| match it {
            Failed::NotForUs => Error::FileNotForUs(path.into()),
            Failed::Identity(reason) => Error::Identity(reason),
            Failed::Damaged(reason) => Error::File { path: path.into(), reason },
        })
    }

    fn decrypt(&self, bytes: &[u8]) -> Result<Secret, Failed> {
        let damaged = |it: &dyn std::fmt::Display| Failed::Damaged(it.to_string());
        let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(armored(bytes).unwrap_or(bytes)));
        let decryptor = decryptor.map_err(|it| damaged(&it))?;
        let mut reader = decryptor.decrypt(self.identities.iter().map(|it| it.as_ref())).map_err(|it| match it {
            age::DecryptError::NoMatchingKeys => Failed::NotForUs,
            age::DecryptError::KeyDecryptionFailed => {
                Failed::Identity("the passphrase is not that of the identity".into())
            }
            other @ (age::DecryptError::Plugin(_)
            | age::DecryptError::PluginResolve(_)
            | age::DecryptError::ExcessiveWork { .. }) => Failed::Identity(other.to_string()),
            other => damaged(&other),
        })?;
        // The plaintext is shorter than the file, so that the buffer never moves and leaves a copy behind.
        let mut secret = zeroize::Zeroizing::new(Vec::with_capacity(bytes.len()));
        reader.read_to_end(&mut secret).map_err(|it| damaged(&it))?;
        Ok(Secret::new(std::mem::take(&mut *secret)))
    }
}

/// Whether a recipient can be sealed to.
pub fn check(it: &Recipient) -> Result<(), Error> {
    recipient(it).map(|_| ())
}

fn recipient(recipient: &Recipient) -> Result<Box<dyn age::Recipient + Send>, Error> {
    let unusable = |reason: String| Error::Recipient { recipient: recipient.to_string(), reason };
    if recipient.key.starts_with("ssh-") {
        let key: age::ssh::Recipient = recipient.key.parse().map_err(|it| unusable(format!("{it:?}")))?;
        return Ok(Box::new(key));
    }
    if let Ok(plugin) = recipient.key.parse::<age::plugin::Recipient>() {
        let name = plugin.plugin().to_owned();
        let plugin = age::plugin::RecipientPluginV1::new(&name, &[plugin], &[], UiCallbacks);
        return Ok(Box::new(plugin.map_err(|it| unusable(it.to_string()))?));
    }
    let key: age::x25519::Recipient = recipient.key.parse().map_err(|it: &str| unusable(it.into()))?;
    Ok(Box::new(key))
}
