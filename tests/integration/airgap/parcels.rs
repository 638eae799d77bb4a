//! Parcels: one form, judged byte by byte, deltas, and what kills leave behind.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use ichor::stage::parcel::Index;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::image::{Image, manifest, random};
use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::workspace::Workspace;

/// A workspace with a chart from a registry, a chart beside the spec and an image, all in `vendor`.
fn carried(registry: &Registry, seed: u64, size: usize) -> Workspace {
    let host = &registry.host;
    registry.push(&[("base", "1.0.0")]);
    Image::of("amd64", &[random(seed, size), random(seed + 1, size)]).push(host, "a/one", "v1");
    let parts = format!(
        "  - {{name: base, chart: 'oci://{host}/charts/base', version: 1.0.0, namespace: d, values: [values/base.yaml]}}\n  \
         - {{name: own, chart: ./own, namespace: d}}\n  - {{name: pods, manifest: pods.yaml}}\n"
    );
    let workspace = Workspace::new();
    workspace.spec(&format!("recipients: [{}]\n{}", workspace.recipient(), registry.head()), &parts);
    workspace.write("values/base.yaml", "greeting: hi\n");
    workspace.write("own/Chart.yaml", "apiVersion: v2\nname: own\nversion: 1.0.0\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {p: {{ randAlphaNum 12 | b64enc }}}\n";
    workspace.write("own/templates/s.yaml", secret);
    workspace.write("pods.yaml", manifest(&[format!("{host}/a/one:v1")]));
    workspace.done(&["lock"]);
    workspace.done(&["vendor", "--images"]);
    workspace
}

fn index(workspace: &Workspace, file: &str) -> Index {
    let run = workspace.shell_with(&["env"], "tar -xOf \"$1\" parcel.json", &[file]);
    Index::decode(run.stdout().as_bytes()).expect("an index")
}

#[test]
fn the_same_inputs_give_the_same_file_and_it_is_judged_by_itself() {
    needs!(DockerRegistry, HelmSdk, Namespaces);
    let registry = Registry::start(Kind::Plain);
    let workspace = carried(&registry, 900, 60_000);
    let printed = workspace.done(&["pack", "-o", "one.parcel"]);
    assert_eq!(workspace.done(&["pack", "-o", "two.parcel"]), printed);
    assert!(fs::read(workspace.at("one.parcel")).expect("one") == fs::read(workspace.at("two.parcel")).expect("two"));
    let built = workspace.done(&["build", "--no-check", "-o", "b.tar.gz"]);
    let digest = built.split_whitespace().next().expect("a digest");
    assert!(printed.contains(&format!("{digest}  the bundle in it")), "{printed}{built}");
    // Elsewhere: no network, no cache, no workspace.
    let far = Workspace::new();
    fs::copy(workspace.at("one.parcel"), far.at("box.parcel")).expect("carried");
    let judged = far.shell(&["unshare", "-rn"], "\"$ICHOR\" verify box.parcel");
    assert_eq!(judged.code(), 0, "{}", judged.stderr());
    assert!(judged.stdout().contains(&format!("{digest}  verified  box")), "{}", judged.stdout());
    assert!(judged.stderr().contains("with 1 image"), "{}", judged.stderr());
    let unpacked = far.said(&["unpack", "box.parcel", "site"]);
    assert!(unpacked.contains("0 were there"), "{unpacked}");
    let again = far.said(&["unpack", "box.parcel", "site"]);
    assert!(again.contains("0 members written"), "{again}");
    far.done(&["verify", "site/bundle.tar.gz", "-s", "site/workspace"]);
    far.done(&["vendor", "site/workspace", "--check", "--images"]);
    far.done(&["images", "cache", "box.parcel", "-o", "cached"]);
    // What everybody has reads it, too.
    let listed = far.shell(&["env"], "tar -tf box.parcel");
    let names: Vec<String> = listed.stdout().lines().map(str::to_owned).collect();
    let members = index(&far, "box.parcel").members;
    assert!(names[..2] == ["parcel.json", "parcel.sha256"], "{names:?}");
    assert!(names[2..].iter().eq(members.iter().map(|it| &it.path)), "{names:?}");
    for wanted in
        ["bundle.tar.gz", "provenance.json", "sbom.cdx.json", "workspace/ichor.yaml", "workspace/values/base.yaml"]
    {
        assert!(names.iter().any(|it| it == wanted), "{wanted}");
    }
    assert!(!names.iter().any(|it| it.contains("key.txt")), "no identity is carried");
    let check = far.shell(&["env"], "tar -xf box.parcel parcel.json parcel.sha256 && sha256sum -c parcel.sha256");
    assert_eq!(check.code(), 0, "{}", check.stderr());
}

/// A site that has nothing but tar takes the program out of the parcel, and judges the parcel with it.
#[test]
fn the_program_travels_in_the_parcel() {
    needs!(DockerRegistry, HelmSdk, Namespaces);
    let registry = Registry::start(Kind::Plain);
    let workspace = carried(&registry, 910, 6_000);
    let copied = workspace.shell(&["env"], "cp \"$ICHOR\" ichor && mkdir other && echo other >other/ichor");
    assert_eq!(copied.code(), 0, "{}", copied.stderr());
    workspace.refused(&["pack", "--tool=ichor", "--tool=other/ichor"], 2, &["B011", "other/ichor", "name"]);
    workspace.done(&["pack", "--tool=ichor", "-o", "box.parcel"]);
    let far = Workspace::new();
    fs::copy(workspace.at("box.parcel"), far.at("box.parcel")).expect("carried");
    let script = "tar -xf box.parcel tools/ichor && ./tools/ichor verify box.parcel && ./tools/ichor unpack box.parcel site && \
                  ./site/tools/ichor --version";
    let run = far.shell(&["unshare", "-rn"], script);
    assert_eq!(run.code(), 0, "{}{}", run.stdout(), run.stderr());
}

#[test]
fn a_changed_byte_anywhere_is_refused_with_its_member() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::start(Kind::Plain);
    let workspace = carried(&registry, 910, 30_000);
    workspace.done(&["pack", "-o", "box.parcel"]);
    let whole = fs::read(workspace.at("box.parcel")).expect("a parcel");
    let members: BTreeSet<String> = index(&workspace, "box.parcel").members.into_iter().map(|it| it.path).collect();
    let mut choices = StdRng::seed_from_u64(200);
    let mut named = BTreeSet::new();
    for _ in 0..200 {
        let mut bytes = whole.clone();
        let at = choices.random_range(0..bytes.len());
        bytes[at] ^= 1 << choices.random_range(0..8);
        workspace.write("changed.parcel", &bytes);
        let run = workspace.run(&["verify", "changed.parcel"]);
        let said = run.stderr();
        assert_ne!(run.code(), 0, "byte {at}: {said}");
        let member = members.iter().map(String::as_str).chain(["parcel.json", "parcel.sha256", "the end"]);
        // The longest name that it says.
        let member = member.filter(|it| said.contains(it)).max_by_key(|it| it.len());
        named.insert(member.unwrap_or_else(|| panic!("byte {at} of {}: {said}", bytes.len())).to_owned());
    }
    println!("200 changed bytes, 200 refusals, {} members named", named.len());
    for (cut, what) in [(1, "the end"), (700, "the end"), (whole.len() / 2, "cut short")] {
        workspace.write("changed.parcel", &whole[..whole.len() - cut]);
        let run = workspace.run(&["verify", "changed.parcel"]);
        assert!(run.code() == 1 && run.stderr().contains("B009"), "{cut}: {}", run.stderr());
        assert!(run.stderr().contains(what) || run.stderr().contains("its bytes"), "{cut}: {}", run.stderr());
    }
    workspace.write("changed.parcel", [&whole[..], b"more"].concat());
    workspace.refused(&["verify", "changed.parcel"], 1, &["B009", "the end"]);
    workspace.refused(&["unpack", "changed.parcel", "out"], 1, &["B009"]);
}

#[test]
fn a_delta_holds_what_is_new_and_names_its_base() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::start(Kind::Plain);
    let new = 8_000_000;
    let workspace = carried(&registry, 920, new);
    workspace.done(&["pack", "-o", "old.parcel"]);
    // A new version of the image has one layer of the old one, and a new one.
    Image::of("amd64", &[random(920, new), random(925, new)]).push(&registry.host, "a/one", "v2");
    workspace.write("pods.yaml", manifest(&[format!("{}/a/one:v2", registry.host)]));
    workspace.done(&["lock"]);
    workspace.done(&["vendor", "--images"]);
    workspace.done(&["vendor", "--prune"]);
    let said = workspace.said(&["pack", "-o", "delta.parcel", "--since", "old.parcel"]);
    assert!(said.contains("the site must have that"), "{said}");
    workspace.done(&["pack", "-o", "whole.parcel"]);
    let size = |name: &str| fs::metadata(workspace.at(name)).expect("a file").len();
    let rest = size("delta.parcel") - new as u64;
    println!("delta {} of {}: {rest} bytes beside the new layer", size("delta.parcel"), size("whole.parcel"));
    assert!(rest <= new as u64 / 100, "{rest}");
    workspace.done(&["verify", "delta.parcel", "--base", "old.parcel"]);
    workspace.refused(&["verify", "delta.parcel"], 2, &["B010", "holds only what is new", "--base"]);
    workspace.refused(&["unpack", "delta.parcel", "nowhere"], 2, &["B010"]);
    let other = carried(&registry, 930, 20_000);
    other.done(&["pack", "-o", "other.parcel"]);
    fs::copy(other.at("other.parcel"), workspace.at("other.parcel")).expect("copied");
    workspace.refused(&["verify", "delta.parcel", "--base", "other.parcel"], 2, &["B010"]);
    // On top of the folder of the old one, it is the new one.
    workspace.done(&["unpack", "old.parcel", "site"]);
    workspace.done(&["verify", "delta.parcel", "--base", "site"]);
    workspace.done(&["unpack", "delta.parcel", "site"]);
    workspace.done(&["verify", "site/bundle.tar.gz", "-s", "site/workspace"]);
    workspace.done(&["vendor", "site/workspace", "--check", "--images"]);
    // A base that was damaged is none.
    let path = workspace.at("old.parcel");
    let mut bytes = fs::read(&path).expect("a parcel");
    let at = bytes.len() - 30_000;
    bytes[at] ^= 1;
    fs::write(&path, bytes).expect("written");
    let run = workspace.run(&["unpack", "delta.parcel", "again", "--base", "old.parcel"]);
    assert!(
        run.code() != 0
            || !workspace.run(&["vendor", "again/workspace", "--check", "--images"]).stdout().contains("damaged")
    );
}

#[test]
fn killed_at_any_moment_the_next_run_ends_well() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::start(Kind::Plain);
    let workspace = carried(&registry, 940, 3_000_000);
    let mut choices = StdRng::seed_from_u64(9);
    let timed = |args: &[&str]| {
        let start = Instant::now();
        workspace.done(args);
        start.elapsed()
    };
    let of_pack = timed(&["pack", "-o", "box.parcel"]);
    let whole = fs::read(workspace.at("box.parcel")).expect("a parcel");
    let of_unpack = timed(&["unpack", "box.parcel", "site"]);
    for (verb, takes) in [("pack", of_pack), ("unpack", of_unpack)] {
        let args = if verb == "pack" { vec!["pack", "-o", "new.parcel"] } else { vec!["unpack", "box.parcel", "site"] };
        let mut killed = 0;
        while killed < 50 {
            let _ = fs::remove_file(workspace.at("new.parcel"));
            if verb == "unpack" && killed % 5 == 0 {
                let _ = fs::remove_dir_all(workspace.at("site"));
            }
            let mut run =
                workspace.command(&args).stderr(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
            std::thread::sleep(takes.mul_f64(choices.random_range(0.0..0.9)).max(Duration::from_millis(1)));
            if run.try_wait().expect("a run").is_none() {
                run.kill().expect("killed");
                killed += 1;
            }
            let _ = run.wait();
            // Under its name, it is whole or not there.
            if let Ok(found) = fs::read(workspace.at("new.parcel")) {
                assert!(found == whole);
            }
            if killed % 10 == 0 {
                workspace.done(&args);
                match verb {
                    "pack" => assert!(fs::read(workspace.at("new.parcel")).expect("a parcel") == whole),
                    _ => drop(workspace.done(&["verify", "site/bundle.tar.gz", "-s", "site/workspace"])),
                }
            }
        }
        workspace.done(&args);
        println!("{verb}: killed {killed} times");
    }
}

#[test]
fn what_is_not_at_hand_is_not_packed() {
    needs!(DockerRegistry, HelmSdk);
    let registry = Registry::start(Kind::Plain);
    let workspace = carried(&registry, 950, 10_000);
    workspace.remove("vendor");
    workspace.refused(&["pack"], 2, &["V016", "ichor vendor"]);
    workspace.done(&["vendor"]);
    workspace.refused(&["pack"], 2, &["V016", "a/one:v1 is not at hand"]);
    let said = workspace.said(&["pack", "--no-images", "-o", "small.parcel"]);
    assert!(said.contains("with 0 images"), "{said}");
    workspace.done(&["verify", "small.parcel"]);
    workspace.refused(&["unpack", "ichor.yaml", "out"], 2, &["B008"]);
}

/// Judges a bill by the schema of its kind, with the formats that a schema may ask for.
const BILL: &str = r#"
import json, pathlib, sys
import cyclonedx.schema._res as held
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
bill = json.load(sys.stdin)
folder = pathlib.Path(list(held.__path__)[0])
schemas = {it: json.loads((folder / it).read_text()) for it in [
    'bom-1.6.SNAPSHOT.schema.json', 'spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json']}
registry = Registry().with_resources((schema['$id'], Resource(contents=schema, specification=DRAFT7)) for schema in schemas.values())
judge = Draft7Validator(schemas['bom-1.6.SNAPSHOT.schema.json'], registry=registry, format_checker=FormatChecker())
faults = ['/'.join(map(str, it.absolute_path)) + ': ' + it.message for it in judge.iter_errors(bill)]
refs = [it['bom-ref'] for it in bill['components']]
assert len(refs) == len(set(refs)), 'a reference twice'
print(len(bill['components']))
sys.exit('\n'.join(faults) or 0)
"#;

/// Judges a statement by in-toto's own reader and its form of SLSA's predicate; both refuse fields that they do not know.
const STATEMENT: &str = r#"
import json, sys
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
whole = json.load(sys.stdin)
message = json_format.ParseDict(whole, statement_pb2.Statement())
Statement.copy_from_pb(message).validate()
assert whole['_type'] == 'https://in-toto.io/Statement/v1' and whole['predicateType'] == 'https://slsa.dev/provenance/v1'
predicate = json_format.ParseDict(whole['predicate'], provenance_pb2.Provenance())
assert predicate.build_definition.build_type and predicate.run_details.builder.id
print(len(predicate.build_definition.resolved_dependencies))
"#;

#[test]
fn the_bill_and_the_statement_are_what_others_read() {
    needs!(DockerRegistry, HelmSdk, Cyclonedx, InToto, Jsonschema);
    let registry = Registry::start(Kind::Plain);
    let workspace = carried(&registry, 960, 10_000);
    workspace.done(&["pack", "-o", "box.parcel"]);
    let judged = |member: &str, judge: &str| {
        let script = "tar -xOf box.parcel \"$1\" | python3 -c \"$2\"";
        workspace.shell_with(&["env"], script, &[member, judge])
    };
    let bill = judged("sbom.cdx.json", BILL);
    assert_eq!(bill.code(), 0, "{}", bill.stderr());
    // Two charts, a manifest and an image.
    assert_eq!(bill.stdout().trim(), "4");
    let statement = judged("provenance.json", STATEMENT);
    assert_eq!(statement.code(), 0, "{}", statement.stderr());
    // The same, the spec, the lock, and values.
    assert!(statement.stdout().trim().parse::<usize>().is_ok_and(|it| it >= 5), "{}", statement.stdout());
    for (member, judge, from, to) in [
        ("sbom.cdx.json", BILL, "\"container\"", "\"containment\""),
        ("sbom.cdx.json", BILL, "\"SHA-256\"", "\"SHA-257\""),
        ("provenance.json", STATEMENT, "buildDefinition", "buildDefinitions"),
        ("provenance.json", STATEMENT, "in-toto.io/Statement", "in-toto.io/Said"),
    ] {
        let script = "tar -xOf box.parcel \"$1\" | sed \"s|$3|$4|\" | python3 -c \"$2\"";
        let run = workspace.shell_with(&["env"], script, &[member, judge, from, to]);
        assert_ne!(run.code(), 0, "{member}: {to} is not told");
    }
}

#[test]
fn a_disk_that_fills_leaves_nothing_and_the_next_run_goes_on() {
    needs!(DockerRegistry, HelmSdk, Namespaces);
    let registry = Registry::start(Kind::Plain);
    let workspace = carried(&registry, 970, 1_500_000);
    workspace.done(&["pack", "-o", "whole.parcel"]);
    let small = "set -e; mkdir -p small; mount -t tmpfs -o size=2m none small; set +e; ";
    for (what, script) in [
        ("pack", "\"$ICHOR\" pack -o small/box.parcel; echo code $?; ls -A small"),
        (
            "unpack",
            "\"$ICHOR\" unpack whole.parcel small/site; echo code $?; find small -name '*.partial'; \
             mount -o remount,size=20m small; \"$ICHOR\" unpack whole.parcel small/site 2>&1; echo then $?; \
             \"$ICHOR\" verify small/site/bundle.tar.gz -s small/site/workspace && echo verified",
        ),
        (
            "images cache",
            "\"$ICHOR\" images cache whole.parcel -o small/cache; echo code $?; find small -name '*.partial'; \
             mount -o remount,size=20m small; \"$ICHOR\" images cache whole.parcel -o small/cache; echo then $?",
        ),
    ] {
        let run = workspace.shell(&["unshare", "-rm"], &format!("{small}{script}"));
        let (said, told) = (run.stdout(), run.stderr());
        assert!(said.contains("code 3"), "{what}: {said}{told}");
        assert!(told.contains("E005") && told.contains("make room"), "{what}: {told}");
        assert!(!said.contains("partial"), "{what} leaves what fills the disk: {said}");
        match what {
            "pack" => assert_eq!(said.trim(), "code 3", "{what} leaves something"),
            _ => assert!(said.contains("then 0"), "{what}: {said}{told}"),
        }
        assert!(what != "unpack" || !said.contains("\n0 were there"), "what was there is not written again: {said}");
    }
}
