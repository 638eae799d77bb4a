//! The bill of a bundle's materials: charts, manifests and images, as CycloneDX 1.6 in JSON.

use serde_json::{Value as Json, json};

use super::statement::inputs;
use crate::base::digest::Digest;
use crate::object::image::Reference;
use crate::stage::bundle::Bundle;
use crate::stage::lock::Lock;

/// An image of the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// How it is named.
    pub image: Reference,
    /// Of its manifest or index, where it is known.
    pub digest: Option<Digest>,
}

/// The text of the bill. It has no time but the clock of the lock.
pub fn sbom(bundle: &Bundle, lock: &Lock, images: &[Component]) -> Vec<u8> {
    let name = &bundle.index().name;
    let own = format!("bundle:{name}");
    let mut components: Vec<Json> = Vec::new();
    let sources = lock.sources().map(|(key, _)| key).zip(inputs(lock));
    for ((key, input), locked) in sources.zip(lock.sources().map(|(_, it)| it)) {
        let is_chart = locked.version.is_some();
        let mut component = json!({
            "type": if is_chart { "application" } else { "file" },
            "bom-ref": format!("part:{key}"),
            "name": locked.source.rsplit('/').next().unwrap_or(&locked.source),
            "hashes": [{ "alg": "SHA-256", "content": input.digest.hex() }],
            "properties": [{ "name": "ichor:part", "value": key }, { "name": "ichor:source", "value": locked.source }],
        });
        if let Some(version) = &locked.version {
            component["version"] = json!(version);
        }
        components.push(component);
    }
    for it in images {
        let image = &it.image;
        let digest = it.digest.or(image.digest);
        let short = image.repository.rsplit('/').next().unwrap_or(&image.repository);
        let mut component = json!({
            "type": "container",
            "bom-ref": format!("image:{image}"),
            "name": image.name(),
            "version": image.tag_or_latest(),
        });
        if let Some(digest) = digest {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": digest.hex() }]);
            let at = image.name().replace(':', "%3A").replace('/', "%2F");
            let tag = image.tag.as_ref().map(|it| format!("&tag={it}")).unwrap_or_default();
            let purl = format!("pkg:oci/{short}@sha256%3A{}?repository_url={at}{tag}", digest.hex());
            component["purl"] = json!(purl);
        }
        components.push(component);
    }
    let depends: Vec<Json> = components.iter().map(|it| it["bom-ref"].clone()).collect();
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial(&bundle.digest()),
        "version": 1,
        "metadata": {
            "timestamp": lock.clock,
            "tools": { "components": [{ "type": "application", "name": "ichor", "version": bundle.index().ichor }] },
            "component": {
                "type": "application", "bom-ref": own, "name": name,
                "hashes": [{ "alg": "SHA-256", "content": bundle.digest().hex() }],
            },
        },
        "components": components,
        "dependencies": [{ "ref": own, "dependsOn": depends }],
    });
    let mut text = serde_json::to_vec_pretty(&bill).expect("a bill is plain data");
    text.push(b'\n');
    text
}

/// A name of the bill that follows from what it is of: a UUID of version 8.
fn serial(digest: &Digest) -> String {
    let hex = digest.hex();
    let piece = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    format!("urn:uuid:{}-{}-8{}-8{}-{}", piece(0, 8), piece(8, 12), piece(12, 15), piece(15, 18), piece(18, 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_is_a_uuid() {
        let serial = serial(&Digest::of(b"x"));
        let lengths: Vec<usize> = serial.trim_start_matches("urn:uuid:").split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
