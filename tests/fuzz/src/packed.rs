//! Archives and what registries answer. Bytes alone seldom get past a checksum: after a first byte that says so, the rest
//! is a list of files that an archive is made of.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use helm_engine::helm::capabilities::Capabilities;
use helm_engine::helm::chart::File;
use helm_engine::helm::{Chart, HelmVersion, Options, Release, render};
use helm_engine::hole::Seed;
use helm_engine::value::{Failure, Map, Value};
use helm_engine::world::{Call, World};
use ichor::base::digest::Digest;
use ichor::base::secret::Secret;
use ichor::edge::fetch;
use ichor::stage::bundle::Bundle;
use ichor::stage::parcel;
use ichor::stage::vendored::{image, layout};

struct NoWorld;

impl World for NoWorld {
    fn answer(&mut self, _: &Call<'_>) -> Result<Value, Failure> {
        Err(Failure::new("nothing has an answer here"))
    }
}

/// A chart: as an archive byte by byte, as an archive of files, or as files, which are rendered.
pub fn chart(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return };
    let helm = HelmVersion::NEWEST;
    let chart = match how % 4 {
        0 => Chart::load_archive(rest, helm),
        1 => Chart::load_archive(&gzip(rest), helm),
        2 => Chart::load_archive(&gzip(&tar(&files(rest))), helm),
        _ => Chart::load_files(files(rest).iter().map(|(name, it)| File::new(name.clone(), it)).collect(), helm),
    };
    let Ok(chart) = chart else { return };
    helm_engine::budget::set_limit(16 << 20);
    helm_engine::budget::set_steps(200_000);
    let options = Options {
        release: Release { name: "r".into(), namespace: "n".into(), is_upgrade: false },
        capabilities: Capabilities::of(helm),
        include_crds: true,
        skip_schema_validation: false,
    };
    let _ = render(&chart, &Map::any(), &options, &mut NoWorld);
}

/// A bundle: byte by byte, as an archive of any files, or with an index whose digests fit, which is then opened.
pub fn bundle(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return };
    let archive = match how % 4 {
        0 => rest.to_vec(),
        1 => gzip(rest),
        2 => gzip(&tar(&files(rest))),
        _ => gzip(&tar(&fitting(files(rest)))),
    };
    let _ = parcel::Index::decode(rest);
    let Ok(bundle) = Bundle::decode(&archive) else { return };
    let again = Bundle::decode(&bundle.encode()).expect("a bundle that was packed");
    assert_eq!(again.digest(), bundle.digest());
    let secrets = bundle.envelopes().keys().map(|name| (name.clone(), Secret::new("secret: 'text'\n"))).collect();
    helm_engine::budget::set_limit(16 << 20);
    if let Ok(opened) = bundle.open(&secrets, &helm_engine::helm::functions(), Seed::new([3; 32])) {
        opened.patch();
    }
}

/// Manifests, indexes, layouts, indexes of repositories and headers.
pub fn registry(bytes: &[u8]) {
    if let Ok(document) = image::Document::decode(bytes) {
        assert!(!document.media_type().is_empty());
    }
    let _ = image::platform_of_config(bytes);
    if let Ok(manifest) = layout::Manifest::decode(bytes) {
        let text = manifest.encode();
        layout::Manifest::decode(&text).expect("a manifest that was written");
    }
    if let Ok(index) = layout::Index::decode(bytes) {
        layout::Index::decode(&index.encode()).expect("an index that was written");
    }
    fetch::answers_of_others(bytes);
}

/// Files: each a line with its name, and its lines after that up to one that is `\x01` alone.
fn files(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    bytes
        .split(|it| *it == 1)
        .filter_map(|file| {
            let cut = file.iter().position(|it| *it == b'\n')?;
            Some((String::from_utf8_lossy(&file[..cut]).into_owned(), file[cut + 1..].to_vec()))
        })
        .collect()
}

/// The same, with the digests of all others in `bundle.json`.
fn fitting(mut files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let digests: serde_json::Map<String, serde_json::Value> = files
        .iter()
        .filter(|it| it.0 != "bundle.json")
        .map(|(name, it)| (name.clone(), Digest::of(it).to_string().into()))
        .collect();
    for (name, it) in &mut files {
        if name == "bundle.json"
            && let Ok(serde_json::Value::Object(mut index)) = serde_json::from_slice(it)
        {
            index.insert("files".into(), digests.clone().into());
            *it = serde_json::Value::Object(index).to_string().into_bytes();
        }
    }
    files
}

fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        let field = &mut header.as_old_mut().name;
        let length = name.len().min(field.len());
        field[..length].copy_from_slice(&name.as_bytes()[..length]);
        header.set_cksum();
        let _ = builder.append(&header, bytes.as_slice());
    }
    builder.into_inner().unwrap_or_default()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
