//! age: sealing to recipients, opening with identities.

mod bound;
mod hybrid;
mod identities;
mod tagged;

use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::cli_common::UiCallbacks;
use secrecy::ExposeSecret;

use bound::Bound;

use crate::base::recipient::Recipient;
use crate::base::secret::Secret;
use crate::edge::sops;
use crate::stage::lock::{Envelope, Lock, SealedFor};
use helm_engine::timing;

/// The largest scrypt work factor accepted for a passphrase-protected identity: 2^22 takes a minute or so.
const MAX_WORK_FACTOR: u8 = crate::base::limits::WORK_FACTOR.most as u8;

/// Why age would not seal or open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("recipient `{recipient}` is not usable: {reason}")]
    Recipient { recipient: String, reason: String },
    #[error("recipient `{post_quantum}` is post-quantum and `{classic}` is not: one envelope cannot be sealed to both")]
    MixedRecipients { post_quantum: String, classic: String },
    #[error("recipient `{0}` is the one of the examples, and nobody has its key: what is sealed to it is lost")]
    Sample(String),
    #[error("there is no recipient to seal to")]
    NoRecipients,
    #[error("`{0}` has to be opened for this: name an identity that does with `-i`")]
    NoIdentity(String),
    #[error("`{0}` cannot be named in an envelope: it holds a character other than printable ASCII")]
    Unwritable(String),
    #[error("sealing failed: {0}")]
    Seal(String),
    #[error("the identity `{path}` cannot be used: {reason}")]
    Identity { path: String, reason: String },
    #[error("a private key stands where an option or the path of a file with it is meant")]
    KeyForPath,
    #[error("`{0}` is under a passphrase, and there is no terminal to ask for it")]
    NobodyToAsk(String),
    #[error("the identity cannot be used: {0}")]
    Unusable(String),
    #[error("none of the identities opens {what}{}", passed_over(.skipped))]
    NotForUs { what: String, skipped: Vec<String> },
    #[error("`{0}` is no age file: it is not encrypted")]
    NotEncrypted(String),
    #[error(transparent)]
    Sops(#[from] sops::Error),
    #[error("`{0}` is sealed with a passphrase; it must be sealed to a key")]
    SealedByPassphrase(String),
    #[error("`{path}` cannot be decrypted: {reason}")]
    File { path: String, reason: String },
    #[error("the envelope of `{secret}` is damaged: {reason}")]
    Damaged { secret: String, reason: String },
}

impl Error {
    /// What to do next, where that is known.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Error::MixedRecipients { .. } => {
                "name keys of one kind: `age-keygen -pq` makes post-quantum ones, `age-keygen -y` prints whom to seal to".into()
            }
            Error::Sample(_) => "put your own public key there: `age-keygen -o key.txt` makes a key and prints it".into(),
            Error::NotEncrypted(path) => format!("`age -r RECIPIENT {path} > {path}.age` encrypts it"),
            Error::Sops(sops::Error::NoProgram(path)) => {
                format!("install `sops`, or seal it to age: `sops -d {path} | age -r RECIPIENT > {path}.age`")
            }
            Error::Sops(sops::Error::NoProgramToEncrypt(_)) => {
                "install `sops`, or leave `--sops` out and encrypt what is written in another way".into()
            }
            Error::SealedByPassphrase(path) => format!("`age -d {path} | age -r RECIPIENT > NEW.age` seals it to a key"),
            Error::NobodyToAsk(_) => "run this in a terminal, or name an identity without a passphrase".into(),
            Error::NotForUs { .. } => {
                "the key of any recipient it is sealed to opens it. If all of these keys are lost, see \"If you lose the key or \
                 the lock\" in docs/how-to/lost.md"
                    .into()
            }
            Error::KeyForPath => "write the key to a file that you alone can read, and name the file".into(),
            Error::Recipient { .. } => {
                "correct it, or name another key: `age-keygen -y key.txt` prints the public key of an identity".into()
            }
            Error::NoRecipients => "put a public key under `recipients`: `age-keygen -o key.txt` makes a key and prints it".into(),
            Error::NoIdentity(_) => "`-i key.txt`, or the name of the file in ICHOR_IDENTITY".into(),
            Error::Identity { .. } => {
                "name a file of age identities, as `age-keygen -o key.txt` makes one, or an SSH key of ssh-ed25519 or ssh-rsa"
                    .into()
            }
            Error::Unusable(_) => "mend that, or name another identity with `-i`".into(),
            Error::Damaged { .. } => "take it from version control again: it is not for editing".into(),
            Error::File { path, .. } => format!("take `{path}` from version control again, or encrypt it anew"),
            Error::Sops(sops::Error::Refused { path, .. }) => {
                format!("`sops -d {path}` must work here: name its key in SOPS_AGE_KEY_FILE or with `-i`, or log in to its key service")
            }
            Error::Sops(sops::Error::NotEncrypted { .. }) => {
                "correct the rule for it in your `.sops.yaml`, or the bundle's recipients, as `sops` asks for".into()
            }
            Error::Sops(sops::Error::Run(_)) | Error::Unwritable(_) | Error::Seal(_) => return None,
        })
    }
}

/// A new identity: the text of an identity file as `age-keygen` writes it, and its recipient.
pub fn generate(kind: KeyKind) -> (Secret, String) {
    let (recipient, key) = match kind {
        KeyKind::PostQuantum => {
            let identity = hybrid::Identity::generate();
            (identity.to_public().to_string(), identity.to_text())
        }
        KeyKind::Classic => {
            let identity = age::x25519::Identity::generate();
            (identity.to_public().to_string(), identity.to_string().expose_secret().to_owned().into())
        }
    };
    (Secret::new(format!("# public key: {recipient}\n{}\n", *key)), recipient)
}

/// The kinds of keys that [`generate`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `age1pq1...`: ML-KEM-768 with X25519. The Go program reads them from 1.3 on.
    PostQuantum,
    /// `age1...`: X25519.
    Classic,
}

fn passed_over(lines: &[String]) -> String {
    match lines {
        [] => String::new(),
        lines => format!(" (no key of a known kind stands at {})", lines.join(", ")),
    }
}

fn no_plugin(name: &str) -> String {
    format!("the program `age-plugin-{name}` is not on the PATH")
}

/// Seals the secrets of one bundle to a fixed set of recipients.
pub struct Sealer {
    recipients: Vec<Box<dyn age::Recipient + Send>>,
    bundle: String,
    /// Whether an envelope names its place.
    binds: bool,
    /// A recipient whose key nobody has.
    sample: Option<String>,
}

/// The public keys that README and examples show. The private keys were never kept.
const SAMPLES: [&str; 2] = [
    "age1a3aw0uep5e3q2gltu7x74vx2pnx3udvlyavngx6pwpq7ezqyu38savdrv6",
    "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq",
];

impl Sealer {
    /// Takes X25519, post-quantum, tagged and SSH keys and plugin recipients. Envelopes are bound to their places in the bundle of
    /// this name.
    pub fn new(recipients: &[Recipient], bundle: &str) -> Result<Sealer, Error> {
        of_one_kind(recipients)?;
        let sample = recipients.iter().find(|it| SAMPLES.contains(&it.key.as_str())).map(Recipient::short);
        let recipients = recipients.iter().map(recipient).collect::<Result<Vec<_>, _>>()?;
        Ok(Sealer { recipients, bundle: bundle.into(), binds: true, sample })
    }

    /// Seals as the rest of a lock is sealed: in one whose envelopes are bound to no place, so are the new ones.
    #[must_use]
    pub fn like(self, lock: Option<&Lock>) -> Sealer {
        Sealer { binds: lock.is_none_or(|lock| lock.unbound() == 0), ..self }
    }

    /// Seals the secret of a pin into an armoured age file. Each call gives other bytes for the same secret: age draws a
    /// new file key each time.
    pub fn seal(&self, part: &str, pin: &str, secret: &Secret) -> Result<Envelope, Error> {
        let _step = timing::step("encrypt secrets");
        // The examples themselves are sealed to it, and can be built.
        if let Some(sample) = &self.sample {
            return Err(Error::Sample(sample.clone()));
        }
        let place = SealedFor::new(&self.bundle, part, pin);
        self.sealed(self.binds.then_some(place), secret).map(Envelope)
    }

    /// Seals the text of a file, which is bound to no place.
    pub fn seal_file(&self, secret: &Secret) -> Result<String, Error> {
        self.sealed(None, secret)
    }

    fn sealed(&self, place: Option<SealedFor>, secret: &Secret) -> Result<String, Error> {
        let failed = |it: std::io::Error| Error::Seal(it.to_string());
        let mut recipients: Vec<&dyn age::Recipient> = self.recipients.iter().map(|it| it.as_ref() as _).collect();
        let bound;
        if let (Some(place), Some(first)) = (&place, recipients.first_mut()) {
            let names = place.names().ok_or_else(|| Error::Unwritable(place.to_string()))?;
            bound = Bound { recipient: *first, names };
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
        String::from_utf8(armored).map_err(|it| Error::Seal(it.to_string()))
    }
}

enum Failed {
    NotForUs,
    NobodyToAsk(String),
    Unusable(String),
    ByPassphrase,
    Damaged(String),
}

/// What is wrong with an age file, in words that need no knowledge of the format.
fn reason(fault: &age::DecryptError) -> String {
    match fault {
        age::DecryptError::Io(it) if it.kind() == std::io::ErrorKind::UnexpectedEof => CUT_OFF.into(),
        age::DecryptError::Io(it) if it.to_string() == "Incomplete header" => CUT_OFF.into(),
        age::DecryptError::InvalidHeader => "what it begins with is not the header of an age file".into(),
        age::DecryptError::InvalidMac | age::DecryptError::DecryptionFailed => {
            "it was changed since it was sealed".into()
        }
        other => other.to_string(),
    }
}

/// Of a file that begins as one of age does.
const CUT_OFF: &str = "it ends too early: it is no whole age file";

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
    identities: identities::Identities,
}

impl Opener {
    /// Reads age identity files, SSH private keys, and either of them under a passphrase, which is asked for on the
    /// terminal when it is needed. `-` is standard input.
    pub fn read(files: &[String]) -> Result<Opener, Error> {
        Ok(Opener { identities: identities::Identities::read(files)? })
    }

    /// Opens the envelope of the secret of this name.
    pub fn open(&self, name: &str, envelope: &Envelope) -> Result<Secret, Error> {
        self.decrypt(envelope.0.as_bytes()).map_err(|failed| match failed {
            Failed::Damaged(reason) => Error::Damaged { secret: name.into(), reason },
            Failed::ByPassphrase => {
                Error::Damaged { secret: name.into(), reason: "it is sealed with a passphrase".into() }
            }
            other => self.error(other, format!("the envelope of `{name}`")),
        })
    }

    /// Decrypts a file of this name, armoured or not.
    pub fn open_file(&self, path: &str, bytes: &[u8]) -> Result<Secret, Error> {
        if !is_age(bytes) {
            return Err(Error::NotEncrypted(path.into()));
        }
        self.decrypt(bytes).map_err(|failed| match failed {
            Failed::Damaged(reason) => Error::File { path: path.into(), reason },
            Failed::ByPassphrase => Error::SealedByPassphrase(path.into()),
            other => self.error(other, format!("`{path}`")),
        })
    }

    fn error(&self, failed: Failed, what: String) -> Error {
        match failed {
            Failed::NobodyToAsk(path) => Error::NobodyToAsk(path),
            Failed::Unusable(reason) => Error::Unusable(reason),
            _ => Error::NotForUs { what, skipped: self.identities.skipped() },
        }
    }

    fn decrypt(&self, bytes: &[u8]) -> Result<Secret, Failed> {
        let damaged = |it: &age::DecryptError| Failed::Damaged(reason(it));
        let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(armored(bytes).unwrap_or(bytes)));
        let decryptor = decryptor.map_err(|it| damaged(&it))?;
        if decryptor.is_scrypt() {
            return Err(Failed::ByPassphrase);
        }
        let keys = self.identities.keys.iter().map(|key| key.as_ref());
        let mut reader = decryptor.decrypt(keys).map_err(|fault| match (fault, self.identities.unasked()) {
            (age::DecryptError::NoMatchingKeys | age::DecryptError::KeyDecryptionFailed, Some(path)) => {
                Failed::NobodyToAsk(path)
            }
            (age::DecryptError::NoMatchingKeys, None) => Failed::NotForUs,
            (age::DecryptError::KeyDecryptionFailed, None) => {
                Failed::Unusable("the passphrase is not that of the identity".into())
            }
            (age::DecryptError::MissingPlugin { binary_name }, _) => {
                Failed::Unusable(format!("the program `{binary_name}` is not on the PATH"))
            }
            (other @ (age::DecryptError::Plugin(_) | age::DecryptError::ExcessiveWork { .. }), _) => {
                Failed::Unusable(other.to_string())
            }
            (other, _) => self.identities.broken().map_or_else(|| damaged(&other), Failed::Unusable),
        })?;
        // The plaintext is shorter than the file, so that the buffer never moves and leaves a copy behind.
        let mut secret = zeroize::Zeroizing::new(Vec::with_capacity(bytes.len()));
        reader.read_to_end(&mut secret).map_err(|it| damaged(&it.into()))?;
        Ok(Secret::new(std::mem::take(&mut *secret)))
    }
}

/// Whether one envelope can be sealed to all of these.
pub fn of_one_kind(recipients: &[Recipient]) -> Result<(), Error> {
    let (post_quantum, classic): (Vec<&Recipient>, Vec<&Recipient>) =
        recipients.iter().partition(|recipient| recipient.is_post_quantum());
    match (&post_quantum[..], &classic[..]) {
        ([post_quantum, ..], [classic, ..]) => {
            Err(Error::MixedRecipients { post_quantum: post_quantum.short(), classic: classic.short() })
        }
        _ => Ok(()),
    }
}

/// Whether a recipient can be sealed to.
pub fn check(it: &Recipient) -> Result<(), Error> {
    recipient(it).map(|_| ())
}

fn recipient(recipient: &Recipient) -> Result<Box<dyn age::Recipient + Send>, Error> {
    let unusable = |reason: String| Error::Recipient { recipient: recipient.short(), reason };
    let key = recipient.key.as_str();
    if key.starts_with("ssh-") {
        let key: age::ssh::Recipient = key.parse().map_err(|it| unusable(format!("{it:?}")))?;
        return Ok(Box::new(key));
    }
    if key.starts_with("age1pq1") {
        let key: hybrid::Recipient = key.parse().map_err(|it: hybrid::ParseKeyError| unusable(it.to_string()))?;
        return Ok(Box::new(key));
    }
    if key.starts_with("age1tag1") || key.starts_with("age1tagpq1") {
        let key: tagged::Recipient = key.parse().map_err(|it: hybrid::ParseKeyError| unusable(it.to_string()))?;
        return Ok(Box::new(key));
    }
    if let Ok(plugin) = key.parse::<age::plugin::Recipient>() {
        let name = plugin.plugin().to_owned();
        let plugin = age::plugin::RecipientPluginV1::new(&name, &[plugin], &[], UiCallbacks);
        return Ok(Box::new(plugin.map_err(|_| unusable(no_plugin(&name)))?));
    }
    let key: age::x25519::Recipient = key.parse().map_err(|it: &str| unusable(it.into()))?;
    Ok(Box::new(key))
}
