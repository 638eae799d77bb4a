//! OCI registries: tags, manifests and blobs, as the distribution specification 1.1 has them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use ureq::http::{HeaderMap, header};
use url::Url;

use super::answers::{Tried, odd, status_fault, unreachable, verified};
use super::challenge::{self, Challenge};
use super::credentials::{Credential, Credentials};
use super::http::{Answer, Http, Method, Request};
use super::pages;
use crate::base::digest::Digest;
use crate::edge::disk::MAX_INPUT;
use crate::stage::resolve::SourceError;
use crate::stage::spec::OciName;
use crate::stage::vendored::image::DOCUMENTS;
use crate::stage::vendored::layout::Descriptor;

/// The largest manifest and the largest list of tags; registries take no larger ones.
pub(super) const MAX_DOCUMENT: u64 = crate::base::limits::MANIFEST.most;
/// The largest blob that is taken into memory.
pub const MAX_BLOB: u64 = MAX_INPUT;
const MAX_PAGES: usize = crate::base::limits::TAG_PAGES.size();

/// Every registry, for one source.
#[derive(Clone, Copy)]
pub struct Registry<'h> {
    pub(super) http: &'h Http<'h>,
    credentials: &'h Credentials,
    mirrors: &'h BTreeMap<String, Vec<String>>,
    memory: &'h Memory,
    /// When the source must be had.
    until: Instant,
}

/// What registries said before.
#[derive(Default)]
pub struct Memory {
    /// The `Authorization` header by host and repository.
    known: Mutex<BTreeMap<(String, String), String>>,
    /// Mirrors that do not answer.
    dead: Mutex<BTreeSet<String>>,
}

/// Where content may lie: the host itself or a mirror of it.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub host: String,
    pub repository: String,
}

#[derive(Deserialize)]
struct Tags {
    /// Null where there are none.
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl<'h> Registry<'h> {
    /// `mirrors` are `HOST[/PATH]` by host.
    pub fn new(
        http: &'h Http<'h>,
        credentials: &'h Credentials,
        mirrors: &'h BTreeMap<String, Vec<String>>,
        memory: &'h Memory,
    ) -> Self {
        Registry { http, credentials, mirrors, memory, until: http.until() }
    }

    /// Every tag, over all pages.
    pub fn tags(&self, name: &OciName) -> Result<Vec<String>, SourceError> {
        self.anywhere(name, |site| {
            let mut all = BTreeSet::new();
            let mut next = Some(self.url(site, "tags/list?n=1000")?);
            let mut pages = 0;
            while let Some(url) = next.take() {
                let answer = self.page(site, name, &url, pages == 0)?;
                let page: Tags =
                    serde_json::from_slice(&answer.body).map_err(|it| odd(&url, &format!("no list of tags: {it}")))?;
                let before = all.len();
                let page = page.tags.unwrap_or_default();
                let is_repeated = !page.is_empty() && pages > 0;
                all.extend(page);
                pages += 1;
                next = pages::link(&answer.headers).map(|it| pages::next(&url, it)).transpose()?;
                // Without the rest, another version would seem to be the newest.
                if next.is_some() && is_repeated && all.len() == before {
                    return Err(odd(&url, "a list of tags that begins again and again"));
                }
                if next.is_some() && pages == MAX_PAGES {
                    return Err(odd(&url, &format!("a list of tags that does not end after {pages} pages")));
                }
            }
            Ok(all.into_iter().collect())
        })
    }

    /// One page of a list of tags. Registries bound how many they give, and some refuse to be asked for more: the first
    /// page is asked for once more without a number.
    fn page(&self, site: &Site, name: &OciName, url: &Url, is_first: bool) -> Result<Answer, SourceError> {
        let good: &[u16] = if is_first { &[200, 400, 405, 406, 416, 422] } else { &[200] };
        let shown = name.to_string();
        let answer = self.ask(site, &self.request(&shown, Method::Get, url.clone(), MAX_DOCUMENT), good)?;
        if answer.status == 200 {
            return Ok(answer);
        }
        self.get(site, &shown, self.url(site, "tags/list")?, None, MAX_DOCUMENT)
    }

    /// The manifest under a tag, and the digest of its bytes.
    pub fn manifest_of_tag(&self, name: &OciName, tag: &str) -> Result<(Vec<u8>, Digest), SourceError> {
        let bytes = self.manifest(name, tag)?;
        let digest = Digest::of(&bytes);
        Ok((bytes, digest))
    }

    /// The manifest of a digest, whose bytes have that digest.
    pub fn manifest_of_digest(&self, name: &OciName, digest: &Digest) -> Result<Vec<u8>, SourceError> {
        self.anywhere(name, |site| {
            let bytes = self.manifest_at(site, name, &digest.to_string())?;
            verified(&format!("the manifest of {name}"), bytes, digest)
        })
    }

    /// A blob, whose bytes have the size and digest that its manifest gives.
    pub fn blob(&self, name: &OciName, wanted: &Descriptor) -> Result<Vec<u8>, SourceError> {
        let what = format!("a blob of {name}");
        if wanted.size > MAX_BLOB {
            return Err(SourceError::TooLarge { what, size: wanted.size, most: MAX_BLOB });
        }
        self.anywhere(name, |site| {
            let url = self.url(site, &format!("blobs/{}", wanted.digest))?;
            // One more byte than there should be, so that too many are told from just enough.
            let answer = self.get(site, &name.to_string(), url, None, wanted.size + 1)?;
            let found = answer.body.len() as u64;
            if found != wanted.size {
                return Err(SourceError::OtherSize { what: what.clone(), found, wanted: wanted.size });
            }
            verified(&what, answer.body, &wanted.digest)
        })
    }

    fn manifest(&self, name: &OciName, reference: &str) -> Result<Vec<u8>, SourceError> {
        self.anywhere(name, |site| self.manifest_at(site, name, reference))
    }

    fn manifest_at(&self, site: &Site, name: &OciName, reference: &str) -> Result<Vec<u8>, SourceError> {
        let url = self.url(site, &format!("manifests/{reference}"))?;
        let accept = DOCUMENTS.join(", ");
        Ok(self.get(site, &name.to_string(), url, Some(&accept), MAX_DOCUMENT)?.body)
    }

    /// Tries the mirrors of a host, then the host.
    pub(super) fn anywhere<T>(
        &self,
        name: &OciName,
        get: impl Fn(&Site) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let mut failed = Vec::new();
        for mirror in self.mirrors.get(&name.host).into_iter().flatten() {
            if self.memory.dead.lock().is_ok_and(|it| it.contains(mirror)) {
                continue;
            }
            let (host, path) = mirror.split_once('/').unwrap_or((mirror, ""));
            let path = if path.is_empty() { String::new() } else { format!("{path}/") };
            match get(&Site { host: host.into(), repository: format!("{path}{}", name.repository) }) {
                Ok(it) => return Ok(it),
                Err(fault) => {
                    if fault.is_silence()
                        && let Ok(mut dead) = self.memory.dead.lock()
                    {
                        dead.insert(mirror.clone());
                    }
                    failed.push((mirror.clone(), fault));
                }
            }
        }
        get(&home(name)).map_err(|fault| fault.after(failed))
    }

    /// What to ask for a source that is known to the user by this name.
    pub(super) fn request<'r>(&self, name: &'r str, method: Method<'r>, url: Url, limit: u64) -> Request<'r> {
        Request { name, method, url, accept: None, authorization: None, limit, until: self.until }
    }

    pub(super) fn url(&self, site: &Site, path: &str) -> Result<Url, SourceError> {
        let text = format!("{}://{}/v2/{}/{path}", self.http.scheme(&site.host), site.host, site.repository);
        Url::parse(&text).map_err(|fault| SourceError::NotAnAddress { text, fault })
    }

    /// Gets what must be there, with credentials where the registry asks for them.
    fn get(&self, site: &Site, name: &str, url: Url, accept: Option<&str>, limit: u64) -> Result<Answer, SourceError> {
        let request = Request { accept, ..self.request(name, Method::Get, url, limit) };
        self.ask(site, &request, &[200])
    }

    /// Asks for what must give one of these statuses, with credentials where the registry asks for them.
    pub(super) fn ask(&self, site: &Site, request: &Request<'_>, good: &[u16]) -> Result<Answer, SourceError> {
        // What the registry is shown goes nowhere else, whatever it says where an upload goes on.
        let is_own = self.url(site, "")?.origin() == request.url.origin();
        let shown_before = self.known(site).filter(|_| is_own);
        let send = |authorization: Option<&str>| {
            let authorization = authorization.filter(|_| is_own);
            self.http.send(&Request { authorization, ..request.clone() }).map_err(|it| unreachable(&it))
        };
        let mut answer = send(shown_before.as_deref())?;
        let mut remark = Tried::Unasked;
        if answer.status == 401 {
            let (authorization, tried) = self.authorize(site, &answer.headers)?;
            remark = tried;
            if let Some(authorization) = authorization {
                answer = send(Some(&authorization))?;
                if good.contains(&answer.status) {
                    self.remember(site, &authorization);
                }
            }
        } else if matches!(answer.status, 403 | 404) && shown_before.is_none() && matches!(request.method, Method::Get)
        {
            // Some hide what is private from those they do not know, and ask for nothing.
            let found = self.credentials.find(&site.host, &site.repository, self.http.patience());
            if let Some(Credential::Basic { user, password }) = &found.credential {
                let authorization = basic(user, password.expose());
                let second = send(Some(&authorization))?;
                if good.contains(&second.status) {
                    self.remember(site, &authorization);
                    return Ok(second);
                }
                remark = Tried::Both { user: user.clone(), status: second.status };
            }
        }
        if good.contains(&answer.status) {
            return Ok(answer);
        }
        Err(status_fault(&request.url, &site.host, &answer, &remark))
    }

    /// The `Authorization` header that a registry took before.
    pub(super) fn known(&self, site: &Site) -> Option<String> {
        let key = (site.host.clone(), site.repository.clone());
        self.memory.known.lock().ok().and_then(|it| it.get(&key).cloned())
    }

    pub(super) fn remember(&self, site: &Site, authorization: &str) {
        if let Ok(mut known) = self.memory.known.lock() {
            known.insert((site.host.clone(), site.repository.clone()), authorization.into());
        }
    }

    /// The `Authorization` header that answers a challenge, and what was tried, for a message.
    pub(super) fn authorize(&self, site: &Site, headers: &HeaderMap) -> Result<(Option<String>, Tried), SourceError> {
        let found = self.credentials.find(&site.host, &site.repository, self.http.patience());
        let tried = match &found.credential {
            Some(it) => Tried::Credentials(it.to_string()),
            None => Tried::Nothing(found.problem.clone()),
        };
        let texts = headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|it| it.to_str().ok());
        for challenge in texts.flat_map(challenge::parse) {
            match (challenge, &found.credential) {
                (Challenge::Basic, Some(Credential::Basic { user, password })) => {
                    return Ok((Some(basic(user, password.expose())), tried));
                }
                (Challenge::Basic, _) => {}
                (Challenge::Bearer { realm, service, scope }, credential) => {
                    let scope = scope.unwrap_or_else(|| format!("repository:{}:pull", site.repository));
                    let token = self.token(site, &realm, service.as_deref(), &scope, credential.as_ref(), &tried)?;
                    return Ok((Some(format!("Bearer {token}")), tried));
                }
            }
        }
        Ok((None, tried))
    }

    /// Fetches a token from where the registry says.
    fn token(
        &self,
        site: &Site,
        realm: &str,
        service: Option<&str>,
        scope: &str,
        credential: Option<&Credential>,
        tried: &Tried,
    ) -> Result<String, SourceError> {
        let mut url = Url::parse(realm).map_err(|fault| SourceError::TokenAddress {
            host: site.host.clone(),
            realm: realm.into(),
            fault,
        })?;
        let mut fields: Vec<(&str, &str)> = service.map(|it| ("service", it)).into_iter().collect();
        fields.push(("scope", scope));
        let identity = match credential {
            Some(Credential::Identity(token)) => Some(String::from_utf8_lossy(token.expose()).into_owned()),
            _ => None,
        };
        let authorization = match credential {
            Some(Credential::Basic { user, password }) => Some(basic(user, password.expose())),
            _ => None,
        };
        let form = identity.as_deref().map(|token| {
            let own = [("grant_type", "refresh_token"), ("client_id", "ichor"), ("refresh_token", token)];
            fields.iter().copied().chain(own).collect::<Vec<_>>()
        });
        if form.is_none() {
            url.query_pairs_mut().extend_pairs(&fields);
        }
        let method = form.as_deref().map_or(Method::Get, Method::Form);
        let request = self.request(&site.host, method, url.clone(), MAX_DOCUMENT);
        let request = Request { authorization: authorization.as_deref(), ..request };
        let answer = self.http.send(&request).map_err(|it| unreachable(&it))?;
        if answer.status != 200 {
            // Whatever is amiss where tokens come from, the source may well be there.
            return Err(match status_fault(&url, &site.host, &answer, tried) {
                SourceError::Absent { host, answer, .. } => SourceError::Refused { host, answer },
                fault => fault,
            });
        }
        let token: Token = serde_json::from_slice(&answer.body).map_err(|_| odd(&url, "no token"))?;
        token.token.or(token.access_token).filter(|it| !it.is_empty()).ok_or_else(|| odd(&url, "no token"))
    }
}

/// The host itself.
pub(super) fn home(name: &OciName) -> Site {
    let repository = name.repository.clone();
    match name.host.as_str() {
        "docker.io" if !repository.contains('/') => {
            Site { host: "registry-1.docker.io".into(), repository: format!("library/{repository}") }
        }
        "docker.io" => Site { host: "registry-1.docker.io".into(), repository },
        host => Site { host: host.into(), repository },
    }
}

/// The header of RFC 7617.
pub fn basic(user: &str, password: &[u8]) -> String {
    let pair = [user.as_bytes(), b":", password].concat();
    format!("Basic {}", STANDARD.encode(pair))
}
