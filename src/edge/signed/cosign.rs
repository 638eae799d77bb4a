//! Signatures of cosign: bundles of Sigstore, and the older layout.
//!
//! A signature by a key counts by that key alone. One by an identity counts with all that its root names: a certificate of an
//! authority, the time of a log or of a clock, the log's proof, and the proof that the certificate was listed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sigstore_verify::crypto::VerificationKey;
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::{Artifact, Bundle, DerPublicKey, Sha256Hash, SignatureBytes, SignatureContent};
use sigstore_verify::{VerificationPolicy, Verifier};

use super::{Fault, Policy, SignatureError, ring};
use crate::base::digest::Digest;
use crate::stage::provenance::PAYLOAD_TYPE;
use crate::stage::spec::matches;
use crate::stage::vendored::signature::{Promise, Simple};

/// What a signature of an image says in the newer layout.
const SIGN: &str = "https://sigstore.dev/cosign/sign/v1";
/// What it says in the older one.
const SIMPLE: &str = "cosign container image signature";

/// Judges signatures by one policy.
pub(super) enum Judge<'p> {
    Key { key: Box<VerificationKey>, by: String },
    Identity { verifier: Box<Verifier>, policy: Box<VerificationPolicy>, issuer: &'p str, subject: &'p str },
}

/// What is signed in the newer layout, as far as it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    subject: Vec<Named>,
    predicate_type: String,
}

#[derive(Deserialize)]
struct Named {
    digest: Sha256,
}

#[derive(Deserialize)]
struct Sha256 {
    sha256: Option<String>,
}

/// What is signed in the older layout.
#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

impl<'p> Judge<'p> {
    /// `None` for a policy that asks for no signature of cosign.
    pub fn of(policy: &'p Policy) -> Result<Option<Judge<'p>>, SignatureError> {
        ring::install();
        let means = |what: &str, fault: &dyn std::fmt::Display| SignatureError::Means(format!("{what}: {fault}"));
        match policy {
            Policy::Key(pem) => {
                let read = DerPublicKey::from_pem(&String::from_utf8_lossy(pem));
                let key = read.map_err(|it| means("the public key", &it))?;
                let key = VerificationKey::from_spki(&key).map_err(|it| means("the public key", &it))?;
                Ok(Some(Judge::Key { key: Box::new(key), by: format!("key {}", Digest::of(pem)) }))
            }
            Policy::Identity { issuer, subject, root } => {
                let text = root.as_ref().map(|it| String::from_utf8_lossy(it));
                let text = text.as_deref().unwrap_or(SIGSTORE_PRODUCTION_TRUSTED_ROOT);
                let root = TrustedRoot::from_json(text).map_err(|it| means("the file of roots", &it))?;
                let verifier = Verifier::new(&root).map_err(|it| means("the file of roots", &it))?;
                // Who the signer is may be a pattern, and is compared here.
                let mut policy = VerificationPolicy::any_identity().require_issuer(issuer.as_str());
                if root.ctlogs.is_empty() {
                    policy = policy.skip_sct();
                }
                if root.tlogs.is_empty() {
                    policy = policy.skip_tlog_unsafe();
                }
                let (verifier, policy) = (Box::new(verifier), Box::new(policy));
                Ok(Some(Judge::Identity { verifier, policy, issuer, subject }))
            }
            Policy::Keyring(_) => Ok(None),
        }
    }

    /// Judges a bundle over what has a digest.
    pub fn bundle(&self, text: &[u8], digest: &Digest) -> Result<String, Fault> {
        let bundle = Bundle::from_json(&String::from_utf8_lossy(text)).map_err(|it| format!("cannot be read: {it}"))?;
        let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
            return Err("signs bytes, and no image or chart".to_owned().into());
        };
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(format!("is over a text of the type `{}`", envelope.payload_type).into());
        }
        let statement: Statement = serde_json::from_slice(envelope.payload.as_bytes())
            .map_err(|it| format!("is over a text that cannot be read: {it}"))?;
        let is_named = |it: &Named| it.digest.sha256.as_deref() == Some(digest.hex().as_str());
        if !statement.subject.iter().any(is_named) {
            return Err("is over something else".to_owned().into());
        }
        if statement.predicate_type != SIGN {
            return Err(format!("says `{}` of it, and does not sign it", statement.predicate_type).into());
        }
        match self {
            Judge::Key { key, by } => {
                let verified = key.verify(envelope.pae(), &envelope.signature.sig);
                verified.map(|()| by.clone()).map_err(|_| Fault::Signature("is not by that key".into()))
            }
            Judge::Identity { .. } => {
                let hash = Sha256Hash::from_hex(&digest.hex()).map_err(|it| it.to_string())?;
                self.identity(hash.into(), &bundle)
            }
        }
    }

    /// Judges a signature of the older layout over what has a digest.
    pub fn simple(&self, it: &Simple, digest: &Digest) -> Result<String, Fault> {
        let payload: Payload =
            serde_json::from_slice(&it.payload).map_err(|it| format!("is over a text that cannot be read: {it}"))?;
        if payload.critical.kind != SIMPLE || payload.critical.image.digest != digest.to_string() {
            return Err("is over something else".to_owned().into());
        }
        let signature = STANDARD.decode(&it.signature).map_err(|it| format!("cannot be read: {it}"))?;
        match self {
            Judge::Key { key, by } => {
                let verified = key.verify(&it.payload, &SignatureBytes::from_bytes(&signature));
                verified.map(|()| by.clone()).map_err(|_| Fault::Signature("is not by that key".into()))
            }
            Judge::Identity { .. } => {
                let text = as_bundle(it)?.to_string();
                let bundle = Bundle::from_json(&text).map_err(|it| format!("cannot be read: {it}"))?;
                self.identity(it.payload.as_slice().into(), &bundle)
            }
        }
    }

    fn identity(&self, artifact: Artifact<'_>, bundle: &Bundle) -> Result<String, Fault> {
        let Judge::Identity { verifier, policy, issuer, subject } = self else {
            return Err("is not by a key".to_owned().into());
        };
        if bundle.signing_certificate().is_none() {
            return Err("is by a key, and not by an identity".to_owned().into());
        }
        let result = verifier.verify(artifact, bundle, &**policy).map_err(|it| format!("does not verify: {it}"))?;
        let identity = result.identity().filter(|_| result.certificate_verified());
        match identity.map(|it| it.as_str()) {
            Some(who) if matches(subject, who) => Ok(format!("{who} ({issuer})")),
            who => Err(format!("is by {}", who.unwrap_or("nobody")).into()),
        }
    }
}

/// A signature of the older layout as a bundle, in its first version.
fn as_bundle(it: &Simple) -> Result<Json, String> {
    let Some(own) = &it.certificate else { return Err("is by a key, and not by an identity".into()) };
    let Some(Promise { signed_entry_timestamp, payload: entry }) = &it.log else {
        return Err("has no promise of a log, so that nothing says when it was made".into());
    };
    let chain = format!("{own}\n{}", it.chain.as_deref().unwrap_or_default());
    let certificates: Vec<Json> = CertificateDer::pem_slice_iter(chain.as_bytes())
        .map(|it| Ok(json!({ "rawBytes": STANDARD.encode(it.map_err(|it| format!("has no certificate: {it}"))?) })))
        .collect::<Result<_, String>>()?;
    let body = STANDARD.decode(&entry.body).ok().and_then(|it| serde_json::from_slice::<Json>(&it).ok());
    let body = body.ok_or("has the promise of a log over what cannot be read")?;
    let log_id = hex::decode(&entry.log_id).map_err(|it| format!("names no log: {it}"))?;
    Ok(json!({
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "verificationMaterial": {
            "x509CertificateChain": { "certificates": certificates },
            "tlogEntries": [{
                "logIndex": entry.log_index.to_string(),
                "logId": { "keyId": STANDARD.encode(log_id) },
                "kindVersion": { "kind": body["kind"], "version": body["apiVersion"] },
                "integratedTime": entry.integrated_time.to_string(),
                "inclusionPromise": { "signedEntryTimestamp": signed_entry_timestamp },
                "canonicalizedBody": entry.body,
            }],
        },
        "messageSignature": {
            "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(sha256(&it.payload)) },
            "signature": it.signature,
        },
    }))
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    hex::decode(Digest::of(bytes).hex()).unwrap_or_default()
}
