//! age: sealing to recipients, opening with identities.

use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::cli_common::{ReadError, StdinGuard, UiCallbacks, read_identities};

use secrecy::ExposeSecret;

use crate::base::recipient::Recipient;
use crate::base::secret::Secret;
use crate::stage::lock::Envelope;

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

/// Seals to a fixed set of recipients.
pub struct Sealer {
    recipients: Vec<Box<dyn age::Recipient + Send>>,
}

impl Sealer {
    /// Takes X25519 and SSH keys and plugin recipients.
    pub fn new(recipients: &[Recipient]) -> Result<Sealer, Error> {
        let recipients = recipients.iter().map(recipient).collect::<Result<Vec<_>, _>>()?;
        Ok(Sealer { recipients })
    }

    /// Seals a secret into an armoured age file. Each call gives other bytes for the same secret: age draws a new file
    /// key each time.
    pub fn seal(&self, secret: &Secret) -> Result<Envelope, Error> {
        let failed = |it: std::io::Error| Error::Seal(it.to_string());
        let recipients = self.recipients.iter().map(|it| it.as_ref() as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(recipients).map_err(|it| match it {
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
