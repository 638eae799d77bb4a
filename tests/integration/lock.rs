//! The lock has one form: what is written reads back as it was, and nothing else is taken.

use std::collections::BTreeMap;

use helm_engine::helm::HelmVersion;
use ichor::base::digest::Digest;
use ichor::stage::lock::{Error, Lock, LockedPart, LockedSource, Pin, Successor, merge};
use jiff::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::support::peer::{Peer, needs};

/// Words as specs and charts hold them, and words that YAML takes for something else.
fn text() -> impl Strategy<Value = String> {
    let odd =
        ["", "yes", "null", "~", "1e3", "0x1F", "1_000", "<<", "=", "- a", "a: b", "# c", " x ", "!!t", "&a", "*a"];
    let longer =
        ["2001-01-01", "line\nbreak\n", "\ttab", "\u{7f}\u{85}\u{a0}", "\u{feff}", "é💥", "|", ">", "%", "@", "`"];
    let chosen = proptest::sample::select([&odd[..], &longer[..]].concat()).prop_map(str::to_owned);
    // Beyond the 80 columns that are folded, the 128 of a simple key, and the 1,024 that no simple key may have.
    let repeated = ("[ -~]{1,9}|\\PC{1,3}|\n ?", 20usize..400).prop_map(|(it, times)| it.repeat(times));
    prop_oneof![3 => chosen, 3 => "[ -~]{0,40}", 2 => "\\PC{0,12}", 2 => any::<String>(), 1 => repeated]
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?"
}

/// What pins and subcharts may be called.
fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9._-]{1,40}".prop_filter("a name", |it| ichor::base::name::word("it", it).is_ok())
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000).prop_map(|it| Timestamp::from_second(it).expect("in range"))
}

fn json() -> impl Strategy<Value = Json> {
    let near = (-1_000_000i64..1_000_000).prop_map(Json::from);
    // Go writes a float that is whole without a point, so none of those comes from a chart.
    let float = any::<f64>().prop_filter("no whole number", |it| it.fract() != 0.0).prop_map(Json::from);
    let number = prop_oneof![near, any::<i64>().prop_map(Json::from), any::<u64>().prop_map(Json::from), float];
    let leaf = prop_oneof![
        6 => text().prop_map(Json::String),
        3 => number,
        1 => any::<bool>().prop_map(Json::Bool),
        1 => Just(Json::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::Array),
            btree_map(text(), inner, 0..4).prop_map(|it| Json::Object(it.into_iter().collect())),
        ]
    })
}

/// Certificates and envelopes that a real lock holds: those are checked against themselves.
fn real() -> Vec<Pin> {
    let lock = Lock::decode(include_str!("../../lockfiles/quickstart.lock")).expect("the quickstart's lock");
    let pins: Vec<Pin> = lock.parts.into_values().flat_map(|it| it.pins.into_values()).collect();
    assert!(pins.iter().any(|it| it.certificate.is_some()));
    pins
}

/// What a pin may hold: a certificate, a CA on either step of its rotation, a plain value, a sealed one.
#[derive(Clone, Copy, Debug)]
enum Holds {
    Certificate,
    Successor,
    Predecessor,
    Value,
    Sealed,
}

fn pin() -> impl Strategy<Value = Pin> {
    let with_certificates: Vec<Pin> = real().into_iter().filter(|it| it.certificate.is_some()).collect();
    let two = (proptest::sample::select(with_certificates.clone()), proptest::sample::select(with_certificates));
    let all = [Holds::Certificate, Holds::Successor, Holds::Predecessor, Holds::Value, Holds::Sealed];
    let changes = (text(), vec(json(), 0..4), 0u32..3, json(), any::<bool>());
    (two, proptest::sample::select(all.to_vec()), changes).prop_map(
        |((one, two), holds, (function, args, occurrence, value, template))| {
            let mut pin = Pin { function, args, occurrence, template, successor: None, predecessor: None, ..one };
            match holds {
                Holds::Certificate => {}
                Holds::Successor => {
                    let (certificate, sealed) = two.certificate.zip(two.sealed).expect("a certificate and its key");
                    pin.successor = Some(Successor { certificate, sealed });
                    pin.function = "genCA".into();
                }
                Holds::Predecessor => {
                    pin.predecessor = two.certificate;
                    pin.function = "genCAWithKey".into();
                }
                // `null` is what stands for no value at all.
                Holds::Value if !value.is_null() => {
                    (pin.certificate, pin.value, pin.sealed) = (None, Some(value), None);
                }
                Holds::Value | Holds::Sealed => pin.certificate = None,
            }
            pin
        },
    )
}

fn source() -> impl Strategy<Value = LockedSource> {
    (text(), option::of(text()), option::of(digest()), digest(), any::<u64>())
        .prop_map(|(source, version, manifest, digest, size)| LockedSource { source, version, manifest, digest, size })
}

fn part() -> impl Strategy<Value = LockedPart> {
    let below = btree_map(word(), source(), 0..3);
    let pins = btree_map(word(), pin(), 0..3);
    let resources = btree_map(prop_oneof!["[a-zA-Z][a-zA-Z0-9/. :-]{0,30}[a-z]", text()], digest(), 0..4);
    (source(), below, vec(option::of(digest()), 3), pins, vec(text(), 0..3), resources, digest()).prop_map(
        |(own, dependencies, values, pins, images, resources, output)| LockedPart {
            source: own.source,
            version: own.version,
            manifest: own.manifest,
            digest: own.digest,
            size: own.size,
            dependencies,
            release: None,
            signed_by: None,
            values: values[0],
            secret_values: values[1],
            lookup: values[2],
            pins,
            image_digests: BTreeMap::new(),
            image_signers: BTreeMap::new(),
            more_images: images.clone(),
            images,
            resources,
            output,
        },
    )
}

fn lock() -> impl Strategy<Value = Lock> {
    let keys = [
        "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq alice",
        "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq",
    ];
    let recipients = proptest::sample::subsequence(keys.to_vec(), 0..=2);
    let recipients = recipients.prop_map(|it| it.into_iter().map(|it| it.parse().expect("a recipient")).collect());
    let helm = option::of(proptest::sample::select(vec![HelmVersion::UNNAMED, HelmVersion::NEWEST]));
    let known = (helm, option::of(text()), vec(text(), 0..3));
    (name(), time(), known, recipients, btree_map(name(), part(), 0..4)).prop_map(
        |(bundle, clock, (helm, kubernetes, api_versions), recipients, parts)| Lock {
            helm,
            kubernetes,
            api_versions,
            bundle,
            clock,
            recipients,
            parts,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back(lock in lock()) {
        let text = lock.encode();
        prop_assert_eq!(Lock::decode(&text), Ok(lock.clone()), "{}", text);
        prop_assert_eq!(lock.encode(), text, "encoding has one outcome");
    }

    /// What only one branch did is what comes out, whichever branch it was; what both did is taken once.
    #[test]
    fn a_branch_that_did_nothing_adds_nothing(base in lock(), other in lock()) {
        for (ours, theirs) in [(&base, &other), (&other, &base), (&other, &other)] {
            let merged = merge(Some(&base), ours, theirs);
            if base.bundle == other.bundle {
                prop_assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
                prop_assert_eq!(&merged.lock, &other);
            }
        }
        let alone = merge(Some(&base), &base, &base);
        prop_assert!(alone.conflicts.is_empty() && alone.lock == base);
    }

    /// Any other text is either no lock or another lock, never the same one once more.
    #[test]
    fn nothing_else_is_taken(lock in lock(), at in any::<proptest::sample::Index>(), put in "[ \n'\"a0#:-]", drop in any::<bool>()) {
        let text = lock.encode();
        let places: Vec<usize> = text.char_indices().map(|(it, _)| it).collect();
        let at = places[at.index(places.len())];
        let after = text[at..].chars().next().map_or(0, char::len_utf8);
        let other = format!("{}{put}{}", &text[..at], &text[if drop { at + after } else { at }..]);
        if let Ok(read) = Lock::decode(&other) {
            prop_assert_eq!(read.encode(), other.clone());
            prop_assert!(other == text || read != lock);
        }
    }
}

#[test]
fn branches_that_touch_different_parts_merge() {
    needs!(Git);
    let part = |size| LockedPart {
        source: "x".into(),
        version: None,
        manifest: None,
        release: None,
        signed_by: None,
        digest: Digest::of(b"x"),
        size,
        dependencies: BTreeMap::new(),
        values: None,
        secret_values: None,
        lookup: None,
        pins: BTreeMap::new(),
        images: vec!["a".into()],
        image_digests: BTreeMap::new(),
        image_signers: BTreeMap::new(),
        more_images: Vec::new(),
        resources: BTreeMap::new(),
        output: Digest::of(b"x"),
    };
    let with = |one, two| Lock {
        helm: None,
        kubernetes: None,
        api_versions: Vec::new(),
        bundle: "b".into(),
        clock: Timestamp::UNIX_EPOCH,
        recipients: Vec::new(),
        parts: BTreeMap::from([("one".into(), part(one)), ("two".into(), part(two))]),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let texts = [("base", with(1, 1)), ("ours", with(2, 1)), ("theirs", with(1, 2))];
    for (name, lock) in &texts {
        std::fs::write(folder.path().join(name), lock.encode()).expect("written");
    }
    let merged = Peer::Git
        .command()
        .args(["merge-file", "-p", "ours", "base", "theirs"])
        .current_dir(folder.path())
        .output()
        .expect("git is installed");
    assert!(merged.status.success());
    assert_eq!(Lock::decode(&String::from_utf8_lossy(&merged.stdout)), Ok(with(2, 2)));
}

#[test]
fn a_lock_that_was_edited_is_refused_with_the_difference() {
    let lock = Lock {
        bundle: "b".into(),
        clock: Timestamp::UNIX_EPOCH,
        helm: None,
        kubernetes: None,
        api_versions: Vec::new(),
        recipients: Vec::new(),
        parts: BTreeMap::new(),
    };
    let text = lock.encode().replace("bundle: b", "bundle: 'b'");
    match Lock::decode(&text) {
        Err(Error::NotCanonical { line: 1, diff, .. }) => {
            assert!(diff.contains("-bundle: 'b'\n+bundle: b\n"), "{diff}");
        }
        other => panic!("{other:?}"),
    }
}

/// Go's own way refuses such a key, reads `<<` as a merge, and rounds such a number.
#[test]
fn what_go_would_change_stays_as_it_is() {
    let mut pin = real().remove(0);
    let long = "k".repeat(5000);
    pin.args = vec![
        serde_json::json!({ long.as_str(): 1, "<<": {"a": 9_007_199_254_740_993_i64}, "": 3.5080484003071374e-13 }),
    ];
    let text = include_str!("../../lockfiles/quickstart.lock");
    let mut lock = Lock::decode(text).expect("the quickstart's lock");
    let part = lock.parts.values_mut().next().expect("a part");
    part.resources.insert(format!("v1/ConfigMap a/{long}"), Digest::of(b"x"));
    part.pins.insert("k".repeat(200), pin);
    let text = lock.encode();
    assert!(text.contains("? kkk") && text.contains("'<<':") && text.contains("9007199254740993"), "{text}");
    assert_eq!(Lock::decode(&text), Ok(lock));
}
