//! sprig's keys, certificates, passwords and ciphers.

mod certificate;
mod cipher;
mod generate;
mod password;

pub(crate) use certificate::CERTIFICATE;
pub use certificate::Certificate;
pub(crate) use cipher::encrypt;
pub use generate::{gen_ca, parse_dns_names, parse_ips};
pub(crate) use generate::{gen_cert, gen_private_key};
pub(crate) use password::{bcrypt, htpasswd};

use crate::encoding::base64_decode;
use crate::gotmpl::{Body, Function, Machine, Sealed};
use crate::hole::{Expr, Holes, Piece};
use crate::pki::{PrivateKey, pem, x509};
use crate::value::{Failure, Kind, Str, Type, Value};

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Function] = &[
    impure("bcrypt", &[Type::String], Type::String),
    Function {
        body: Body::Machine(build_custom_cert),
        ..impure("buildCustomCert", &[Type::String, Type::String], CERTIFICATE)
    },
    pure("decryptAES", &[Type::String, Type::String], decrypt_aes),
    pure("derivePassword", &[UINT32, Type::String, Type::String, Type::String, Type::String], derive_password),
    impure("encryptAES", &[Type::String, Type::String], Type::String),
    impure("genCA", &[Type::String, Type::Int], CERTIFICATE),
    impure("genCAWithKey", &[Type::String, Type::Int, Type::String], CERTIFICATE),
    impure("genPrivateKey", &[Type::String], Type::String),
    impure("genSelfSignedCert", &[Type::String, Type::LIST, Type::LIST, Type::Int], CERTIFICATE),
    impure("genSelfSignedCertWithKey", &[Type::String, Type::LIST, Type::LIST, Type::Int, Type::String], CERTIFICATE),
    impure("genSignedCert", &[Type::String, Type::LIST, Type::LIST, Type::Int, CERTIFICATE], CERTIFICATE),
    impure(
        "genSignedCertWithKey",
        &[Type::String, Type::LIST, Type::LIST, Type::Int, CERTIFICATE, Type::String],
        CERTIFICATE,
    ),
    impure("htpasswd", &[Type::String, Type::String], Type::String),
];

/// No template value is of this type; the executor makes it of a constant.
const UINT32: Type = Type::Named { name: "uint32", kind: Kind::Uint64, underlying: None };

const fn impure(name: &'static str, params: &'static [Type], result: Type) -> Function {
    Function { name, params, variadic: false, result, sealed: Sealed::Pass, body: Body::Impure }
}

const fn pure(name: &'static str, params: &'static [Type], body: fn(&[Value]) -> Result<Value, Failure>) -> Function {
    Function { body: Body::Pure(body), sealed: Sealed::Defer, ..impure(name, params, Type::String) }
}

fn decrypt_aes(args: &[Value]) -> Result<Value, Failure> {
    Ok(Value::Str(cipher::decrypt(text(args, 0), text(args, 1))?.into()))
}

fn derive_password(args: &[Value]) -> Result<Value, Failure> {
    let counter = match args.first() {
        Some(Value::Uint64(it)) => *it as u32,
        Some(Value::Int(it) | Value::Int64(it)) => *it as u32,
        _ => 0,
    };
    Ok(Value::Str(password::derive(counter, text(args, 1), text(args, 2), text(args, 3), text(args, 4))))
}

/// A half that is sealed cannot be looked at and is taken as it is.
fn build_custom_cert(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Failure> {
    let (cert, key) = (text(args, 0), text(args, 1));
    let decode = |text: &[u8], what: &str| {
        base64_decode(text).map_err(|_| Failure::new(format!("unable to decode base64 {what}")))
    };
    let mut holes = machine.world().holes();
    let mut half = |text: &[u8], what| match &mut holes {
        Some(holes) if holes.stand_in_text(text) => Ok((decoded_hole(text, holes), true)),
        _ => decode(text, what).map(|it| (Str::from(it), false)),
    };
    let ((cert, cert_sealed), (key, key_sealed)) = (half(cert, "certificate")?, half(key, "private key")?);
    if !cert_sealed {
        let block = pem::decode(&cert).ok_or("unable to decode certificate")?;
        x509::X509::parse(&block.der).map_err(|it| it.within("error parsing certificate: decodedCert.Bytes"))?;
    }
    if !key_sealed {
        PrivateKey::from_pem(&key).map_err(|it| it.within("error parsing private key"))?;
    }
    Ok(Certificate { cert, key }.into())
}

/// The hole for what a sealed base64 text decodes to: the text itself where the hole is only its encoding.
fn decoded_hole(encoded: &[u8], holes: &mut Holes) -> Str {
    if let [Piece::Hole(index)] = holes.pieces(encoded)[..]
        && let Some(Expr::Call { function, args }) = holes.get(index)
        && let ("b64enc", [Value::Str(text)]) = (function.as_str(), &args[..])
    {
        return text.clone();
    }
    holes.token(Expr::Call { function: "b64dec".into(), args: vec![Value::Str(encoded.into())] })
}

fn text(args: &[Value], index: usize) -> &[u8] {
    match args.get(index) {
        Some(Value::Str(it)) => it,
        _ => b"",
    }
}

#[cfg(test)]
mod tests;
