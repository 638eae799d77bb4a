//! Certificates, as they are found in manifests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::stage::lock::LockedPart;

/// How the certificates of a part look in a manifest.
pub(super) struct Shown(Vec<String>);

impl Shown {
    pub(super) fn of(locked: &LockedPart) -> Shown {
        let mut needles = Vec::new();
        for certificate in locked.pins.values().filter_map(|it| it.certificate.as_ref()) {
            // The lines at the ends of two certificates may be the same.
            let lines: Vec<&str> = certificate.pem.lines().filter(|it| !it.starts_with("-----")).collect();
            needles.extend(lines.get(lines.len() / 2).map(|it| (*it).to_owned()));
            for offset in 0..3 {
                let encoded = STANDARD.encode([&b"   "[..offset], certificate.pem.as_bytes()].concat());
                let middle = encoded.len() / 2;
                needles.extend(encoded.get(middle..middle + 60).map(str::to_owned));
            }
        }
        Shown(needles)
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        self.0.iter().any(|it| text.contains(it.as_str()))
    }
}
