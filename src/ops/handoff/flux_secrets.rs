//! What is sealed, handed over to Flux as Secrets under SOPS.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value as Json;

use super::sealed;
use super::shown::Shown;
use crate::base::recipient::Recipient;
use crate::deliver::flux_secrets::{self, FluxSecret, values_secret};
use crate::edge::age;
use crate::edge::mint::Mint;
use crate::edge::sops::{self, Share};
use crate::object::document::{Document, Head, documents};
use crate::ops::Error;
use crate::stage::bundle::Opened;
use crate::stage::lock::{Lock, LockedPart};
use crate::stage::pack;
use crate::stage::render::secrets;
use crate::stage::vendored::{Vendored, VendoredContent, VendoredPart};
use crate::workspace::Workspace;
use crate::workspace::bundle;
use helm_engine::helm::HelmVersion;
use helm_engine::helm::values::{merge_maps, read_documents};
use helm_engine::value::{Map, Value};
use helm_engine::yaml;

/// Hands Secrets over in the folder of a hand-over.
pub(super) struct UnderSops<'a> {
    opened: Opened,
    mint: Mint<'a>,
    helm: HelmVersion,
    folder: &'a Path,
    recipients: Vec<Recipient>,
}

/// The Secrets of a part that a release would make anew.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) secrets: Vec<FluxSecret>,
    /// Of those that it would make anew: what cannot be kept.
    pub(super) left: BTreeMap<String, BTreeSet<String>>,
    /// The objects, other than these Secrets, that hold certificates of the part.
    pub(super) beside: Vec<String>,
}

impl<'a> UnderSops<'a> {
    /// Opens what the lock holds with identity files.
    pub(super) fn open(
        workspace: &Workspace,
        lock: &Lock,
        vendored: &Vendored,
        identities: &'a [String],
        folder: &'a Path,
    ) -> Result<UnderSops<'a>, Error> {
        let bundle = workspace.bundle(lock, vendored)?;
        let opened = bundle::fill(&bundle, identities)?;
        let mint = Mint::new(lock.clock, identities);
        Ok(UnderSops { opened, mint, helm: lock.helm(), folder, recipients: lock.recipients.clone() })
    }

    /// Keeps the Secrets of a part, where nothing but them shows what would be made anew.
    pub(super) fn keep(
        &self,
        part: &VendoredPart,
        locked: &LockedPart,
        remade: BTreeMap<String, BTreeSet<String>>,
    ) -> Result<Kept, Error> {
        let VendoredContent::Chart { namespace, .. } = &part.content else { return Ok(Kept::default()) };
        let manifest = self.opened.manifests().iter().find(|it| pack::stem(&it.name) == part.name);
        let contents = manifest.map_or("", |it| it.contents.as_str());
        let shown = Shown::of(locked);
        let mut kept = Kept { left: remade, ..Kept::default() };
        let mut found = Vec::new();
        for document in documents(contents) {
            let Some(Value::Map(object)) = yaml::read(document.text.as_bytes()).ok() else { continue };
            let Some(head) = head(&document) else { continue };
            let bare = Head { namespace: String::new(), ..head.clone() };
            let key = [head.to_string(), bare.to_string()].into_iter().find(|it| kept.left.contains_key(it));
            let is_secret = head.kind == "Secret" && head.api_version == "v1" && !is_hook(&object);
            match key {
                Some(key) if is_secret => found.push((key, head, object)),
                // A Secret that holds a certificate of these alone is made with them.
                None if is_secret && shown.is_in(document.text) => found.push((head.to_string(), head, object)),
                None if shown.is_in(document.text) => kept.beside.push(head.to_string()),
                _ => {}
            }
        }
        // Old and new keys side by side would not fit each other: all of a part is kept, or nothing.
        if !kept.beside.is_empty() || !kept.left.keys().all(|it| found.iter().any(|(key, ..)| key == it)) {
            return Ok(kept);
        }
        for (key, head, object) in found {
            kept.left.remove(&key);
            place(&object, namespace);
            flux_secrets::keep(&object);
            let text = yaml::write(&Value::Map(object)).map(|it| it.to_text().into_owned()).unwrap_or_default();
            kept.secrets.push(self.encrypt(&part.name, head.name, &text, true)?);
        }
        Ok(kept)
    }

    /// The Secret with the sealed values of a part; `None` where it has none.
    /// At the places `sealed` of the values stand those of a release.
    pub(super) fn values(
        &mut self,
        part: &VendoredPart,
        values: &Map,
        sealed: &[Vec<Json>],
    ) -> Result<Option<FluxSecret>, Error> {
        let VendoredContent::Chart { namespace, inputs, .. } = &part.content else { return Ok(None) };
        if inputs.secret_values.is_empty() && sealed.is_empty() {
            return Ok(None);
        }
        let mut opened = Vec::new();
        for (name, pin) in part.pins.iter().filter(|(_, it)| it.function == secrets::FUNCTION) {
            if let (true, Some(envelope)) = (sealed.contains(&pin.args), &pin.sealed) {
                let text = self.mint.open(&format!("{}/{name}", part.name), envelope)?;
                opened.push((pin.args.clone(), Value::Str(text.expose().into())));
            }
        }
        let contradicts = || Error::SecretValues {
            path: part.name.clone(),
            reason: "the places of two of its pins contradict".into(),
        };
        let mut merged = sealed::alone(values, &opened).ok_or_else(contradicts)?;
        for (path, bytes) in &inputs.secret_values {
            let text = self.mint.decrypt(path, bytes)?;
            // The reader's own message may quote the text.
            let fault =
                |_| Error::SecretValues { path: path.clone(), reason: "what is in it is no YAML mapping".into() };
            merged = merge_maps(&merged, &read_documents(text.expose(), self.helm).map_err(fault)?);
        }
        let values = yaml::write(&Value::Map(merged)).map(|it| it.to_text().into_owned()).unwrap_or_default();
        let (name, text) = values_secret(&part.name, namespace, &values);
        self.encrypt(&part.name, name, &text, false).map(Some)
    }

    fn encrypt(&self, part: &str, name: String, text: &str, replaces: bool) -> Result<FluxSecret, Error> {
        let path = self.folder.join(part).join(FluxSecret::file(&name));
        let sealed =
            sops::encrypt(&path, text.as_bytes(), Share::Values, &self.recipients).map_err(age::Error::Sops)?;
        Ok(FluxSecret { name, text: String::from_utf8_lossy(&sealed).into_owned(), replaces })
    }
}

fn head(document: &Document<'_>) -> Option<Head> {
    document.tree().map(|it| Head::of(it.root()))
}

/// Helm applies hooks by itself: nothing takes them out of a release.
fn is_hook(object: &Map) -> bool {
    let annotations = crate::deliver::flux::at(object, &["metadata", "annotations"]);
    matches!(annotations, Some(Value::Map(it)) if it.contains("helm.sh/hook"))
}

/// Names the namespace that Helm would put an object into.
fn place(object: &Map, namespace: &str) {
    if let Some(Value::Map(metadata)) = object.get("metadata")
        && !metadata.contains("namespace")
    {
        metadata.insert("namespace", namespace.into());
    }
}
