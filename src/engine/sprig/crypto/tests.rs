//! Certificates, keys and sealed halves, end to end.

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::gotmpl::{Functions, MissingKey, Templates};
use crate::hole::{Expr, Holes, Seed};
use crate::pki::{Algorithm, Issuer, Pair, PrivateKey, Template, inspect, issue, key_matches, verify};
use crate::sprig;
use crate::sprig::crypto::{bcrypt, encrypt};
use crate::value::{Failure, Value};
use crate::world::{Call, World};

const NOW: i64 = 1_795_163_919;
const ALGORITHMS: [(Algorithm, &str, &str); 3] = [
    (Algorithm::Rsa { bits: 2048 }, "RSA", "-----BEGIN RSA PRIVATE KEY-----\n"),
    (Algorithm::EcdsaP256, "ECDSA", "-----BEGIN EC PRIVATE KEY-----\n"),
    (Algorithm::Ed25519, "Ed25519", "-----BEGIN PRIVATE KEY-----\n"),
];

fn mint(template: &Template, algorithm: Algorithm, ca: Option<&Pair>, rng: &mut StdRng) -> Pair {
    let key = PrivateKey::generate(algorithm, rng).expect("key");
    let issuer = ca.map(|it| Issuer::from_pem(it.certificate.as_bytes(), it.key.as_bytes()).expect("issuer"));
    issue(template, &key, issuer.as_ref(), rng, NOW).expect("certificate")
}

fn ca(algorithm: Algorithm, rng: &mut StdRng) -> Pair {
    mint(
        &Template { common_name: b"ca".to_vec(), days: 3650, is_ca: true, ..Template::default() },
        algorithm,
        None,
        rng,
    )
}

#[test]
fn every_algorithm_signs_for_every_other() {
    let rng = &mut StdRng::seed_from_u64(1);
    for (signing, _, _) in ALGORITHMS {
        let ca = ca(signing, rng);
        verify(ca.certificate.as_bytes(), ca.certificate.as_bytes()).expect("self-signed");
        for (leaf, name, label) in ALGORITHMS {
            let template = Template {
                common_name: b"leaf".to_vec(),
                ips: vec!["10.0.0.1".parse().expect("ip"), "fd00::1".parse().expect("ip")],
                dns_names: vec![b"a.example".to_vec(), b"*.b".to_vec()],
                days: 90,
                is_ca: false,
            };
            let leaf = mint(&template, leaf, Some(&ca), rng);
            let details = inspect(leaf.certificate.as_bytes()).expect("details");
            assert_eq!((details.subject.as_str(), details.issuer.as_str()), ("CN=leaf", "CN=ca"));
            assert_eq!(details.dns_names, ["a.example", "*.b"]);
            assert_eq!(details.ips, template.ips);
            assert_eq!((details.not_before, details.not_after), (NOW, NOW + 90 * 86_400));
            assert_eq!((details.is_ca, details.key_algorithm.as_str()), (false, name));
            assert!(leaf.key.starts_with(label));
            assert_eq!(PrivateKey::from_pem(leaf.key.as_bytes()).expect("key").to_pem().expect("pem"), leaf.key);
            verify(leaf.certificate.as_bytes(), ca.certificate.as_bytes()).expect("signed by its CA");
            assert!(key_matches(leaf.certificate.as_bytes(), leaf.key.as_bytes()).expect("both readable"));
            assert!(!key_matches(leaf.certificate.as_bytes(), ca.key.as_bytes()).expect("both readable"));
        }
    }
}

#[test]
fn strangers_do_not_verify() {
    let rng = &mut StdRng::seed_from_u64(2);
    let (one, other) = (ca(Algorithm::EcdsaP256, rng), ca(Algorithm::EcdsaP256, rng));
    let leaf = mint(
        &Template { common_name: b"x".to_vec(), days: 1, ..Template::default() },
        Algorithm::Ed25519,
        Some(&one),
        rng,
    );
    let (one, other, leaf) = (one.certificate.as_bytes(), other.certificate.as_bytes(), leaf.certificate.as_bytes());
    verify(leaf, one).expect("signed by its CA");
    assert_eq!(verify(leaf, other).expect_err("another key").to_string(), "x509: signature does not verify");
    assert!(verify(one, leaf).expect_err("another name").to_string().contains("issuer name does not match"));
    assert!(inspect(b"no PEM").is_err());
}

#[test]
fn a_ca_needs_its_own_key() {
    let rng = &mut StdRng::seed_from_u64(3);
    let (one, other) = (ca(Algorithm::EcdsaP256, rng), ca(Algorithm::EcdsaP256, rng));
    let issuer = Issuer::from_pem(one.certificate.as_bytes(), other.key.as_bytes()).expect("both readable");
    let key = PrivateKey::generate(Algorithm::Ed25519, rng).expect("key");
    let fault = issue(&Template::default(), &key, Some(&issuer), rng, NOW).expect_err("refused");
    let expected = "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey";
    assert_eq!(fault.to_string(), expected);
}

#[test]
fn validity_spans_both_forms_of_time() {
    let rng = &mut StdRng::seed_from_u64(4);
    for (days, not_after) in [(-30_000, NOW - 30_000 * 86_400), (100_000, NOW + 100_000 * 86_400)] {
        let template = Template { common_name: b"a".to_vec(), days, ..Template::default() };
        let made = mint(&template, Algorithm::Ed25519, None, rng);
        assert_eq!(inspect(made.certificate.as_bytes()).expect("details").not_after, not_after);
    }
    // Go computes in nanoseconds of 64 bits: openssl shows September 23, 1882 for Helm's certificate of this many days.
    let template = Template { common_name: b"a".to_vec(), days: 1_000_000_000, ..Template::default() };
    let made = inspect(mint(&template, Algorithm::Ed25519, None, rng).certificate.as_bytes()).expect("details");
    assert_eq!(made.not_after.div_euclid(86_400), -31_876);
}

#[test]
fn fresh_salts_and_vectors_each_time() {
    let rng = &mut StdRng::seed_from_u64(5);
    let (one, other) = (bcrypt(b"secret", rng), bcrypt(b"secret", rng));
    assert!(one.starts_with("$2a$10$") && one != other);
    assert!(::bcrypt::verify("secret", &one).expect("a hash"));
    assert_ne!(encrypt(b"p", b"text", rng), encrypt(b"p", b"text", rng));
}

#[test]
fn faults_show_no_key() {
    let rng = &mut StdRng::seed_from_u64(6);
    let key = PrivateKey::generate(Algorithm::Ed25519, rng).expect("key");
    assert_eq!(format!("{key:?}"), "PrivateKey::Ed25519(..)");
    let made = crate::sprig::crypto::Certificate::from(ca(Algorithm::Ed25519, rng));
    assert!(!format!("{made:?}").contains("PRIVATE"));
}

/// A world that knows holes and nothing else.
struct Sealing(Holes);

impl World for Sealing {
    fn answer(&mut self, call: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new(format!("{} is not pinned", call.function)))
    }

    fn holes(&mut self) -> Option<&mut Holes> {
        Some(&mut self.0)
    }
}

#[test]
fn custom_certificates_take_sealed_keys() {
    let rng = &mut StdRng::seed_from_u64(7);
    let functions: Functions = sprig::functions();
    let mut world = Sealing(Holes::new(Seed::new([1; 32])));
    let key = world.0.token(Expr::Secret("key".into()));
    let encoded = world.0.token(Expr::Secret("encoded".into()));
    let data = Value::map([
        ("cert", ca(Algorithm::EcdsaP256, rng).certificate.into()),
        ("key", Value::Str(key.clone())),
        ("encoded", Value::Str(encoded.clone())),
    ]);
    let mut run = |text: &str| {
        let mut templates = Templates::new("t");
        templates.parse("t", text.as_bytes(), &functions).expect("a template");
        let result = templates.execute("t", &data, &functions, &mut world, MissingKey::default());
        result.map(|it| String::from_utf8_lossy(&it).into_owned()).map_err(|it| it.to_string())
    };
    // A key that was only encoded for the call is the key itself again.
    assert_eq!(run("{{ (buildCustomCert (b64enc .cert) (b64enc .key)).Key }}"), Ok(key.to_string()));
    assert_eq!(run("{{ eq .cert (buildCustomCert (b64enc .cert) .encoded).Cert }}"), Ok("true".into()));
    let decoded = run("{{ (buildCustomCert (b64enc .cert) .encoded).Key }}").expect("a hole");
    assert_eq!(run("{{ b64dec .encoded }}"), Ok(decoded));
    let refused = run("{{ buildCustomCert .cert .encoded }}").expect_err("a certificate that is not base64");
    assert!(refused.ends_with("error calling buildCustomCert: unable to decode base64 certificate"), "{refused}");
}
