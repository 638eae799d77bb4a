//! Putting content into a registry, as the distribution specification 1.1 has it: small blobs in one piece, large ones in
//! several, so that what broke off goes on where the registry says that it did.

use std::io;

use ureq::http::header;
use url::Url;

use super::answers::odd;
use super::http::Method;
use super::registry::{Registry, Site, home};
use crate::base::digest::Digest;
use crate::edge::disk;
use crate::edge::sources::disk_fault;
use crate::stage::resolve::SourceError;
use crate::stage::spec::OciName;
use crate::stage::vendored::artifact::Artifact;
use crate::stage::vendored::layout::{Descriptor, MANIFEST_TYPE};

/// How much of a blob is sent at once.
const PIECE: u64 = 8 << 20;
/// How often a piece is sent without getting further.
const ATTEMPTS: u32 = crate::base::limits::ATTEMPTS.most as u32;
/// What an answer to an upload may say at the most.
const MAX_ANSWER: u64 = crate::base::limits::UPLOAD_ANSWER.most;

/// What became of a blob that was to be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The registry had it.
    WasThere,
    /// The registry had it in another repository.
    TakenOver,
    /// All of it was sent.
    Whole,
}

impl Registry<'_> {
    /// Puts an artifact under a tag, and gives its manifest's digest. Blobs that are there already are not sent again; no
    /// mirror is asked. The tag names nothing new until everything else is there.
    pub fn put(&self, name: &OciName, tag: &str, artifact: &Artifact) -> Result<Digest, SourceError> {
        let site = home(name);
        for blob in &artifact.blobs {
            self.put_blob(&site, name, blob)?;
        }
        let url = self.url(&site, &format!("manifests/{tag}"))?;
        let method = Method::Put { content_type: MANIFEST_TYPE, body: &artifact.manifest };
        self.ask(&site, &self.request(&name.to_string(), method, url, MAX_ANSWER), &[200, 201])?;
        Ok(Digest::of(&artifact.manifest))
    }

    fn put_blob(&self, site: &Site, name: &OciName, blob: &[u8]) -> Result<(), SourceError> {
        let what = name.to_string();
        let digest = Digest::of(blob);
        let there = self.url(site, &format!("blobs/{digest}"))?;
        let known = self.ask(site, &self.request(&what, Method::Head, there.clone(), MAX_ANSWER), &[200, 404])?;
        if known.status == 200 {
            return Ok(());
        }
        let place = self.begin(site, &what, None)?.ok_or_else(|| odd(&there, "no place to upload to"))?;
        self.finish(site, &what, place, &digest, blob)
    }

    /// Puts a blob that may be too large for memory, unless it is there. One that another repository of the host has is taken
    /// from there.
    pub fn put_content(
        &self,
        name: &OciName,
        wanted: &Descriptor,
        from: Option<&str>,
        content: &mut dyn FnMut(u64, usize) -> io::Result<Vec<u8>>,
    ) -> Result<Sent, SourceError> {
        let (site, what) = (home(name), name.to_string());
        let there = self.url(&site, &format!("blobs/{}", wanted.digest))?;
        let known = self.ask(&site, &self.request(&what, Method::Head, there.clone(), MAX_ANSWER), &[200, 404])?;
        if known.status == 200 {
            return Ok(Sent::WasThere);
        }
        let from = from.map(|from| (from, &wanted.digest));
        let Some(mut place) = self.begin(&site, &what, from)? else { return Ok(Sent::TakenOver) };
        let failed =
            |source| disk_fault(&disk::Error { action: "read", path: wanted.digest.to_string().into(), source });
        let mut offset = 0;
        let mut vain = 0;
        // The last piece goes with the request that ends the upload.
        while wanted.size - offset > PIECE {
            let piece = content(offset, usize::try_from(PIECE).unwrap_or(usize::MAX)).map_err(failed)?;
            let end = offset + piece.len() as u64;
            let range = format!("{offset}-{}", end.saturating_sub(1));
            let method = Method::Patch { range: &range, body: &piece };
            match self.ask(&site, &self.request(&what, method, place.clone(), MAX_ANSWER), &[202]) {
                Ok(answer) => {
                    self.http.spend(piece.len() as u64);
                    place = self.place(&place, &answer.headers)?;
                    (offset, vain) = (end, 0);
                }
                Err(fault) => {
                    vain += 1;
                    let Some((next, at)) = self.progressed(&site, &what, &place).filter(|_| vain < ATTEMPTS) else {
                        return Err(fault);
                    };
                    (place, offset) = (next, at.min(wanted.size));
                }
            }
        }
        let rest = usize::try_from(wanted.size - offset).unwrap_or(usize::MAX);
        let piece = content(offset, rest).map_err(failed)?;
        self.finish(&site, &what, place, &wanted.digest, &piece)?;
        self.http.spend(piece.len() as u64);
        Ok(Sent::Whole)
    }

    /// Puts a manifest or an index under a tag, or under its own digest. Whether the registry took it: one that asks for all
    /// that an index names says no where a platform is missing.
    pub fn put_document(
        &self,
        name: &OciName,
        reference: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<bool, SourceError> {
        let site = home(name);
        let url = self.url(&site, &format!("manifests/{reference}"))?;
        let method = Method::Put { content_type: media_type, body: bytes };
        let answer =
            self.ask(&site, &self.request(&name.to_string(), method, url, MAX_ANSWER), &[200, 201, 400, 404])?;
        Ok(matches!(answer.status, 200 | 201))
    }

    /// The digest that a tag or digest stands for, where the host has it.
    pub fn has(&self, name: &OciName, reference: &str) -> Result<Option<Digest>, SourceError> {
        self.find(&home(name), name, reference)
    }

    /// Begins an upload, and says where it goes on; `None` where the registry took the blob over from another repository.
    fn begin(&self, site: &Site, what: &str, from: Option<(&str, &Digest)>) -> Result<Option<Url>, SourceError> {
        let mut start = self.url(site, "blobs/uploads/")?;
        if let Some((from, digest)) = from {
            start.query_pairs_mut().append_pair("mount", &digest.to_string()).append_pair("from", from);
        }
        let started = self.ask(site, &self.request(what, Method::Post, start.clone(), MAX_ANSWER), &[201, 202])?;
        if started.status == 201 {
            return Ok(None);
        }
        self.place(&start, &started.headers).map(Some)
    }

    /// How far an upload got, and where it goes on.
    fn progressed(&self, site: &Site, what: &str, place: &Url) -> Option<(Url, u64)> {
        let answer = self.ask(site, &self.request(what, Method::Get, place.clone(), MAX_ANSWER), &[204]).ok()?;
        let range = answer.headers.get(header::RANGE).and_then(|it| it.to_str().ok())?;
        let last: u64 = range.trim().trim_start_matches("bytes=").rsplit('-').next()?.parse().ok()?;
        let next = self.place(place, &answer.headers).unwrap_or_else(|_| place.clone());
        Some((next, if last == 0 { 0 } else { last + 1 }))
    }

    fn finish(
        &self,
        site: &Site,
        what: &str,
        mut place: Url,
        digest: &Digest,
        piece: &[u8],
    ) -> Result<(), SourceError> {
        place.query_pairs_mut().append_pair("digest", &digest.to_string());
        let method = Method::Put { content_type: "application/octet-stream", body: piece };
        self.ask(site, &self.request(what, method, place, MAX_ANSWER), &[201]).map(drop)
    }
}
