//! HTTP requests that mind who they talk to: bounded, repeated where that may help, and with credentials that stay home.

mod body;
mod download;

pub use download::{Broken, Sink};

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use ureq::http::{HeaderMap, Response, header};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, TcpConnector};
use ureq::{Agent, Body, Proxy, RequestBuilder};
use url::Url;

use super::address::{authority, shown};
use super::failure::{HttpError, HttpFault, other, refused, slow, wants_login};
use super::limit::Limit;
use super::pace::{SLOWEST, retry_after};
use super::progress::{Event, Progress};
use super::proxy::Proxies;
use super::trust::Tls;
use crate::edge::voice;
use body::Partial;

/// How often a request is made at most.
const ATTEMPTS: u32 = crate::base::limits::ATTEMPTS.most as u32;
/// The pause before the second attempt; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(crate::base::limits::RETRY_PAUSE.most);
const MAX_REDIRECTS: usize = crate::base::limits::REDIRECTS.size();
/// The longest that all requests for one source take, however well they go on.
const LONGEST_ERRAND: Duration = Duration::from_secs(crate::base::limits::ERRAND.most);
/// How many times the patience all attempts at a request may take, beside what their bytes take at that pace.
const PATIENCES: u32 = 3;

/// A client for all hosts.
pub struct Http<'p> {
    /// Of all that is reached directly, through the proxy for http, and through that for https.
    agents: [OnceLock<Result<Agent, HttpError>>; 3],
    proxies: Proxies,
    plain: BTreeSet<String>,
    roots: Vec<CertificateDer<'static>>,
    /// How long to wait for a connection, an answer, or the next bytes of one.
    patience: Duration,
    limit: Limit,
    progress: &'p dyn Progress,
}

/// What to ask.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// What it is for, as the user knows it.
    pub name: &'r str,
    pub method: Method<'r>,
    pub url: Url,
    pub accept: Option<&'r str>,
    /// The `Authorization` header; it goes to no other host.
    pub authorization: Option<&'r str>,
    /// The largest body that is taken, in bytes.
    pub limit: u64,
    /// The moment by which the whole source must have arrived.
    pub until: Instant,
}

/// How to ask.
#[derive(Clone, Copy, Debug)]
pub enum Method<'r> {
    Get,
    Head,
    /// Without a body.
    Post,
    /// With the fields of a form.
    Form(&'r [(&'r str, &'r str)]),
    Put {
        content_type: &'r str,
        body: &'r [u8],
    },
    /// A piece of what is uploaded, and which of its bytes these are: `0-9`.
    Patch {
        range: &'r str,
        body: &'r [u8],
    },
}

impl Method<'_> {
    fn name(&self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post | Method::Form(_) => "POST",
            Method::Put { .. } => "PUT",
            Method::Patch { .. } => "PATCH",
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Where a body is to begin.
#[derive(Clone, Copy)]
struct From<'f> {
    byte: u64,
    /// The body that its beginning belongs to; absent where its content is known by a digest.
    tag: Option<&'f str>,
}

impl<'p> Http<'p> {
    /// `roots` are trusted beside the system's.
    pub fn new(
        plain: BTreeSet<String>,
        roots: Vec<CertificateDer<'static>>,
        proxies: Proxies,
        patience: Duration,
        limit: Limit,
        progress: &'p dyn Progress,
    ) -> Self {
        let plain = plain.iter().map(|it| usual(it).to_owned()).collect();
        Http { agents: Default::default(), proxies, plain, roots, patience, limit, progress }
    }

    /// How long to wait for a connection, an answer, or the next bytes of one.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// When all must be had that is asked for from now on for one source.
    pub fn until(&self) -> Instant {
        Instant::now() + longest(self.patience)
    }

    /// Counts bytes that were sent.
    pub fn spend(&self, bytes: u64) {
        self.limit.spend(bytes);
    }

    /// `http` or `https`, as a host and its port are spoken to.
    pub fn scheme(&self, host: &str) -> &'static str {
        if self.plain.contains(usual(host)) { "http" } else { "https" }
    }

    /// Whether a host may be spoken to in this scheme.
    pub fn check_allowed(&self, url: &Url) -> Result<(), HttpError> {
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.plain.contains(usual(&authority(url))) => Ok(()),
            "http" => {
                let message = format!("{} speaks plain http, which is not allowed for it", authority(url));
                Err(HttpError { message, kind: HttpFault::Plain })
            }
            _ => Err(other(format!("{} is no address of http or https", shown(url)))),
        }
    }

    /// Gets an answer, whatever its status. Requests that failed for a passing reason are made again, from where the body
    /// broke off if the server can do that.
    pub fn send(&self, request: &Request<'_>) -> Result<Answer, HttpError> {
        let mut partial = Partial::default();
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        let mut spent = Duration::ZERO;
        loop {
            let start = Instant::now();
            let result = self.follow(request, &mut partial);
            spent += start.elapsed();
            let (why, wanted) = match &result {
                Ok(answer) if is_passing(answer.status) => {
                    (format!("the server answers {}", status_text(answer.status)), retry_after(&answer.headers))
                }
                Err(fault) if fault.kind.is_passing() => (fault.message.clone(), None),
                _ => return result,
            };
            let wait = wanted.unwrap_or(pause).max(Duration::from_millis(1));
            let earned = Duration::from_secs(partial.bytes.len() as u64 / SLOWEST);
            let is_worn = spent > self.patience * PATIENCES + earned || Instant::now() + wait >= request.until;
            if attempt == ATTEMPTS || wait > LONGEST_PAUSE || is_worn {
                return result;
            }
            self.progress.event(Event::Retrying { name: request.name, why: &why, pause: wait });
            std::thread::sleep(wait);
            pause *= 2;
            attempt += 1;
        }
    }

    /// One attempt, through all redirects.
    fn follow(&self, request: &Request<'_>, partial: &mut Partial) -> Result<Answer, HttpError> {
        let tag = partial.tag.as_deref().filter(|_| !partial.bytes.is_empty());
        let from = tag.map(|tag| From { byte: partial.bytes.len() as u64, tag: Some(tag) });
        let (url, response) = self.reach(request, from)?;
        self.finish(request, &url, response, partial)
    }

    /// The answer behind all redirects, and where it came from. `Authorization` and forms, which hold tokens, go to the first
    /// host alone.
    fn reach(&self, request: &Request<'_>, from: Option<From<'_>>) -> Result<(Url, Response<Body>), HttpError> {
        let mut url = request.url.clone();
        let start = Instant::now();
        for _ in 0..=MAX_REDIRECTS {
            self.check_allowed(&url)?;
            let at_home = url.origin() == request.url.origin();
            if matches!(request.method, Method::Form(_)) && !at_home {
                let (from, to) = (shown(&request.url), authority(&url));
                return Err(other(format!("{from} redirects to {to}, which is not to be told your credentials")));
            }
            if start.elapsed() > self.patience * PATIENCES {
                return Err(slow(format!("{} redirects and redirects, each time slowly", shown(&request.url))));
            }
            self.in_time(request)?;
            let response = self.exchange(request, &url, at_home, from)?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return Ok((url, response));
            }
            let target = response.headers().get(header::LOCATION).and_then(|it| it.to_str().ok());
            let target = target.and_then(|it| url.join(it).ok());
            url = target.ok_or_else(|| other(format!("{} redirects to nowhere", shown(&url))))?;
        }
        Err(other(format!("{} redirects too often", shown(&request.url))))
    }

    /// Whether there is time left for the source.
    fn in_time(&self, request: &Request<'_>) -> Result<(), HttpError> {
        if Instant::now() < request.until {
            return Ok(());
        }
        let minutes = longest(self.patience).as_secs() / 60;
        let message = format!("{} cannot be had from {} in {minutes} minutes", request.name, authority(&request.url));
        Err(slow(message))
    }

    fn exchange(
        &self,
        request: &Request<'_>,
        url: &Url,
        at_home: bool,
        from: Option<From<'_>>,
    ) -> Result<Response<Body>, HttpError> {
        let proxy = self.proxies.of(url).map_err(other)?;
        let [direct, http, https] = &self.agents;
        let agent = match &proxy {
            None => direct,
            Some(_) if url.scheme() == "http" => http,
            Some(_) => https,
        };
        let through = proxy.as_ref().map(|it| it.proxy.clone());
        let agent =
            agent.get_or_init(|| new_agent(&self.roots, through, self.patience)).as_ref().map_err(Clone::clone)?;
        let authorization = request.authorization.filter(|_| at_home);
        let mut head = HeaderMap::new();
        for (name, value) in [(header::ACCEPT, request.accept), (header::AUTHORIZATION, authorization)] {
            if let Some(value) = value {
                let value = value.parse().map_err(|_| other(format!("`{name}` cannot hold what it should")))?;
                head.insert(name, value);
            }
        }
        let address = url.as_str();
        let sent = match request.method {
            Method::Head => with(agent.head(address), head).call(),
            Method::Post => with(agent.post(address), head).send_empty(),
            Method::Form(fields) => with(agent.post(address), head).send_form(fields.iter().copied()),
            Method::Put { content_type, body } => {
                with(agent.put(address), head).header(header::CONTENT_TYPE, content_type).send(body)
            }
            Method::Patch { range, body } => {
                let patch = with(agent.patch(address), head).header(header::CONTENT_RANGE, range);
                patch.header(header::CONTENT_TYPE, "application/octet-stream").send(body)
            }
            Method::Get => {
                let mut get = with(agent.get(address), head);
                if let Some(From { byte, tag }) = from {
                    get = get.header(header::RANGE, format!("bytes={byte}-"));
                    get = tag.into_iter().fold(get, |get, tag| get.header(header::IF_RANGE, tag));
                }
                // Large content takes as long as it takes; how fast it comes is looked at while it comes.
                let left = request.until.saturating_duration_since(Instant::now());
                get.config().timeout_global(Some(left.max(Duration::from_secs(1)))).build().call()
            }
        };
        let answer = sent.map_err(|fault| refused(&fault, url, proxy.as_ref()));
        voice::detail(|| {
            let said =
                answer.as_ref().map_or_else(|fault| fault.message.clone(), |it| status_text(it.status().as_u16()));
            format!("{} {}: {said}", request.method.name(), shown(url))
        });
        let answer = answer?;
        match &proxy {
            Some(proxy) if answer.status() == 407 => Err(wants_login(&proxy.to_string())),
            _ => Ok(answer),
        }
    }
}

/// A host without the port that plain http has anyway.
fn usual(host: &str) -> &str {
    host.strip_suffix(":80").unwrap_or(host)
}

/// A status with its name: `404 Not Found`.
pub fn status_text(status: u16) -> String {
    let name = ureq::http::StatusCode::from_u16(status).ok().and_then(|it| it.canonical_reason());
    name.map_or_else(|| status.to_string(), |name| format!("{status} {name}"))
}

fn with<B>(mut builder: RequestBuilder<B>, headers: HeaderMap) -> RequestBuilder<B> {
    if let Some(all) = builder.headers_mut() {
        all.extend(headers);
    }
    builder
}

/// How long all requests for one source may take.
fn longest(patience: Duration) -> Duration {
    LONGEST_ERRAND.max(patience * PATIENCES)
}

fn new_agent(roots: &[CertificateDer<'static>], proxy: Option<Proxy>, patience: Duration) -> Result<Agent, HttpError> {
    let tls = Tls::new(roots).map_err(|it| other(format!("no TLS on this machine: {it}")))?;
    let connector = ().chain(ConnectProxyConnector::default()).chain(TcpConnector::default()).chain(tls);
    let config = Agent::config_builder()
        .proxy(proxy)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("ichor/", env!("CARGO_PKG_VERSION")))
        .max_idle_connections_per_host(16)
        .max_idle_connections(64)
        .timeout_resolve(Some(patience))
        .timeout_connect(Some(patience))
        .timeout_send_request(Some(patience))
        .timeout_per_write(Some(patience))
        .timeout_recv_response(Some(patience))
        .timeout_per_read(Some(patience))
        .timeout_global(Some(longest(patience)))
        .build();
    Ok(Agent::with_parts(config, connector, DefaultResolver::default()))
}

fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}
