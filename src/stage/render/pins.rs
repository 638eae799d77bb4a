//! The world of a sealed render: impure functions are answered from pins, and private halves are holes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{Minted, Minter, UnfitIssuer, issuer, lookup, secrets};
use crate::base::digest::Digest;
use crate::base::secret::Secret;
use crate::stage::lock::{self, Pin, PinKey};
use crate::stage::resolve::Inputs;
use crate::stage::vendored::VendoredPart;
use helm_engine::gotmpl::{FillError, Filler, Functions};
use helm_engine::hole::{self, Expr, Holes, Piece, Seed};
use helm_engine::sprig;
use helm_engine::sprig::crypto::Certificate;
use helm_engine::value::{Failure, Str, Value};
use helm_engine::world::{Call, World};
use helm_engine::yaml;

/// Answers that hide nothing; every other answer is a secret.
const PUBLIC: &[&str] = &["uuidv4", "randInt", "getHostByName"];

/// The lock has no answer to a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lock holds no pin for `{call}` of part `{part}`")]
pub struct MissingPin {
    /// The name of the part.
    pub part: String,
    /// The function and its arguments, without secrets.
    pub call: String,
}

pub(super) struct Pinned<'a> {
    part: &'a str,
    clock: Timestamp,
    pins: &'a BTreeMap<String, Pin>,
    inputs: &'a Inputs,
    /// Absent in a build, which never mints.
    minter: Option<&'a mut (dyn Minter + 'a)>,
    functions: &'a Functions,
    /// The names of the pins by what they are known by.
    names: BTreeMap<String, String>,
    /// How often each call was met, whatever its occurrence.
    seen: BTreeMap<String, u32>,
    /// Fingerprints of the CAs that no longer sign: what they signed is asked for no more.
    retired: BTreeSet<String>,
    pub(super) used: BTreeSet<String>,
    pub(super) minted: BTreeMap<String, Minted>,
    pub(super) holes: Holes,
}

impl World for Pinned<'_> {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        match call.function {
            "now" => Ok(sprig::time(self.clock, "UTC").into()),
            "lookup" => lookup::lookup(call.args, &self.inputs.objects, &self.holes),
            _ => self.pinned(call),
        }
    }

    fn holes(&mut self) -> Option<&mut Holes> {
        Some(&mut self.holes)
    }
}

impl<'a> Pinned<'a> {
    pub(super) fn new(
        part: &'a VendoredPart,
        clock: Timestamp,
        inputs: &'a Inputs,
        functions: &'a Functions,
        seed: Seed,
        minter: Option<&'a mut (dyn Minter + 'a)>,
    ) -> Self {
        let pins = &part.pins;
        let names = pins.iter().map(|(name, pin)| (pin.key().canonical(), name.clone())).collect();
        let retired = pins.values().filter_map(|it| Some(it.predecessor.as_ref()?.fingerprint.clone())).collect();
        let values = pins.iter().filter(|(_, it)| it.function == secrets::FUNCTION);
        Pinned {
            part: &part.name,
            clock,
            pins,
            inputs,
            minter,
            functions,
            names,
            seen: BTreeMap::new(),
            retired,
            used: values.map(|(name, _)| name.clone()).collect(),
            minted: BTreeMap::new(),
            holes: Holes::new(seed),
        }
    }

    fn pinned(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        self.check_public(call)?;
        let key = self.key(call)?;
        let pins = self.pins;
        let known = self.names.get(&key.canonical()).and_then(|it| pins.get_key_value(it));
        let name = known.map_or_else(|| self.free_name(call, &key), |(name, _)| name.clone());
        let mut imported = false;
        let minted = match self.brought(call, &key, &name)? {
            Some((pin, _)) if known.is_some_and(|(_, it)| it.is_same_answer(&pin)) => None,
            Some(brought) => {
                let replaced = known.and_then(|(_, it)| it.certificate.as_ref());
                self.retired.extend(replaced.map(|it| it.fingerprint.clone()));
                imported = true;
                Some(brought)
            }
            None if known.is_some() && !self.rests_on_new(&key) => None,
            None => Some(self.mint(call, key)?),
        };
        let Some((pin, secret)) = minted else {
            let Some((name, pin)) = known else { return Err(Failure::new("the pin is gone")) };
            self.used.insert(name.clone());
            return self.answer_from(name, pin);
        };
        let answer = self.answer_from(&name, &pin);
        self.minted.insert(name, Minted { pin, secret, imported });
        answer
    }

    /// What the template gets to see of a pin.
    fn answer_from(&mut self, name: &str, pin: &Pin) -> Result<Value, Failure> {
        let secret = |suffix: &str| Expr::Secret(format!("{}/{name}{suffix}", self.part));
        match (pin.trusted(), &pin.value) {
            (Some(trusted), _) => {
                let expr = secret(".key");
                Ok(Certificate { cert: trusted.as_str().into(), key: self.holes.token(expr) }.into())
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
                if let (Expr::Secret(secret), true) = (&expr, pin.template) {
                    self.holes.mark_template(secret);
                }
                Ok(Value::Str(self.holes.token(expr)))
            }
        }
    }

    /// What the minter has at hand for a call from elsewhere.
    fn brought(&mut self, call: &Call<'_>, key: &PinKey, name: &str) -> Result<Option<(Pin, Option<Secret>)>, Failure> {
        let Some(minter) = self.minter.as_deref_mut() else { return Ok(None) };
        let mut pin = Pin::new(key.clone());
        if let Some(it) = minter.imported(call) {
            pin.certificate = Some(described(it.certificate.as_bytes())?);
            return Ok(Some((pin, Some(it.key))));
        }
        let Some(secret) = minter.given(&format!("{}/{name}", self.part)) else { return Ok(None) };
        pin.template = hole::may_be_template(secret.expose());
        match hole::refusal(secret.expose()) {
            Some(reason) => Err(Failure::new(format!("the secret for `{name}` cannot be sealed: {reason}"))),
            None => Ok(Some((pin, Some(secret)))),
        }
    }

    /// Whether a call is made on a secret that this render replaced, so that its old answer is of no use.
    fn rests_on_new(&self, key: &PinKey) -> bool {
        let args: Vec<String> = key.args.iter().map(Json::to_string).collect();
        let mentions = |name: &String| {
            let marks = [format!("<sealed:{}/{name}>", self.part), format!("<sealed:{}/{name}.key>", self.part)];
            args.iter().any(|it| marks.iter().any(|mark| it.contains(mark)))
        };
        self.minted.keys().any(mentions)
    }

    /// A certificate is public, so that nothing sealed may be written into one.
    fn check_public(&self, call: &Call<'_>) -> Result<(), Failure> {
        let says = match call.function {
            "genCA" | "genCAWithKey" => 1,
            "genSignedCert" | "genSignedCertWithKey" | "genSelfSignedCert" | "genSelfSignedCertWithKey" => 3,
            _ => 0,
        };
        if call.args.iter().take(says).any(|it| self.holes.stand_in(it)) {
            return Err(Failure::new(
                "the certificate would show a sealed value to everyone; make that value a public one",
            ));
        }
        Ok(())
    }

    fn mint(&mut self, call: &Call<'_>, key: PinKey) -> Result<(Pin, Option<Secret>), Failure> {
        let Some(minter) = self.minter.as_deref_mut() else {
            let call = shown(&key);
            return Err(Failure::from_error(MissingPin { part: self.part.into(), call }));
        };
        if let Some(ca) = call.args.iter().find_map(certificate) {
            let ca = described(&ca.cert)?;
            if let Some(validity) = issuer::unfit(&ca, minter.now()) {
                let is_it = |pin: &&Pin| pin.certificate.as_ref().is_some_and(|it| it.fingerprint == ca.fingerprint);
                let minted = self.minted.iter().map(|(name, it)| (name, &it.pin));
                let pin = self.pins.iter().chain(minted).find(|(_, pin)| is_it(pin));
                let pin = pin.map(|(name, _)| format!("{}/{name}", self.part));
                return Err(Failure::from_error(UnfitIssuer { pin, subject: ca.subject, validity }));
            }
        }
        let args = unsealed(call.args, &self.holes, self.functions, &mut |name| {
            let pin = name.split_once('/').map_or(name, |(_, pin)| pin);
            let is_known = |it: &str| self.minted.contains_key(it) || self.pins.contains_key(it);
            let pin = if is_known(pin) { pin } else { pin.strip_suffix(".key").unwrap_or(pin) };
            if let Some(secret) = self.minted.get(pin).and_then(|it| it.secret.as_ref()) {
                return Ok(secret.expose().into());
            }
            let known = self.pins.get(pin);
            let envelope = known.and_then(|it| it.sealed.as_ref());
            let envelope = envelope.ok_or_else(|| Failure::new(format!("the lock holds no secret `{name}`")))?;
            let secret = minter.unseal(name, envelope)?;
            match known.and_then(|it| it.certificate.as_ref()) {
                Some(certificate) if !certificate.is_of_key(secret.expose()) => {
                    Err(Failure::new(format!("the sealed key `{name}` is not that of the pin's certificate")))
                }
                _ => Ok(secret.expose().into()),
            }
        })?;
        let answer = minter.mint(&Call { function: call.function, args: &args }, self.inputs.algorithm)?;
        let mut pin = Pin::new(key);
        let secret = match &answer {
            // Nobody is told anything by empty text, and templates ask for it.
            Value::Str(text) if PUBLIC.contains(&call.function) || text.is_empty() => {
                pin.value = Some(Json::String(text.to_text().into_owned()));
                None
            }
            Value::Str(text) => {
                if let Some(reason) = hole::refusal(text) {
                    return Err(Failure::new(format!("what {} gives cannot be sealed: {reason}", call.function)));
                }
                pin.template = hole::may_be_template(text);
                Some(Secret::new(text.as_bytes()))
            }
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
            Value::Str(text) if self.writes_a_mark(text) => {
                return Err(Failure::new(
                    "an argument writes `<sealed:`, which stands for sealed text; change that text",
                ));
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

    /// Whether a text holds in the clear what a sealed argument is described with.
    fn writes_a_mark(&self, text: &Str) -> bool {
        const MARK: &[u8] = b"<sealed:";
        let plain = |it: &Piece<'_>| matches!(it, Piece::Text(it) if it.windows(MARK.len()).any(|it| it == MARK));
        self.holes.pieces(text).iter().any(plain)
    }

    fn described_text(&self, text: &Str) -> String {
        let describe = |piece: Piece<'_>| match piece {
            Piece::Text(text) => String::from_utf8_lossy(text).into_owned(),
            Piece::Hole(index) => match self.holes.get(index) {
                Some(Expr::Secret(name)) => format!("<sealed:{name}>"),
                Some(Expr::Call { function, args }) => {
                    let args: Vec<String> = args
                        .iter()
                        .map(|argument| {
                            self.described_argument(argument).map_or_else(|fault| fault.message, |it| it.to_string())
                        })
                        .collect();
                    format!("<sealed:{function}({})>", args.join(","))
                }
                None => String::new(),
            },
        };
        self.holes.pieces(text).into_iter().map(describe).collect()
    }

    /// A name a reviewer knows the pin by. A certificate takes over from the one it replaces under another CA; else it
    /// is one that no pin of this part has yet.
    fn free_name(&self, call: &Call<'_>, key: &PinKey) -> String {
        let unissued = |args: &[Json]| args.iter().filter(|it| it.get("certificate").is_none()).cloned().collect();
        let wanted: Vec<Json> = unissued(&key.args);
        let replaced = self.pins.iter().find(|(name, pin)| {
            pin.issuer().is_some_and(|it| self.retired.contains(it))
                && pin.function == key.function
                && pin.occurrence == key.occurrence
                && !self.minted.contains_key(*name)
                && unissued(&pin.args) == wanted
        });
        if let Some((name, _)) = replaced {
            return name.clone();
        }
        let subject = match call.args.first() {
            Some(Value::Str(text)) if call.function.starts_with("gen") => self.described_text(text),
            _ => String::new(),
        };
        let allowed = |it: char| if it.is_ascii_alphanumeric() || it == '.' { it.to_ascii_lowercase() } else { '-' };
        let base: String = subject.chars().map(allowed).collect();
        let base = base.trim_matches(['-', '.']);
        let base = if base.is_empty() { call.function.to_owned() } else { base.chars().take(63).collect() };
        let taken = |name: &str| self.pins.contains_key(name) || self.minted.contains_key(name);
        lock::free_name(&base, taken)
    }
}

/// What a reviewer wants to know of a certificate.
fn described(pem: &[u8]) -> Result<lock::Certificate, Failure> {
    lock::Certificate::read(&String::from_utf8_lossy(pem)).map_err(Failure::from_error)
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
