//! sprig's `certificate`: what its certificate functions give.

use std::any::Any;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::pki::PkiError;
use crate::pki::{Issuer, Pair};
use crate::value::{Kind, Object, Str, Type, Value};

pub const CERTIFICATE: Type = Type::Named { name: "sprig.certificate", kind: Kind::Struct, underlying: None };

/// A certificate and its private key, both in PEM. Where keys are sealed, `key` is a hole.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// `.Cert`: one `CERTIFICATE` block.
    pub cert: Str,
    /// `.Key`: one block of a private key, or a hole.
    pub key: Str,
}

impl Certificate {
    /// Reads both halves as those of a CA that is to sign. The error is sprig's.
    pub(super) fn issuer(&self) -> Result<Issuer, PkiError> {
        Issuer::from_pem(&self.cert, &self.key)
    }
}

/// Shows the certificate, and of the key a digest: recorded calls are told apart by this form.
impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = format!("sha256:{}", hex::encode(Sha256::digest(&self.key)));
        f.debug_struct("Certificate").field("cert", &self.cert).field("key", &key).finish()
    }
}

impl From<Pair> for Certificate {
    fn from(pair: Pair) -> Self {
        Certificate { cert: pair.certificate.as_str().into(), key: pair.key.as_str().into() }
    }
}

impl From<Certificate> for Value {
    fn from(it: Certificate) -> Self {
        Value::Object(Rc::new(it))
    }
}

impl Object for Certificate {
    fn object_type(&self) -> Type {
        CERTIFICATE
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(self.cert.clone().into()),
            "Key" => Some(self.key.clone().into()),
            _ => None,
        }
    }

    fn has_string_method(&self) -> bool {
        false
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(vec![("Cert", self.cert.clone().into()), ("Key", self.key.clone().into())])
    }

    fn print(&self) -> String {
        format!("{{{} {}}}", self.cert, self.key)
    }

    fn plain(&self) -> Value {
        Value::map([("Cert", Value::Str(self.cert.clone())), ("Key", Value::Str(self.key.clone()))])
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Certificate>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
