//! `ichor certs`: every certificate of a lock, and where it goes.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::Error;
use crate::edge::random;
use crate::stage::lock::{Expiry, Lock};
use crate::stage::render;
use crate::stage::seal::{self, Landing};
use crate::workspace::Workspace;

/// The certificates of a lock.
#[derive(Clone, Debug)]
pub struct Certificates {
    pub rows: Vec<Row>,
    /// Those that have ended or end within the days that the spec says.
    pub expiring: Vec<Expiry>,
}

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// `part/pin`.
    pub pin: String,
    pub subject: String,
    pub issuer: String,
    /// DNS names, then IP addresses.
    pub names: Vec<String>,
    pub ca: bool,
    /// `successor` or `predecessor` while a CA is being rotated.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub role: &'static str,
    /// The last step, of three, that a CA's rotation took, while one is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u8>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Whole days; negative once it has ended.
    pub days_left: i64,
    /// SHA-256 of the DER form, in hexadecimal.
    pub fingerprint: String,
    /// Where the certificate and its key go, by resource and key.
    pub places: Vec<CertificatePlace>,
}

/// A string of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificatePlace {
    /// `v1 Secret kube-system/cilium-ca`.
    pub resource: String,
    /// `data.tls.crt`.
    pub key: String,
    /// `certificate` or `key`.
    pub holds: &'static str,
}

/// Every certificate of the lock of the spec at a path. Places are known only where the spec's sources are at hand and
/// are what the lock says.
pub fn certs(spec: &Path, now: Timestamp) -> Result<Certificates, Error> {
    let workspace = Workspace::read(spec)?;
    let (lock, _) = workspace.lock()?;
    let landings = landings(&workspace, &lock).unwrap_or_default();
    let rows = lock.certificates().map(|locked| {
        let pin = format!("{}/{}", locked.part, locked.name);
        let (certificate_name, key_name) = (format!("{pin}{}", suffix(locked.role)), format!("{pin}.key"));
        let places = landings.iter().filter_map(|landing| {
            let holds = match &landing.holds {
                it if *it == certificate_name => "certificate",
                other if *other == key_name && locked.role.is_empty() => "key",
                _ => return None,
            };
            Some(CertificatePlace { resource: landing.resource.clone(), key: landing.key.clone(), holds })
        });
        Row {
            subject: locked.certificate.subject.clone(),
            issuer: locked.certificate.issuer.clone(),
            names: locked.certificate.names.clone(),
            ca: locked.pin.is_ca(),
            role: locked.role,
            step: Some(locked.pin.rotation_step()).filter(|it| *it > 0),
            not_before: locked.certificate.not_before,
            not_after: locked.certificate.not_after,
            days_left: locked.certificate.days_left(now),
            fingerprint: locked.certificate.fingerprint.clone(),
            places: places.collect(),
            pin,
        }
    });
    let expiring = lock.expiring(now, workspace.spec.certificates.warn_days);
    Ok(Certificates { rows: rows.collect(), expiring })
}

fn landings(workspace: &Workspace, lock: &Lock) -> Result<Vec<Landing>, Error> {
    let vendored = workspace.vendored(lock)?;
    let sealed = seal::seal(&render::render(&vendored, &random::seed(), None)?)?;
    let certificates = lock
        .certificates()
        .map(|it| (format!("{}/{}{}", it.part, it.name, suffix(it.role)), it.certificate.pem.clone()));
    Ok(seal::places(&sealed, &certificates.collect::<Vec<_>>()))
}

fn suffix(role: &str) -> String {
    if role.is_empty() { String::new() } else { format!(" ({role})") }
}
