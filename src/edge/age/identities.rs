//! Identity files: age keys line by line, SSH keys, and either of them under a passphrase.
//!
//! Takes what the Go program takes: a file may hold keys of several kinds. A line that is no key this program knows is
//! passed over, and told of only where nothing opens.

use std::cell::OnceCell;
use std::io::{BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use age::cli_common::UiCallbacks;
use age::secrecy::SecretString;
use age_core::format::{FileKey, Stanza};
use helm_engine::pki::PrivateKey;
use zeroize::Zeroizing;

use super::{Error, MAX_WORK_FACTOR, armored, hybrid, is_age, reason};

/// The largest identity file that is read, in bytes.
const MAX_BYTES: u64 = crate::base::limits::IDENTITY.most;

/// All keys of some identity files.
pub(super) struct Identities {
    pub(super) keys: Vec<Box<dyn age::Identity>>,
    /// Lines that are no key this program knows.
    skipped: Vec<(String, usize)>,
    asked: Asked,
}

/// Remembers the files whose passphrase nobody could be asked for, and what is wrong with the first that did not open.
#[derive(Clone, Default)]
struct Asked {
    nobody: Arc<Mutex<Vec<String>>>,
    broken: Arc<Mutex<Option<String>>>,
}

/// Asks at the terminal, for one file.
#[derive(Clone)]
struct AtTerminal {
    path: String,
    asked: Asked,
}

impl Identities {
    /// Reads files; `-` is standard input.
    pub(super) fn read(files: &[String]) -> Result<Identities, Error> {
        let mut read = Identities { keys: Vec::new(), skipped: Vec::new(), asked: Asked::default() };
        for path in files {
            if path.to_uppercase().contains("AGE-SECRET-KEY-") || path.contains("PRIVATE KEY") {
                return Err(Error::KeyForPath);
            }
            read.add(path, &bytes_of(path)?)?;
        }
        Ok(read)
    }

    fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let callbacks = AtTerminal { path: path.into(), asked: self.asked.clone() };
        if is_age(bytes) {
            let header = age::armor::ArmoredReader::new(armored(bytes).unwrap_or(bytes));
            let fault = match age::Decryptor::new_buffered(header) {
                Ok(it) if it.is_scrypt() => None,
                Ok(_) => Some("it is sealed to a key; decrypt it with that key first".to_owned()),
                Err(fault) => Some(format!("it is a damaged age file: {}", reason(&fault))),
            };
            if let Some(reason) = fault {
                return Err(Error::Identity { path: path.into(), reason });
            }
            let bytes = Zeroizing::new(bytes.to_vec());
            self.keys.push(Box::new(Locked { bytes, callbacks, opened: OnceCell::new() }));
            return Ok(());
        }
        let unusable = |reason: String| Error::Identity { path: path.into(), reason };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(unusable("it is no text, and no age file".into()));
        };
        if text.trim_start().starts_with("-----BEGIN ") {
            self.keys.push(ssh(text, callbacks).map_err(unusable)?);
            return Ok(());
        }
        let (keys, skipped) = lines(text, &callbacks).map_err(unusable)?;
        if keys.is_empty() {
            let first = skipped.first().map_or(1, |line| *line);
            return Err(unusable(format!("there is no key in it that this program knows; see its line {first}")));
        }
        self.keys.extend(keys);
        self.skipped.extend(skipped.into_iter().map(|line| (path.to_owned(), line)));
        Ok(())
    }

    /// A file that nobody could be asked the passphrase of.
    pub(super) fn unasked(&self) -> Option<String> {
        self.asked.nobody.lock().unwrap_or_else(PoisonError::into_inner).first().cloned()
    }

    /// What is wrong with a file under a passphrase that was given.
    pub(super) fn broken(&self) -> Option<String> {
        self.asked.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where lines were passed over: `keys.txt:3`.
    pub(super) fn skipped(&self) -> Vec<String> {
        self.skipped.iter().map(|(path, line)| format!("{path}:{line}")).collect()
    }
}

impl age::Callbacks for AtTerminal {
    fn display_message(&self, message: &str) {
        UiCallbacks.display_message(message);
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        UiCallbacks.confirm(message, yes, no)
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        UiCallbacks.request_public_string(description)
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        let given = UiCallbacks.request_passphrase(description);
        if given.is_none() {
            self.asked.nobody.lock().unwrap_or_else(PoisonError::into_inner).push(self.path.clone());
        }
        given
    }
}

/// An identity file under a passphrase, which is asked for when something is to be opened.
struct Locked {
    bytes: Zeroizing<Vec<u8>>,
    callbacks: AtTerminal,
    opened: OnceCell<Result<Vec<Box<dyn age::Identity>>, age::DecryptError>>,
}

impl Locked {
    fn open(&self) -> Result<Vec<Box<dyn age::Identity>>, age::DecryptError> {
        use age::Callbacks as _;
        let bytes = armored(&self.bytes).unwrap_or(&self.bytes);
        let decryptor = age::Decryptor::new_buffered(age::armor::ArmoredReader::new(bytes))?;
        if !decryptor.is_scrypt() {
            return Err(age::DecryptError::NoMatchingKeys);
        }
        let question = format!("Type passphrase for {}", self.callbacks.path);
        let passphrase = self.callbacks.request_passphrase(&question).ok_or(age::DecryptError::KeyDecryptionFailed)?;
        let mut key = age::scrypt::Identity::new(passphrase);
        key.set_max_work_factor(MAX_WORK_FACTOR);
        let mut text = Zeroizing::new(String::with_capacity(self.bytes.len()));
        let mut reader =
            decryptor.decrypt(std::iter::once(&key as &dyn age::Identity)).map_err(|fault| match fault {
                age::DecryptError::DecryptionFailed | age::DecryptError::NoMatchingKeys => {
                    age::DecryptError::KeyDecryptionFailed
                }
                other => other,
            })?;
        let read = reader.read_to_string(&mut text).map_err(age::DecryptError::from);
        read.inspect_err(|fault| {
            let fault = format!("`{}` is a damaged age file: {}", self.callbacks.path, reason(fault));
            *self.callbacks.asked.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        })?;
        if text.trim_start().starts_with("-----BEGIN ") {
            return ssh(&text, self.callbacks.clone()).map(|key| vec![key]).map_err(unreadable);
        }
        let (keys, _) = lines(&text, &self.callbacks).map_err(unreadable)?;
        Ok(keys)
    }
}

impl age::Identity for Locked {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        match self.opened.get_or_init(|| self.open()) {
            Ok(keys) => keys.iter().find_map(|key| key.unwrap_stanza(stanza)),
            Err(fault) => Some(Err(fault.clone())),
        }
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, age::DecryptError>> {
        match self.opened.get_or_init(|| self.open()) {
            Ok(keys) => keys.iter().find_map(|key| key.unwrap_stanzas(stanzas)),
            Err(fault) => Some(Err(fault.clone())),
        }
    }
}

fn unreadable(reason: String) -> age::DecryptError {
    age::DecryptError::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, reason))
}

/// Keys, and the numbers of the lines that are none.
type Lines = (Vec<Box<dyn age::Identity>>, Vec<usize>);

fn lines(text: &str, callbacks: &AtTerminal) -> Result<Lines, String> {
    let mut keys: Vec<Box<dyn age::Identity>> = Vec::new();
    let mut skipped = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Ok(key) = line.parse::<age::x25519::Identity>() {
            keys.push(Box::new(key));
        } else if let Ok(key) = line.parse::<hybrid::Identity>() {
            keys.push(Box::new(key));
        } else if let Ok(key) = line.parse::<age::plugin::Identity>() {
            let name = key.plugin().to_owned();
            let plugin = age::plugin::IdentityPluginV1::new(&name, &[key], callbacks.clone());
            keys.push(Box::new(plugin.map_err(|_| super::no_plugin(&name))?));
        } else {
            skipped.push(index + 1);
        }
    }
    Ok((keys, skipped))
}

/// An SSH key as OpenSSH writes it, or an RSA key in PKCS#1 or PKCS#8.
fn ssh(text: &str, callbacks: AtTerminal) -> Result<Box<dyn age::Identity>, String> {
    let path = callbacks.path.clone();
    let convert = format!("convert it with `ssh-keygen -p -f {path}`");
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        return Err(format!("it is a key in PKCS#8 under a passphrase; {convert}"));
    }
    let pkcs1;
    let mut text = text.trim_start();
    if text.starts_with("-----BEGIN PRIVATE KEY-----") {
        let key =
            PrivateKey::from_pem(text.as_bytes()).map_err(|_| format!("it is no key that can be read; {convert}"))?;
        pkcs1 = key.to_pem().map_err(|_| format!("it cannot be read; {convert}"))?;
        if !pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----") {
            return Err(format!("it is a key in PKCS#8 that is not RSA; {convert}"));
        }
        text = &pkcs1;
    }
    match age::ssh::Identity::from_buffer(BufReader::new(text.as_bytes()), Some(path)) {
        Ok(age::ssh::Identity::Unsupported(_)) => {
            Err("it is an SSH key of a kind that age cannot use: use one of ssh-ed25519 or ssh-rsa".into())
        }
        Ok(key) => Ok(Box::new(key.with_callbacks(callbacks))),
        Err(_) => Err("it is neither an age identity nor an SSH private key".into()),
    }
}

#[allow(clippy::disallowed_methods)] // A device or a pipe is an identity file too: `-i <(...)`.
fn bytes_of(path: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let unusable = |fault: std::io::Error| Error::Identity { path: path.into(), reason: reason_of(&fault) };
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 << 10));
    let read = if path == "-" {
        std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    match read.map_err(unusable)? as u64 {
        0..=MAX_BYTES => Ok(bytes),
        _ => {
            let reason = format!("it has more than {} MiB, and no identity may have more", MAX_BYTES >> 20);
            Err(Error::Identity { path: path.into(), reason })
        }
    }
}

fn reason_of(fault: &std::io::Error) -> String {
    match fault.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".into(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => fault.to_string(),
    }
}
