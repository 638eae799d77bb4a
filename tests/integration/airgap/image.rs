//! Images of random bytes, put into a real registry.

use std::collections::BTreeMap;

use ichor::base::digest::Digest;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value as Json, json};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An image of one platform, or an index of several.
#[derive(Clone, Debug)]
pub struct Image {
    pub blobs: BTreeMap<Digest, Vec<u8>>,
    /// Manifests, then the index where there is one: bytes and media type.
    pub documents: Vec<(Vec<u8>, &'static str)>,
}

/// Bytes that no two seeds share.
pub fn random(seed: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

impl Image {
    /// One for a platform such as `amd64`, with layers of these bytes.
    pub fn of(architecture: &str, layers: &[Vec<u8>]) -> Image {
        let config = json!({
            "os": "linux", "architecture": architecture, "config": {},
            "rootfs": {"type": "layers", "diff_ids": layers.iter().map(|it| Digest::of(it)).collect::<Vec<_>>()},
        });
        let config = config.to_string().into_bytes();
        let described = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len()});
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": described(CONFIG, &config),
            "layers": layers.iter().map(|it| described(LAYER, it)).collect::<Vec<_>>(),
        });
        let blobs = layers.iter().chain([&config]).map(|it| (Digest::of(it), it.clone())).collect();
        Image { blobs, documents: vec![(manifest.to_string().into_bytes(), MANIFEST)] }
    }

    /// An index of images for platforms.
    pub fn index(of: &[(&str, Image)]) -> Image {
        let mut blobs = BTreeMap::new();
        let mut documents = Vec::new();
        let mut children: Vec<Json> = Vec::new();
        for (architecture, image) in of {
            blobs.extend(image.blobs.clone());
            let (bytes, media_type) = image.documents[0].clone();
            let platform = json!({"os": "linux", "architecture": architecture});
            children.push(
                json!({"mediaType": media_type, "digest": Digest::of(&bytes), "size": bytes.len(), "platform": platform}),
            );
            documents.push((bytes, media_type));
        }
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": children});
        documents.push((index.to_string().into_bytes(), INDEX));
        Image { blobs, documents }
    }

    /// Of its manifest, or of its index.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.documents.last().expect("a document").0)
    }

    /// Puts it into a registry that speaks plain http.
    pub fn push(&self, host: &str, repository: &str, tag: &str) {
        let base = format!("http://{host}/v2/{repository}");
        for (digest, bytes) in &self.blobs {
            let started = ureq::post(&format!("{base}/blobs/uploads/")).send_empty().expect("an upload");
            let place = started.headers()["location"].to_str().expect("text").to_owned();
            let place = if place.starts_with('/') { format!("http://{host}{place}") } else { place };
            let join = if place.contains('?') { '&' } else { '?' };
            let put = ureq::put(&format!("{place}{join}digest={digest}")).content_type("application/octet-stream");
            put.send(bytes).expect("a blob");
        }
        let last = self.documents.len() - 1;
        for (at, (bytes, media_type)) in self.documents.iter().enumerate() {
            let name = if at == last { tag.to_owned() } else { Digest::of(bytes).to_string() };
            ureq::put(&format!("{base}/manifests/{name}")).content_type(*media_type).send(bytes).expect("a manifest");
        }
    }
}

/// A spec whose one part runs these images.
pub fn manifest(images: &[String]) -> String {
    let containers: String =
        images.iter().enumerate().map(|(at, it)| format!("    - {{name: c{at}, image: \"{it}\"}}\n")).collect();
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: d}}\nspec:\n  containers:\n{containers}")
}
