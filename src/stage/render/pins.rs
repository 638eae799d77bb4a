//! The world of a sealed render: impure functions are answered from pins, and private halves are holes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{Minted, Minter};
use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::engine::gotmpl::{FillError, Filler, Functions};
use crate::engine::hole::{self, Expr, Holes, Piece};
use crate::engine::sprig;
use crate::engine::sprig::crypto::{self, Certificate};
use crate::engine::value::{Failure, Map, Str, Value};
use crate::engine::world::{Call, World};
use crate::engine::yaml;
use crate::stage::lock::{self, Pin, PinKey};

/// Answers that hide nothing; every other answer is a secret.
const PUBLIC: &[&str] = &["uuidv4", "randInt", "getHostByName"];

/// The lock has no answer to a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lock holds no pin for `{call}` of part `{part}`")]
pub struct MissingPin {
    pub part: String,
    /// The function and its arguments, without secrets.
    pub call: String,
}

pub(super) struct Pinned<'a> {
    part: &'a str,
    clock: Timestamp,
    pins: &'a BTreeMap<String, Pin>,
    /// Absent in a build, which never mints.
    minter: Option<&'a mut (dyn Minter + 'a)>,
    functions: &'a Functions,
    /// The names of the pins by what they are known by.
    names: BTreeMap<String, String>,
    /// How often each call was met, whatever its occurrence.
    seen: BTreeMap<String, u32>,
    pub(super) used: BTreeSet<String>,
    pub(super) minted: BTreeMap<String, Minted>,
    pub(super) holes: Holes,
}

impl World for Pinned<'_> {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        match call.function {
            "now" => Ok(sprig::time(self.clock, "UTC").into()),
            // What Helm sees without a cluster.
            "lookup" => Ok(Value::Map(Map::any())),
            _ => self.pinned(call),
        }
    }

    fn holes(&mut self) -> Option<&mut Holes> {
        Some(&mut self.holes)
    }
}

impl<'a> Pinned<'a> {
    pub(super) fn new(
        part: &'a str,
        clock: Timestamp,
        pins: &'a BTreeMap<String, Pin>,
        functions: &'a Functions,
        minter: Option<&'a mut (dyn Minter + 'a)>,
    ) -> Self {
        let names = pins.iter().map(|(name, pin)| (pin.key().canonical(), name.clone())).collect();
        Pinned {
            part,
            clock,
            pins,
            minter,
            functions,
            names,
            seen: BTreeMap::new(),
            used: BTreeSet::new(),
            minted: BTreeMap::new(),
            holes: Holes::new(),
        }
    }

    fn pinned(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        let key = self.key(call)?;
        let pins = self.pins;
        if let Some((name, pin)) = self.names.get(&key.canonical()).and_then(|it| pins.get_key_value(it)) {
            self.used.insert(name.clone());
            return self.answer_from(name, pin);
        }
        let name = self.free_name(call);
        let (pin, secret) = self.mint(call, key)?;
        let answer = self.answer_from(&name, &pin);
        self.minted.insert(name, Minted { pin, secret });
        answer
    }

    /// What the template gets to see of a pin.
    fn answer_from(&mut self, name: &str, pin: &Pin) -> Result<Value, Failure> {
        let secret = |suffix: &str| Expr::Secret(format!("{}/{name}{suffix}", self.part));
        match (&pin.certificate, &pin.value) {
            (Some(certificate), _) => {
                let expr = secret(".key");
                Ok(Certificate { cert: certificate.pem.as_str().into(), key: self.holes.token(expr) }.into())
            }
            (None, Some(Json::String(text))) => Ok(text.as_str().into()),
            (None, Some(Json::Number(number))) if number.is_i64() => {
                Ok(Value::Int(number.as_i64().unwrap_or_default()))
            }
            (None, Some(other)) => {
                Err(Failure::new(format!("the pin `{name}` holds {other}, which no function gives")))
            }
            (None, None) => {
                let expr = secret("");
                Ok(Value::Str(self.holes.token(expr)))
            }
        }
    }

    fn mint(&mut self, call: &Call<'_>, key: PinKey) -> Result<(Pin, Option<Secret>), Failure> {
        let Some(minter) = self.minter.as_deref_mut() else {
            let call = shown(&key);
            return Err(Failure::from_error(MissingPin { part: self.part.into(), call }));
        };
        let args = unsealed(call.args, &self.holes, self.functions, &mut |name| {
            let pin = name.split_once('/').map_or(name, |(_, pin)| pin);
            let pin = pin.strip_suffix(".key").unwrap_or(pin);
            if let Some(secret) = self.minted.get(pin).and_then(|it| it.secret.as_ref()) {
                return Ok(secret.expose().into());
            }
            let envelope = self.pins.get(pin).and_then(|it| it.sealed.as_ref());
            let envelope = envelope.ok_or_else(|| Failure::new(format!("the lock holds no secret `{name}`")))?;
            Ok(minter.unseal(name, envelope)?.expose().into())
        })?;
        let answer = minter.mint(&Call { function: call.function, args: &args })?;
        let mut pin = Pin {
            function: key.function,
            args: key.args,
            occurrence: key.occurrence,
            certificate: None,
            value: None,
            sealed: None,
        };
        let secret = match &answer {
            Value::Str(text) if PUBLIC.contains(&call.function) => {
                pin.value = Some(Json::String(text.to_text().into_owned()));
                None
            }
            Value::Str(text) => Some(Secret::new(text.as_bytes())),
            Value::Int(number) => {
                pin.value = Some(json!(number));
                None
            }
            other => match certificate(other) {
                Some(it) => {
                    pin.certificate = Some(described(&it.cert)?);
                    Some(Secret::new(it.key.as_bytes()))
                }
                None => return Err(Failure::new(format!("no pin can hold a value of type {}", other.type_name()))),
            },
        };
        Ok((pin, secret))
    }

    fn key(&mut self, call: &Call<'_>) -> Result<PinKey, Failure> {
        let args = call.args.iter().map(|it| self.described_argument(it)).collect::<Result<_, _>>()?;
        let mut key = PinKey { function: call.function.into(), args, occurrence: 0 };
        let count = self.seen.entry(key.canonical()).or_insert(0);
        key.occurrence = *count;
        *count += 1;
        Ok(key)
    }

    /// An argument as a pin's identity has it: issuers by fingerprint, keys by digest, holes by what they are made of.
    fn described_argument(&self, value: &Value) -> Result<Json, Failure> {
        if let Some(it) = certificate(value) {
            return Ok(json!({ "certificate": described(&it.cert)?.fingerprint }));
        }
        Ok(match value {
            Value::Str(text) if text.windows(16).any(|it| it == b"PRIVATE KEY-----") => {
                json!({ "privateKey": Digest::of(text) })
            }
            Value::Str(text) => Json::String(self.described_text(text)),
            Value::List(list) => {
                let items = list.to_vec();
                Json::Array(items.iter().map(|it| self.described_argument(it)).collect::<Result<_, _>>()?)
            }
            other => {
                let json = yaml::write_json(other, false)?;
                serde_json::from_slice(&json).map_err(|it| Failure::new(it.to_string()))?
            }
        })
    }

    fn described_text(&self, text: &Str) -> String {
        let describe = |piece: Piece<'_>| match piece {
            Piece::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Piece::Hole(index) => match self.holes.get(index) {
                Some(Expr::Secret(name)) => format!("<sealed:{name}>"),
                Some(Expr::Call { function, args }) => {
                    let args: Vec<String> = args
                        .iter()
                        .map(|it| self.described_argument(it).map_or_else(|it| it.message, |it| it.to_string()))
                        .collect();
                    format!("<sealed:{function}({})>", args.join(","))
                }
                None => String::new(),
            },
        };
        hole::pieces(text).into_iter().map(describe).collect()
    }

    /// A name a reviewer knows the pin by, that no pin of this part has yet.
    fn free_name(&self, call: &Call<'_>) -> String {
        let subject = match call.args.first() {
            Some(Value::Str(text)) if call.function.starts_with("gen") => self.described_text(text),
            _ => String::new(),
        };
        let allowed = |it: char| if it.is_ascii_alphanumeric() || it == '.' { it.to_ascii_lowercase() } else { '-' };
        let base: String = subject.chars().map(allowed).collect();
        let base = base.trim_matches(['-', '.']);
        let base = if base.is_empty() { call.function.to_owned() } else { base.chars().take(63).collect() };
        let taken = |name: &str| self.pins.contains_key(name) || self.minted.contains_key(name);
        let numbered = (2..).map(|it| format!("{base}-{it}"));
        std::iter::once(base.clone()).chain(numbered).find(|it| !taken(it)).unwrap_or(base)
    }
}

/// What a reviewer wants to know of a certificate.
fn described(pem: &[u8]) -> Result<lock::Certificate, Failure> {
    let facts = crypto::inspect(pem).map_err(Failure::from_error)?;
    let moment = |seconds| Timestamp::from_second(seconds).map_err(Failure::from_error);
    Ok(lock::Certificate {
        subject: facts.subject,
        issuer: facts.issuer,
        names: facts.dns_names.into_iter().chain(facts.ips.iter().map(ToString::to_string)).collect(),
        not_before: moment(facts.not_before)?,
        not_after: moment(facts.not_after)?,
        fingerprint: hex::encode(facts.fingerprint),
        pem: String::from_utf8_lossy(pem).into_owned(),
    })
}

fn certificate(value: &Value) -> Option<&Certificate> {
    match value {
        Value::Object(object) => object.as_any().downcast_ref(),
        _ => None,
    }
}

/// The arguments with every hole filled.
fn unsealed(
    args: &[Value],
    holes: &Holes,
    functions: &Functions,
    secret: &mut dyn FnMut(&str) -> Result<Str, Failure>,
) -> Result<Vec<Value>, Failure> {
    let mut filler = Filler::new(holes, functions, secret);
    let failed = |it: FillError<Failure>| match it {
        FillError::Secret(failure) => failure,
        other => Failure::new(other.to_string()),
    };
    let fill = |value: &Value| match certificate(value) {
        Some(it) => Ok(Certificate { cert: it.cert.clone(), key: filler.text(&it.key).map_err(failed)? }.into()),
        None => filler.value(value).map_err(failed),
    };
    args.iter().map(fill).collect()
}

fn shown(key: &PinKey) -> String {
    let args: Vec<String> = key.args.iter().map(Json::to_string).collect();
    format!("{} {}", key.function, args.join(" ")).trim_end().to_owned()
}
