//! What a chart is given beside its public values, and how its certificates are made.

use std::borrow::Cow;

use super::fields::{Fields, Reader};
use super::keys::{CERTIFICATES, PART_CERTIFICATES, Table};
use crate::base::code::Code;
use crate::base::diagnostic::Place;
use helm_engine::pki::Algorithm;
use helm_engine::yaml::node::Node;

/// How many days before its end a certificate is warned about, where the spec does not say.
const WARN_DAYS: u32 = 30;

/// How certificates are made, and when their end is near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificates {
    /// The kind of new keys.
    pub algorithm: Algorithm,
    /// A certificate that ends within so many days is warned about.
    pub warn_days: u32,
}

/// What a chart is given beside its public values.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Values files under age, by their paths from the spec's folder; they win over the public values.
    pub secret_values: Vec<(String, Place)>,
    /// A file of the objects that `lookup` finds, by its path from the spec's folder.
    pub lookup: Option<(String, Place)>,
    /// The kind of new keys, where it is another than the spec's.
    pub algorithm: Option<Algorithm>,
    /// Whether the values need not be what the chart's schemas ask for.
    pub skip_schema_validation: bool,
}

impl Default for Certificates {
    fn default() -> Self {
        Certificates { algorithm: Algorithm::Rsa { bits: 2048 }, warn_days: WARN_DAYS }
    }
}

/// The spec's own `certificates`.
pub(super) fn certificates(reader: &mut Reader, fields: &Fields<'_>) -> Certificates {
    let default = Certificates::default();
    let Some(fields) = policy(reader, fields, &CERTIFICATES) else { return default };
    let warn_days = fields.get("warnDays").and_then(|it| {
        let word = reader.word(it, "`warnDays`")?;
        let days = word.parse().ok();
        if days.is_none() {
            let help = "write the days before its end from which on a certificate is warned about, such as 30";
            reader.fault(Code::S005, it, format!("`warnDays` cannot be `{word}`"), help);
        }
        days
    });
    Certificates {
        algorithm: algorithm(reader, &fields).unwrap_or(default.algorithm),
        warn_days: warn_days.unwrap_or(default.warn_days),
    }
}

/// The inputs of a chart part.
pub(super) fn inputs(reader: &mut Reader, fields: &Fields<'_>) -> Inputs {
    let mut inputs = Inputs::default();
    if let Some(node) = fields.get("secretValues") {
        for item in reader.items(node, "`secretValues`") {
            let path = reader.word(item, "an entry of `secretValues`").map(Cow::into_owned);
            inputs.secret_values.extend(path.map(|path| (path, reader.place(item))));
        }
    }
    inputs.lookup = fields.get("lookup").and_then(|it| {
        let path = reader.word(it, "`lookup`")?.into_owned();
        Some((path, reader.place(it)))
    });
    inputs.algorithm = policy(reader, fields, &PART_CERTIFICATES).and_then(|it| algorithm(reader, &it));
    if let Some(node) = fields.get("skipSchemaValidation") {
        match reader.word(node, "`skipSchemaValidation`").as_deref() {
            Some("true") => inputs.skip_schema_validation = true,
            Some("false") | None => {}
            Some(word) => {
                let message = format!("`skipSchemaValidation` cannot be `{word}`");
                reader.fault(Code::S005, node, message, "write `true` to leave the chart's schemas out");
            }
        }
    }
    inputs
}

fn policy<'n>(reader: &mut Reader, fields: &Fields<'n>, known: &Table) -> Option<Fields<'n>> {
    let node: Node<'n> = fields.get("certificates")?;
    reader.fields(node, "`certificates`", &known.names())
}

fn algorithm(reader: &mut Reader, fields: &Fields<'_>) -> Option<Algorithm> {
    let node = fields.get("algorithm")?;
    let word = reader.word(node, "`algorithm`")?;
    match word.as_ref() {
        "rsa-2048" => Some(Algorithm::Rsa { bits: 2048 }),
        "ecdsa-p256" => Some(Algorithm::EcdsaP256),
        "ed25519" => Some(Algorithm::Ed25519),
        _ => {
            let help = "`rsa-2048` is what Helm makes; `ecdsa-p256` and `ed25519` are smaller";
            reader.fault(Code::S005, node, format!("`algorithm` cannot be `{word}`"), help);
            None
        }
    }
}
