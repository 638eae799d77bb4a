//! The envelope of a signed statement: DSSE, whose signatures here are those of OpenSSH (`ssh-keygen -Y sign`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What lies in an envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Signature {
    keyid: String,
    sig: String,
}

/// Why an envelope cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It is no JSON of this form. What is wrong with it.
    #[error("it is no signed statement: {0}")]
    Shape(String),
    /// It holds something else than a statement. Its type.
    #[error("it holds `{0}`, not a statement of in-toto")]
    Type(String),
    /// Nobody signed it.
    #[error("it has no signature")]
    Unsigned,
}

/// What is signed of a payload: DSSE's pre-authentication encoding.
pub fn signed_bytes(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

impl Envelope {
    /// One with the signature of a key, in the armour of OpenSSH.
    pub fn new(payload: &[u8], key: &str, signature: &str) -> Envelope {
        let signature = Signature { keyid: key.into(), sig: STANDARD.encode(signature) };
        Envelope { payload_type: PAYLOAD_TYPE.into(), payload: STANDARD.encode(payload), signatures: vec![signature] }
    }

    /// The text of the envelope.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("an envelope is plain data");
        text.push(b'\n');
        text
    }

    /// Reads an envelope: its payload, and its signatures.
    pub fn decode(bytes: &[u8]) -> Result<(Vec<u8>, Vec<Vec<u8>>), EnvelopeError> {
        let envelope: Envelope = serde_json::from_slice(bytes).map_err(|it| EnvelopeError::Shape(it.to_string()))?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::Type(envelope.payload_type));
        }
        let decoded = |text: &str| STANDARD.decode(text).map_err(|it| EnvelopeError::Shape(it.to_string()));
        let payload = decoded(&envelope.payload)?;
        let signatures = envelope.signatures.iter().map(|it| decoded(&it.sig)).collect::<Result<Vec<_>, _>>()?;
        if signatures.is_empty() { Err(EnvelopeError::Unsigned) } else { Ok((payload, signatures)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_that_of_the_specification() {
        assert_eq!(signed_bytes(b"hello"), b"DSSEv1 28 application/vnd.in-toto+json 5 hello");
        let envelope = Envelope::new(b"payload", "key", "signature");
        let (payload, signatures) = Envelope::decode(&envelope.encode()).expect("an envelope");
        assert_eq!((payload.as_slice(), signatures.as_slice()), (&b"payload"[..], &[b"signature".to_vec()][..]));
        for (text, fault) in [
            (r#"{"payloadType":"x","payload":"","signatures":[]}"#, EnvelopeError::Type("x".into())),
            (r#"{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[]}"#, EnvelopeError::Unsigned),
        ] {
            assert_eq!(Envelope::decode(text.as_bytes()), Err(fault));
        }
        assert!(matches!(Envelope::decode(b"{}"), Err(EnvelopeError::Shape(_))));
    }
}
