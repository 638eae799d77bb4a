//! The world as Helm sees it: real time, real chance, real keys, and no cluster.

use std::cell::LazyCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rand::RngExt;

use crate::pki::Chance;
use crate::sprig::crypto::{self, Certificate};
use crate::sprig::random;
use crate::time::{Rules, Time};
use crate::value::{Failure, Map, Value};
use crate::world::{Call, World};

/// Answers every impure function for real, as `helm template` does. Clock, chance and names come from outside.
pub struct RealWorld<'a> {
    chance: &'a mut dyn Chance,
    clock: &'a mut dyn FnMut() -> Timestamp,
    /// The addresses of a host name; none where there is no answer.
    resolve: &'a mut dyn FnMut(&str) -> Vec<String>,
    zone: LazyCell<String, Box<dyn FnOnce() -> String + 'a>>,
}

impl<'a> RealWorld<'a> {
    /// `zone` gives the IANA name of the local time zone. It is asked once, and only where a date is at hand: a look-up
    /// walks the whole data base of zones.
    pub fn new(
        chance: &'a mut dyn Chance,
        clock: &'a mut dyn FnMut() -> Timestamp,
        resolve: &'a mut dyn FnMut(&str) -> Vec<String>,
        zone: impl FnOnce() -> String + 'a,
    ) -> Self {
        RealWorld { chance, clock, resolve, zone: LazyCell::new(Box::new(zone)) }
    }
}

impl World for RealWorld<'_> {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        // All others want the moment alone.
        let zone = if call.function == "now" { &*self.zone } else { "UTC" };
        let now = time((self.clock)(), zone);
        compute(call, self.chance, &now, self.resolve)
    }

    fn local_zone(&self) -> &str {
        &self.zone
    }
}

/// A moment in a local zone of this IANA name, as `now` gives it.
pub fn time(at: Timestamp, zone: &str) -> Time {
    let nanos = at.as_nanosecond();
    let second = nanos.div_euclid(1_000_000_000) as i64;
    Time::local(second, nanos.rem_euclid(1_000_000_000) as u32, Rules::named(zone))
}

/// Computes one impure call. `now` is the time it happens at; `resolve` gives the addresses of a host name.
pub fn compute(
    call: &Call<'_>,
    chance: &mut dyn Chance,
    now: &Time,
    resolve: &mut dyn FnMut(&str) -> Vec<String>,
) -> Result<Value, Failure> {
    let arguments = Arguments(call.args);
    let (text, integer, list) = (|at| arguments.text(at), |at| arguments.integer(at), |at| arguments.value(at));
    let unix = now.unix;
    Ok(match call.function {
        "bcrypt" => crypto::bcrypt(text(0), chance.random()).into(),
        "encryptAES" => crypto::encrypt(text(0), text(1), chance.random()).into(),
        "genCA" => crypto::gen_ca(text(0), integer(1), None, chance, unix)?.into(),
        "genCAWithKey" => crypto::gen_ca(text(0), integer(1), Some(text(2)), chance, unix)?.into(),
        "genPrivateKey" => crypto::gen_private_key(text(0), chance).into(),
        "genSelfSignedCert" => {
            crypto::gen_cert(text(0), list(1), list(2), integer(3), None, None, chance, unix)?.into()
        }
        "genSelfSignedCertWithKey" => {
            crypto::gen_cert(text(0), list(1), list(2), integer(3), None, Some(text(4)), chance, unix)?.into()
        }
        "genSignedCert" => {
            let ca = arguments.certificate(4)?;
            crypto::gen_cert(text(0), list(1), list(2), integer(3), Some(ca), None, chance, unix)?.into()
        }
        "genSignedCertWithKey" => {
            let ca = arguments.certificate(4)?;
            crypto::gen_cert(text(0), list(1), list(2), integer(3), Some(ca), Some(text(5)), chance, unix)?.into()
        }
        "getHostByName" => {
            let mut found = resolve(&String::from_utf8_lossy(text(0)));
            if found.is_empty() {
                "".into()
            } else {
                found.swap_remove(chance.random().random_range(0..found.len())).into()
            }
        }
        "htpasswd" => crypto::htpasswd(text(0), text(1), chance.random()).into(),
        "lookup" => Map::any().into(),
        "now" => now.clone().into(),
        "randAlpha" => random::characters(integer(0), random::LETTERS, chance.random())?.into(),
        "randAlphaNum" => random::characters(integer(0), random::LETTERS_AND_DIGITS, chance.random())?.into(),
        "randAscii" => random::characters(integer(0), random::PRINTABLE, chance.random())?.into(),
        "randBytes" => STANDARD.encode(random::bytes(integer(0), chance.random())?).into(),
        "randInt" => Value::Int(random::integer(integer(0), integer(1), chance.random())?),
        "randNumeric" => random::characters(integer(0), random::DIGITS, chance.random())?.into(),
        "shuffle" => random::shuffle(text(0), chance.random()).into(),
        "uuidv4" => random::uuid(chance.random()).into(),
        other => return Err(Failure::new(format!("function {other:?} is not of this world"))),
    })
}

/// The arguments of a call, whose types were checked against the function's parameters.
struct Arguments<'a>(&'a [Value]);

impl<'a> Arguments<'a> {
    fn value(&self, at: usize) -> &'a Value {
        self.0.get(at).unwrap_or(&Value::Nil)
    }

    fn text(&self, at: usize) -> &'a [u8] {
        match self.value(at) {
            Value::Str(text) => text,
            _ => b"",
        }
    }

    fn integer(&self, at: usize) -> i64 {
        match self.value(at) {
            Value::Int(it) => *it,
            _ => 0,
        }
    }

    fn certificate(&self, at: usize) -> Result<&'a Certificate, Failure> {
        match self.value(at) {
            Value::Object(object) => object.as_any().downcast_ref(),
            _ => None,
        }
        .ok_or_else(|| Failure::new("expected sprig.certificate"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gotmpl::Body;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    fn answer(function: &'static str, args: &[Value]) -> Result<Value, Failure> {
        let mut rng = StdRng::seed_from_u64(1);
        let mut clock = || Timestamp::from_nanosecond(-1).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut resolve = |name: &str| if name == "known" { vec!["10.0.0.1".to_owned()] } else { Vec::new() };
        RealWorld::new(&mut rng, &mut clock, &mut resolve, || "Europe/Berlin".into()).answer(&Call { function, args })
    }

    #[test]
    fn knows_every_impure_function() {
        let functions = crate::sprig::functions();
        let impure: Vec<_> = functions.iter().filter(|it| matches!(it.body, Body::Impure)).collect();
        assert!(impure.len() >= 20);
        for function in impure.iter().filter(|it| it.name != "genPrivateKey") {
            if let Err(failure) = answer(function.name, &[]) {
                assert!(!failure.message.contains("world"), "{}: {failure}", function.name);
            }
        }
        assert!(answer("upper", &[]).is_err());
    }

    #[test]
    fn now_stands_in_the_local_zone() {
        let Ok(Value::Object(now)) = answer("now", &[]) else { panic!("no time") };
        assert_eq!(now.print(), "1970-01-01 00:59:59.999999999 +0100 CET");
    }

    #[test]
    fn there_is_no_cluster_and_names_come_from_outside() {
        let Ok(Value::Map(found)) = answer("lookup", &[]) else { panic!("no map") };
        assert!(found.is_empty());
        let address = |name: &str| match answer("getHostByName", &[name.into()]) {
            Ok(Value::Str(text)) => text.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!((address("known"), address("other")), ("10.0.0.1".to_owned(), String::new()));
    }
}
