//! Keys, certificates and age files.

use helm_engine::pki::{PrivateKey, pem as blocks};
use ichor::edge::age::Opener;
use ichor::stage::lock::{Certificate, Envelope};

/// Made for this target alone; it opens nothing of value.
const IDENTITY: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n";

/// PEM blocks, and what is in them: keys and certificates.
pub fn pem(bytes: &[u8]) {
    if let Some(block) = blocks::decode(bytes) {
        let again = blocks::encode(&block.label, &block.der);
        let block2 = blocks::decode(again.as_bytes()).expect("a block that was written");
        assert_eq!(block.der, block2.der);
    }
    if let Ok(key) = PrivateKey::from_pem(bytes) {
        let text = key.to_pem().expect("a key that was read");
        PrivateKey::from_pem(text.as_bytes()).expect("a key that was written");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Certificate::read(text);
    }
    let _ = helm_engine::pki::x509::X509::parse(bytes);
}

/// An age file, armoured or not, and an envelope.
pub fn age(bytes: &[u8]) {
    thread_local!(static OPENER: Option<Opener> = opener(IDENTITY.as_bytes()));
    OPENER.with(|opener| {
        let Some(opener) = opener else { return };
        let _ = opener.open_file("values.age", bytes);
        if let Ok(text) = std::str::from_utf8(bytes) {
            let envelope = Envelope(text.to_owned());
            let _ = envelope.sealed_for();
            let _ = opener.open("a/b", &envelope);
        }
    });
}

/// A file of identities.
pub fn identity(bytes: &[u8]) {
    let _ = opener(bytes);
}

/// Identities are read from files alone.
fn opener(bytes: &[u8]) -> Option<Opener> {
    let folder = if std::path::Path::new("/dev/shm").is_dir() { "/dev/shm".into() } else { std::env::temp_dir() };
    let path = folder.join(format!("ichor-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::write(&path, bytes).ok()?;
    let opener = Opener::read(&[path.display().to_string()]);
    let _ = std::fs::remove_file(&path);
    opener.ok()
}
