//! Putting artifacts into a registry, as the distribution specification 1.1 has it: each blob in one piece.

use ureq::http::header;
use url::Url;

use super::answers::odd;
use super::http::Method;
use super::registry::{Registry, Site, home};
use crate::base::digest::Digest;
use crate::stage::resolve::SourceError;
use crate::stage::spec::OciName;
use crate::stage::vendored::artifact::Artifact;
use crate::stage::vendored::layout::MANIFEST_TYPE;

/// What an answer to an upload may say at the most.
const MAX_ANSWER: u64 = 64 << 10;

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
        let known = self.ask(site, &self.request(&what, Method::Head, there, MAX_ANSWER), &[200, 404])?;
        if known.status == 200 {
            return Ok(());
        }
        let start = self.url(site, "blobs/uploads/")?;
        let started = self.ask(site, &self.request(&what, Method::Post, start.clone(), MAX_ANSWER), &[202])?;
        let place = started.headers.get(header::LOCATION).and_then(|it| it.to_str().ok());
        let mut place: Url =
            place.and_then(|it| start.join(it).ok()).ok_or_else(|| odd(&start, "no place to upload to"))?;
        place.query_pairs_mut().append_pair("digest", &digest.to_string());
        let method = Method::Put { content_type: "application/octet-stream", body: blob };
        self.ask(site, &self.request(&what, method, place, MAX_ANSWER), &[201]).map(drop)
    }
}
