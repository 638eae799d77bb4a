//! The statement of a build: in-toto's `Statement/v1` with the predicate `provenance/v1` of SLSA.
//!
//! It says nothing of the machine, the user or the hour: whoever builds the same gets the same statement, so that it can be
//! signed by any number of people who rebuild.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Input;
use crate::base::digest::Digest;
use crate::stage::bundle::Bundle;
use crate::stage::lock::{Lock, LockedSource};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://slsa.dev/provenance/v1";
/// What is built, and how: a bundle, from a spec and its lock.
const BUILD_TYPE: &str = "urn:ichor:bundle:v1";

/// As much of a statement as is compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Json,
}

/// Something that was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: Sha256,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sha256 {
    sha256: String,
}

/// States how the bundle of these bytes was built from a spec's text and a lock.
pub fn statement(bundle: &Bundle, bytes: &[u8], spec: &str, lock: &Lock, lock_text: &str) -> Statement {
    let name = &bundle.index().name;
    let subject = |name: String, digest: Digest| Subject { name, digest: Sha256 { sha256: digest.hex() } };
    let texts = [("ichor.yaml", spec), ("the lock", lock_text)].map(|(name, text)| Input {
        name: name.into(),
        uri: format!("urn:ichor:{}", if name == "ichor.yaml" { "spec" } else { "lock" }),
        digest: Digest::of(text.as_bytes()),
    });
    let inputs = texts
        .into_iter()
        .chain(inputs(lock))
        .map(|it| json!({ "name": it.name, "uri": it.uri, "digest": { "sha256": it.digest.hex() } }));
    let index = bundle.index();
    let predicate = json!({
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": { "bundle": name, "talos": index.talos, "kubernetes": lock.kubernetes },
            "internalParameters": { "helm": lock.helm().to_string(), "clock": lock.clock },
            "resolvedDependencies": inputs.collect::<Vec<_>>(),
        },
        "runDetails": {
            "builder": {
                "id": "urn:ichor:builder",
                "version": { "ichor": index.ichor, "helm": lock.helm().to_string() },
            },
        },
    });
    Statement {
        kind: STATEMENT.into(),
        subject: vec![
            subject(format!("{name}.tar.gz"), Digest::of(bytes)),
            subject(format!("{name}.tar"), bundle.digest()),
        ],
        predicate_type: PREDICATE.into(),
        predicate,
    }
}

/// Everything that a lock names, by its digest.
pub(super) fn inputs(lock: &Lock) -> impl Iterator<Item = Input> {
    let of = |(name, it): (String, LockedSource)| {
        let is_address = it.source.contains("://");
        let uri =
            if is_address { it.source } else { format!("urn:ichor:beside-the-spec:{}", it.source.replace(' ', "%20")) };
        Input { name, uri, digest: it.digest }
    };
    let values = lock.parts.iter().flat_map(|(name, part)| {
        let named = [("values", part.values), ("secretValues", part.secret_values), ("lookup", part.lookup)];
        named.into_iter().filter_map(move |(what, digest)| {
            let (name, uri) = (format!("{name}: {what}"), format!("urn:ichor:{what}"));
            Some(Input { name, uri, digest: digest? })
        })
    });
    lock.sources().map(of).chain(values)
}

impl Statement {
    /// The text that is signed.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a statement is plain data")
    }

    /// Reads a statement; the error is a sentence.
    pub fn decode(bytes: &[u8]) -> Result<Statement, String> {
        let statement: Statement = serde_json::from_slice(bytes).map_err(|it| format!("it is no statement: {it}"))?;
        match (statement.kind.as_str(), statement.predicate_type.as_str()) {
            (STATEMENT, PREDICATE) => Ok(statement),
            (STATEMENT, other) => Err(format!("it states `{other}`, not how something was built")),
            (other, _) => Err(format!("it is of the type `{other}`, not `{STATEMENT}`")),
        }
    }

    /// The digest of the bundle that it is of, as `build` prints it.
    pub fn bundle(&self) -> Option<Digest> {
        let subject = self.subject.iter().find(|it| it.name.ends_with(".tar"))?;
        format!("sha256:{}", subject.digest.sha256).parse().ok()
    }

    /// The version of ichor that built it.
    pub fn ichor(&self) -> &str {
        self.predicate.pointer("/runDetails/builder/version/ichor").and_then(Json::as_str).unwrap_or("unknown")
    }
}
