//! Bundles as no ichor makes them.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ichor::base::digest::Digest;
use serde_json::{Value, json};
use tar::{EntryType, Header};

/// A member of an archive; its name is any bytes.
#[derive(Clone)]
pub struct Member {
    pub name: Vec<u8>,
    pub kind: EntryType,
    pub target: Vec<u8>,
    pub content: Vec<u8>,
}

/// A bundle that was built, taken apart, and changed.
#[derive(Clone)]
pub struct Forged {
    pub index: Value,
    pub members: Vec<Member>,
}

impl Member {
    pub fn file(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Member {
        let (name, content) = (name.as_ref().to_vec(), content.as_ref().to_vec());
        Member { name, kind: EntryType::Regular, target: Vec::new(), content }
    }
}

impl Forged {
    pub fn of(path: &Path) -> Forged {
        let mut tar = Vec::new();
        GzDecoder::new(fs::read(path).expect("a bundle").as_slice()).read_to_end(&mut tar).expect("gzip");
        let mut members = Vec::new();
        for entry in tar::Archive::new(tar.as_slice()).entries().expect("a tar") {
            let mut entry = entry.expect("an entry");
            let name = entry.path_bytes().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("its content");
            members.push(Member::file(name, content));
        }
        let at = members.iter().position(|it| it.name == b"bundle.json").expect("an index");
        let index = serde_json::from_slice(&members.remove(at).content).expect("JSON");
        Forged { index, members }
    }

    /// Gives a member another name, in the archive and in the index.
    pub fn rename(&mut self, old: &str, new: &str) {
        for member in self.members.iter_mut().filter(|it| it.name == old.as_bytes()) {
            member.name = new.as_bytes().to_vec();
        }
        let files = self.index["files"].as_object_mut().expect("files");
        if let Some(digest) = files.remove(old) {
            files.insert(new.to_owned(), digest);
        }
    }

    /// Gives a manifest another name everywhere.
    pub fn rename_manifest(&mut self, old: &str, new: &str) {
        for name in self.index["manifests"].as_array_mut().expect("a list") {
            if *name == json!(old) {
                *name = json!(new);
            }
        }
        self.rename(&format!("manifests/{old}.yaml"), &format!("manifests/{new}.yaml"));
    }

    /// Gives a secret another name everywhere, but in the labels of the holes.
    pub fn rename_secret(&mut self, old: &str, new: &str) {
        let text = self.index.to_string();
        let (from, to) = (json!({"secret": old}).to_string(), json!({"secret": new}).to_string());
        self.index = serde_json::from_str(&text.replace(&from, &to)).expect("JSON");
        if let Some(digest) = self.index["publicKeys"].as_object_mut().and_then(|it| it.remove(old)) {
            self.index["publicKeys"][new] = digest;
        }
        self.rename(&format!("envelopes/{old}.age"), &format!("envelopes/{new}.age"));
    }

    /// Gives a part another name in the list of parts.
    pub fn rename_part(&mut self, old: &str, new: &str) {
        let parts = self.index["parts"].as_object_mut().expect("parts");
        let part = parts.remove(old).expect("the part");
        parts.insert(new.to_owned(), part);
    }

    /// Puts other bytes into a member, and their digest into the index.
    pub fn put(&mut self, name: &str, content: &[u8]) {
        self.members.retain(|it| it.name != name.as_bytes());
        self.members.push(Member::file(name, content));
        self.index["files"][name] = json!(Digest::of(content).to_string());
    }

    /// The archive: gzip around tar, with the index as `bundle.json`.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(serde_json::to_string_pretty(&self.index).expect("JSON").as_bytes())
    }

    /// The archive with this text as its index.
    pub fn encode_with(&self, index: &[u8]) -> Vec<u8> {
        gzip(&self.tar_with(index))
    }

    pub fn tar_with(&self, index: &[u8]) -> Vec<u8> {
        let mut tar = Vec::new();
        let index = Member::file("bundle.json", index);
        for member in std::iter::once(&index).chain(&self.members) {
            append(&mut tar, member);
        }
        tar.resize(tar.len() + 1024, 0);
        tar
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("written")
}

/// Writes a member with its name as it is; a long one as GNU tar has it.
fn append(tar: &mut Vec<u8>, member: &Member) {
    if member.name.len() > 100 {
        let name = [member.name.as_slice(), b"\0"].concat();
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..13].copy_from_slice(b"././@LongLink");
        header.set_entry_type(EntryType::GNULongName);
        block(tar, header, &name);
    }
    let mut header = Header::new_gnu();
    let length = member.name.len().min(100);
    header.as_old_mut().name[..length].copy_from_slice(&member.name[..length]);
    header.as_old_mut().linkname[..member.target.len()].copy_from_slice(&member.target);
    header.set_entry_type(member.kind);
    block(tar, header, &member.content);
}

fn block(tar: &mut Vec<u8>, mut header: Header, content: &[u8]) {
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_cksum();
    tar.extend_from_slice(header.as_bytes());
    tar.extend_from_slice(content);
    tar.resize(tar.len().next_multiple_of(512), 0);
}
