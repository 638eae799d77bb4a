//! The few fields of a document that decide where it goes.

use std::collections::BTreeMap;

use crate::helm::decode;

/// Kind, name and annotations of a Kubernetes object; empty where the document does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// `apiVersion`: `apps/v1`.
    pub api_version: String,
    /// `kind`: `Deployment`.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.annotations`, by key.
    pub annotations: BTreeMap<String, String>,
}

const FIELDS: &[&str] = &["apiVersion", "kind", "metadata"];
const METADATA_FIELDS: &[&str] = &["name", "annotations"];
const METADATA_TYPE: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

/// Reads a document as Helm's `SimpleHead`. The error is Go's text.
pub(super) fn read(document: &[u8]) -> Result<Head, String> {
    let mut head = Head::default();
    let mut annotations = None;
    decode::document_entries(document, FIELDS, "util.SimpleHead", |decoder, map| {
        decoder.fields(map, FIELDS, |it, field, value| match field {
            "apiVersion" => it.string(value, &mut head.api_version),
            "kind" => it.string(value, &mut head.kind),
            _ => it.structure(value, METADATA_TYPE, |it, map| {
                it.fields(map, METADATA_FIELDS, |it, field, value| match field {
                    "name" => it.string(value, &mut head.name),
                    _ => it.string_map(value, &mut annotations),
                });
            }),
        });
    })?;
    head.annotations = annotations.unwrap_or_default();
    Ok(head)
}
