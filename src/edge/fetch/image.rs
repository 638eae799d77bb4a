//! Images in registries: documents by tag or digest, blobs that do not fit into memory, and whether there is one.

use std::time::{Duration, Instant};

use ureq::http::header;
use url::Url;

use super::answers::{Tried, odd, status_fault, unreachable};
use super::http::{Broken, Method, Request, Sink};
use super::registry::{MAX_DOCUMENT, Registry, Site};
use crate::base::digest::Digest;
use crate::edge::disk;
use crate::edge::sources::disk_fault;
use crate::object::image::Reference;
use crate::stage::resolve::SourceError;
use crate::stage::spec::OciName;
use crate::stage::vendored::image::DOCUMENTS;
use crate::stage::vendored::layout::Descriptor;

/// How long one blob may take, however well it goes on.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// How often a registry may ask again who asks, while it hands over one blob.
const LOGINS: u32 = 64;

/// An image, as registries are asked for it.
pub fn name(image: &Reference) -> OciName {
    OciName {
        host: image.host.clone(),
        repository: image.repository.clone(),
        tag: image.tag.clone(),
        digest: image.digest,
    }
}

impl Registry<'_> {
    /// The manifest or index of an image, and its digest: by the digest that the image is named with, else by its tag.
    pub fn image(&self, image: &Reference) -> Result<(Vec<u8>, Digest), SourceError> {
        let name = name(image);
        match &image.digest {
            Some(digest) => Ok((self.manifest_of_digest(&name, digest)?, *digest)),
            None => self.manifest_of_tag(&name, image.tag_or_latest()),
        }
    }

    /// Hands over a blob, from where the sink stands on. Whether it has its digest is for the sink to tell.
    pub fn download(&self, name: &OciName, wanted: &Descriptor, sink: &mut dyn Sink) -> Result<(), SourceError> {
        // Each mirror is asked once; what one of them has sent is not asked for again.
        let sink = std::cell::RefCell::new(sink);
        self.anywhere(name, |site| {
            let url = self.url(site, &format!("blobs/{}", wanted.digest))?;
            let shown = name.to_string();
            let until = Instant::now() + LONGEST;
            let request = Request { until, ..self.request(&shown, Method::Get, url, wanted.size) };
            self.pour(site, &request, &mut **sink.borrow_mut())
        })
    }

    fn pour(&self, site: &Site, request: &Request<'_>, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let mut authorization = self.known(site);
        let mut tried = Tried::Unasked;
        for _ in 0..LOGINS {
            let asked = Request { authorization: authorization.as_deref(), ..request.clone() };
            let before = sink.position();
            let answer = match self.http.download(&asked, sink) {
                Ok(None) => return Ok(()),
                Ok(Some(answer)) => answer,
                Err(Broken::Http(fault)) => return Err(unreachable(&fault)),
                Err(Broken::Sink(source)) => {
                    let fault = disk::Error { action: "write", path: "a blob".into(), source };
                    return Err(disk_fault(&fault));
                }
            };
            // A token may end before a large blob does.
            let is_new = tried == Tried::Unasked || sink.position() > before;
            if answer.status != 401 || !is_new {
                return Err(status_fault(&request.url, &site.host, &answer, &tried));
            }
            let (next, remark) = self.authorize(site, &answer.headers)?;
            tried = remark;
            if next.is_none() {
                return Err(status_fault(&request.url, &site.host, &answer, &tried));
            }
            if let Some(next) = &next {
                self.remember(site, next);
            }
            authorization = next;
        }
        Err(odd(&request.url, "a question for credentials, again and again"))
    }

    /// The digest under a tag or digest of the host itself, where there is one.
    pub(super) fn find(&self, site: &Site, name: &OciName, reference: &str) -> Result<Option<Digest>, SourceError> {
        let url = self.url(site, &format!("manifests/{reference}"))?;
        let accept = DOCUMENTS.join(", ");
        let shown = name.to_string();
        let request = Request { accept: Some(&accept), ..self.request(&shown, Method::Head, url, MAX_DOCUMENT) };
        let answer = self.ask(site, &request, &[200, 404])?;
        let told = answer.headers.get("docker-content-digest").and_then(|it| it.to_str().ok());
        Ok(told.filter(|_| answer.status == 200).and_then(|it| it.parse().ok()))
    }

    /// Where an answer says that an upload goes on.
    pub(super) fn place(&self, start: &Url, headers: &ureq::http::HeaderMap) -> Result<Url, SourceError> {
        let place = headers.get(header::LOCATION).and_then(|it| it.to_str().ok());
        place.and_then(|it| start.join(it).ok()).ok_or_else(|| odd(start, "no place to upload to"))
    }
}
