//! `ichor rotate`: the only thing that replaces a pin.
//!
//! A leaf, or any other pin, is made anew at once. A CA takes three steps, each one change of the lock, so that at no time
//! something is in use that a running agent does not trust:
//!
//! 1. The successor is made and trusted: every trust bundle holds both CAs. The old one signs still; no leaf changes.
//! 2. The successor signs: every leaf of the CA is issued anew. The old CA is trusted still; its key is gone.
//! 3. The old CA is dropped from the trust bundles.
//!
//! Charts know nothing of this: the certificate they get of a CA is the one that signs, followed by the other one. Go and
//! OpenSSL read such a text as a bundle wherever it is used for trust, and its first certificate where it is used to sign.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::Error;
use super::error::{Held, RotateError};
use super::lock::{Locked, relock};
use crate::base::secret::Secret;
use crate::edge::age::{self, Sealer};
use crate::edge::fetch::Progress;
use crate::edge::git;
use crate::edge::mint::Mint;
use crate::stage::lock::{self, Envelope, Lock, Pin, Successor};
use crate::stage::render::Minter as _;
use crate::stage::render::secrets;
use crate::stage::spec::{Content, Spec};
use crate::workspace;
use crate::workspace::Workspace;
use helm_engine::pki::Algorithm;
use helm_engine::sprig::crypto::Certificate;
use helm_engine::value::{Failure, Value};
use helm_engine::world::Call;

/// What is rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Pins by name, `part/pin`; the part may be left out where only one has such a pin.
    Pins(Vec<String>),
    /// Everything: each CA goes one step on, and what no CA signed is made anew in the first of these steps.
    All,
}

/// A step that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The pin was made anew.
    Replaced,
    /// The CA's successor is trusted.
    Trusted,
    /// The CA's successor signs.
    Signs,
    /// The old CA is gone.
    Dropped,
    /// The step that was asked for was taken before.
    Before(u8),
}

impl Step {
    /// The step of a CA's rotation that is now the last one taken.
    pub fn taken(self) -> Option<u8> {
        match self {
            Step::Replaced => None,
            Step::Trusted => Some(1),
            Step::Signs => Some(2),
            Step::Dropped => Some(3),
            Step::Before(step) => Some(step),
        }
    }
}

/// What rotating did.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// Each pin, `part/pin`, and the step it took.
    pub steps: Vec<(String, Step)>,
    pub locked: Locked,
}

/// Rotates pins of the spec at a path; one step for CAs. A CA's next step is taken where the lock with the last one is
/// committed, or where `step` names it.
pub fn rotate(
    spec: &Path,
    wanted: &Wanted,
    step: Option<u8>,
    identities: &[String],
    progress: &dyn Progress,
    now: Timestamp,
) -> Result<Rotated, Error> {
    let (workspace, _hold) = Workspace::held(spec, "rotate", progress)?;
    let (mut lock, text) = workspace.lock()?;
    let names = match wanted {
        Wanted::Pins(names) => names.iter().map(|it| find(&lock, it)).collect::<Result<BTreeSet<_>, _>>()?,
        Wanted::All => all(&lock),
    };
    let brake = Brake::new(&workspace.lock_path, &text, step, now);
    let mut before = BTreeSet::new();
    for (part, name) in &names {
        let Some(pin) = lock.parts.get(part).and_then(|it| it.pins.get(name)) else { continue };
        if pin.is_ca() && brake.is_taken(&format!("{part}/{name}"), (part, name), pin)? {
            before.insert((part.clone(), name.clone()));
        }
    }
    if identities.is_empty() {
        needs_no_key(&lock, &names, &before)?;
    }
    let mut mint = Mint::new(now, identities);
    check_keys(&lock, &mut mint)?;
    let sealer = Sealer::new(&workspace.spec.recipients, &lock.bundle)?.like(Some(&lock));
    let mut steps = Vec::new();
    for (part, name) in &names {
        let full = format!("{part}/{name}");
        let Some(pins) = lock.parts.get_mut(part).map(|it| &mut it.pins) else { continue };
        let Some(pin) = pins.get_mut(name) else { continue };
        let refused =
            |reason: &str| Error::Rotate(RotateError::NotRotated { name: full.clone(), reason: reason.into() });
        let step = if before.contains(&(part.clone(), name.clone())) {
            Step::Before(pin.rotation_step())
        } else if pin.function == secrets::FUNCTION {
            return Err(refused("it comes from `secretValues`; change it there, and run `ichor lock`"));
        } else if pin.is_ca() {
            let algorithm = algorithm(&workspace.spec, part);
            ca(pin, &mut mint, algorithm, &|key| sealer.seal(part, name, key)).map_err(|it| refused(&it))?
        } else {
            pins.remove(name);
            Step::Replaced
        };
        steps.push((full, step));
    }
    let locked = relock(&workspace, Some(lock), Some(&text), &mut mint, now, (Some(progress), None))?;
    Ok(Rotated { steps, locked })
}

/// Takes a CA one step on.
fn ca(
    pin: &mut Pin,
    mint: &mut Mint<'_>,
    algorithm: Algorithm,
    seal: &dyn Fn(&Secret) -> Result<Envelope, age::Error>,
) -> Result<Step, String> {
    if pin.predecessor.take().is_some() {
        return Ok(Step::Dropped);
    }
    // One that waited until it ran out gives way to another.
    if let Some(successor) = pin.successor.take().filter(|it| it.certificate.not_after > mint.now()) {
        pin.predecessor = pin.certificate.replace(successor.certificate);
        pin.sealed = Some(successor.sealed);
        return Ok(Step::Signs);
    }
    let (Some(Json::String(name)), Some(days), "genCA") =
        (pin.args.first(), pin.args.get(1).and_then(Json::as_i64), pin.function.as_str())
    else {
        return Err("its key is another pin; rotate that one".into());
    };
    let args = [Value::from(name.as_str()), Value::Int(days)];
    let minted = mint.mint(&Call { function: "genCA", args: &args }, algorithm);
    let (certificate, key) = minted.and_then(halves).map_err(|it| it.message)?;
    let sealed = seal(&key).map_err(|it| it.to_string())?;
    pin.successor = Some(Successor { certificate, sealed });
    Ok(Step::Trusted)
}

fn halves(value: Value) -> Result<(lock::Certificate, Secret), Failure> {
    let Value::Object(object) = &value else { return Err(Failure::new("no certificate was made")) };
    let pair: &Certificate = object.as_any().downcast_ref().ok_or("no certificate was made")?;
    let certificate = lock::Certificate::read(&pair.cert.to_text()).map_err(Failure::from_error)?;
    Ok((certificate, Secret::new(pair.key.as_bytes())))
}

/// Where an identity is at hand, every key must be that of its certificate.
fn check_keys(lock: &Lock, mint: &mut Mint<'_>) -> Result<(), Error> {
    if !mint.has_identity() {
        return Ok(());
    }
    for (part, locked) in &lock.parts {
        for (name, pin) in &locked.pins {
            let full = format!("{part}/{name}");
            for (certificate, sealed) in pin.keys() {
                if !certificate.is_of_key(mint.open(&full, sealed)?.expose()) {
                    return Err(workspace::Error::WrongKey { pin: full }.into());
                }
            }
        }
    }
    Ok(())
}

fn algorithm(spec: &Spec, part: &str) -> Algorithm {
    let own = spec.parts.iter().find(|it| it.name == part).and_then(|it| match &it.content {
        Content::Chart(chart) => chart.inputs.algorithm,
        Content::Manifest { .. } => None,
    });
    own.unwrap_or(spec.certificates.algorithm)
}

fn find(lock: &Lock, wanted: &str) -> Result<(String, String), Error> {
    let pins = || lock.parts.iter().flat_map(|(part, it)| it.pins.iter().map(move |(name, pin)| (part, name, pin)));
    let found: Vec<_> =
        pins().filter(|(part, name, _)| wanted == *name || wanted == format!("{part}/{name}")).collect();
    match found[..] {
        [(part, name, _)] => Ok((part.clone(), name.clone())),
        [] => {
            let known = pins().map(|(part, name, pin)| (format!("{part}/{name}"), pin.is_ca())).collect::<Vec<_>>();
            Err(RotateError::NoPin { name: wanted.into(), near: near(wanted, &known) }.into())
        }
        _ => {
            let near = found.iter().map(|(part, name, _)| format!("{part}/{name}")).collect();
            Err(RotateError::NoPin { name: wanted.into(), near }.into())
        }
    }
}

/// The names that could be meant: those that share a part with what was written, else the nearest. A CA, whose rotation
/// touches everything it signed, is named only to who wrote nearly its name.
fn near(wanted: &str, known: &[(String, bool)]) -> Vec<String> {
    fn words(name: &str) -> Vec<&str> {
        name.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| it.len() > 1).collect()
    }
    let pin = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let distance = |name: &str| {
        let whole = strsim::damerau_levenshtein(name, wanted);
        whole.min(strsim::damerau_levenshtein(&pin(name), wanted))
    };
    let close = |name: &str, most: usize| distance(name) <= most;
    let typo = known.iter().filter(|(name, _)| close(name, 2)).min_by_key(|(name, is_ca)| (distance(name), *is_ca));
    if let Some((name, _)) = typo {
        return vec![name.clone()];
    }
    let leaves = || known.iter().filter(|(_, is_ca)| !is_ca).map(|(name, _)| name);
    let mut shared: Vec<(usize, &String)> = leaves()
        .map(|name| {
            let own = words(name);
            (words(wanted).iter().filter(|it| own.contains(it)).count(), name)
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    shared.sort_by_key(|(count, name)| (std::cmp::Reverse(*count), distance(name)));
    if let Some(most) = shared.first().map(|(count, _)| *count) {
        return shared.into_iter().filter(|(count, _)| *count == most).map(|(_, name)| name.clone()).take(5).collect();
    }
    leaves().filter(|it| close(it, 1 + wanted.len() / 3)).min_by_key(|it| distance(it)).cloned().into_iter().collect()
}

/// Holds a CA's next step back until its last one is known to be out.
struct Brake<'a> {
    step: Option<u8>,
    now: Timestamp,
    /// The lock as it was committed last, where it was; and whether that is the one at hand.
    committed: Option<(Lock, bool)>,
    text: &'a str,
}

impl<'a> Brake<'a> {
    fn new(path: &Path, text: &'a str, step: Option<u8>, now: Timestamp) -> Brake<'a> {
        let mut brake = Brake { step, now, committed: None, text };
        brake.committed = git::committed(path).and_then(|it| {
            let committed = String::from_utf8(it).ok()?;
            Some((Lock::decode(&committed).ok()?, committed == brake.text))
        });
        brake
    }

    /// Whether the step that is asked for was taken already; an error where the next one may not be taken.
    fn is_taken(&self, full: &str, (part, name): (&str, &str), pin: &Pin) -> Result<bool, Error> {
        let taken = pin.rotation_step();
        let held = |why: Held| Err(RotateError::Held { name: full.into(), taken, why }.into());
        match (self.step, &self.committed) {
            (Some(step), _) if step == taken + 1 => Ok(false),
            (Some(step), _) if step == taken && taken > 0 => Ok(true),
            (Some(step), _) => held(Held::NotNext(step)),
            (None, Some((_, true))) => Ok(false),
            (None, _) if taken > 0 => held(Held::NotCommitted),
            (None, Some((before, _))) => {
                let before = before.parts.get(part).and_then(|it| it.pins.get(name));
                let is_same = before.is_none_or(|it| it.is_same_answer(pin) && it.rotation_step() == 0);
                if is_same { Ok(false) } else { held(Held::NotCommitted) }
            }
            (None, None) => {
                let young = |it: &lock::Certificate| self.now.as_second() - it.not_before.as_second() < DAY;
                if pin.certificate.as_ref().is_some_and(young) { held(Held::Young) } else { Ok(false) }
            }
        }
    }
}

const DAY: i64 = 86_400;

/// An error that names the CA, where one must sign and no identity is named.
fn needs_no_key(
    lock: &Lock,
    names: &BTreeSet<(String, String)>,
    before: &BTreeSet<(String, String)>,
) -> Result<(), Error> {
    let pins = || lock.parts.iter().flat_map(|(part, it)| it.pins.iter().map(move |(name, pin)| (part, name, pin)));
    for (part, name) in names.difference(before) {
        let Some(pin) = lock.parts.get(part).and_then(|it| it.pins.get(name)) else { continue };
        let fingerprint = |pin: &Pin| pin.certificate.as_ref().map(|it| it.fingerprint.clone());
        let signer = match pin.issuer() {
            Some(issuer) => pins().find(|(_, _, it)| it.is_ca() && fingerprint(it).as_deref() == Some(issuer)),
            None if pin.rotation_step() == 1 => pins()
                .any(|(_, _, it)| it.issuer().is_some() && it.issuer() == fingerprint(pin).as_deref())
                .then_some((part, name, pin)),
            None => None,
        };
        if let Some((ca_part, ca, _)) = signer {
            return Err(
                RotateError::NeedsKey { name: format!("{part}/{name}"), key: format!("{ca_part}/{ca}.key") }.into()
            );
        }
    }
    Ok(())
}

/// The CAs that are on their way, where there are any; else everything that is not signed by a CA of the lock, for those
/// leaves are issued anew when their CA's successor signs.
fn all(lock: &Lock) -> BTreeSet<(String, String)> {
    let pins = || lock.parts.iter().flat_map(|(part, it)| it.pins.iter().map(move |(name, pin)| (part, name, pin)));
    let under_way = |pin: &Pin| pin.successor.is_some() || pin.predecessor.is_some();
    let name = |(part, name, _): (&String, &String, &Pin)| (part.clone(), name.clone());
    if pins().any(|(_, _, pin)| under_way(pin)) {
        return pins().filter(|(_, _, pin)| under_way(pin)).map(name).collect();
    }
    let cas: BTreeSet<&str> = pins()
        .filter(|(_, _, pin)| pin.is_ca())
        .filter_map(|(_, _, pin)| pin.certificate.as_ref().map(|it| it.fingerprint.as_str()))
        .collect();
    let alone = |pin: &Pin| pin.issuer().is_none_or(|it| !cas.contains(it));
    pins()
        .filter(|(_, _, pin)| alone(pin) && pin.function != secrets::FUNCTION && pin.sealed.is_some())
        .map(name)
        .collect()
}
