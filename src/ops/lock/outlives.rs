//! Certificates that outlive the CA that signed them.

use crate::stage::lock::{Lock, Pin};

/// A word on a certificate that ends after the CA that signed it.
pub(super) fn outlives(lock: &Lock, minted: &str) -> Option<String> {
    // A leaf that was made with its CA ends a moment after it.
    const DAY: i64 = 86_400;
    let (part, name) = minted.split_once('/')?;
    let pins = &lock.parts.get(part)?.pins;
    let leaf = pins.get(name)?;
    let is_ca = |it: &Pin| it.certificate.as_ref().is_some_and(|it| Some(it.fingerprint.as_str()) == leaf.issuer());
    let (ca_name, ca) = pins.iter().find(|(_, it)| is_ca(it))?;
    let (leaf, ca) = (leaf.certificate.as_ref()?.not_after, ca.certificate.as_ref()?.not_after);
    (leaf.as_second() > ca.as_second() + DAY).then(|| {
        let (leaf, ca) = (leaf.strftime("%F"), ca.strftime("%F"));
        let what = "from then on nobody trusts it: rotate the CA before";
        format!("{minted} ends on {leaf}, after its CA {part}/{ca_name}, which ends on {ca}; {what}")
    })
}
