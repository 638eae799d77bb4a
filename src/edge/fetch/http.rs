//! HTTP requests that mind who they talk to: bounded, repeated where that may help, and with credentials that stay home.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use ureq::http::{HeaderMap, Response, header};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, TcpConnector};
use ureq::{Agent, Body, Proxy, RequestBuilder};
use url::Url;

use super::address::{authority, shown};
use super::failure::{HttpError, HttpFault, io_text, other, refused, slow, wants_login};
use super::pace::{Pace, SLOWEST, retry_after};
use super::progress::{Event, Progress};
use super::proxy::Proxies;
use super::trust::Tls;

/// How often a request is made at most.
const ATTEMPTS: u32 = 5;
/// The pause before the second attempt; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const MAX_REDIRECTS: usize = 10;
/// The longest that all requests for one source take, however well they go on.
const LONGEST_ERRAND: Duration = Duration::from_secs(900);
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
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// The bytes of a body so far, and what tells whether the rest belongs to them.
#[derive(Default)]
struct Partial {
    bytes: Vec<u8>,
    tag: Option<String>,
}

impl<'p> Http<'p> {
    /// `roots` are trusted beside the system's.
    pub fn new(
        plain: BTreeSet<String>,
        roots: Vec<CertificateDer<'static>>,
        proxies: Proxies,
        patience: Duration,
        progress: &'p dyn Progress,
    ) -> Self {
        let plain = plain.iter().map(|it| usual(it).to_owned()).collect();
        Http { agents: Default::default(), proxies, plain, roots, patience, progress }
    }

    /// How long to wait for a connection, an answer, or the next bytes of one.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// When all must be had that is asked for from now on for one source.
    pub fn until(&self) -> Instant {
        Instant::now() + longest(self.patience)
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

    /// One attempt, through all redirects. `Authorization` and forms, which hold tokens, go to the first host alone.
    fn follow(&self, request: &Request<'_>, partial: &mut Partial) -> Result<Answer, HttpError> {
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
            let response = self.exchange(request, &url, at_home, partial)?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return self.finish(request, &url, response, partial);
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
        partial: &Partial,
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
            Method::Get => {
                let mut get = with(agent.get(address), head);
                if let (Some(tag), false) = (&partial.tag, partial.bytes.is_empty()) {
                    get = get.header(header::RANGE, format!("bytes={}-", partial.bytes.len()));
                    get = get.header(header::IF_RANGE, tag);
                }
                get.call()
            }
        };
        let answer = sent.map_err(|fault| refused(&fault, url, proxy.as_ref()))?;
        match &proxy {
            Some(proxy) if answer.status() == 407 => Err(wants_login(&proxy.to_string())),
            _ => Ok(answer),
        }
    }

    /// Takes the body in.
    fn finish(
        &self,
        request: &Request<'_>,
        url: &Url,
        response: Response<Body>,
        partial: &mut Partial,
    ) -> Result<Answer, HttpError> {
        let (head, body) = response.into_parts();
        let mut status = head.status.as_u16();
        let start = head.headers.get(header::CONTENT_RANGE).and_then(|it| it.to_str().ok()).and_then(range_start);
        let resumed = status == 206 && start == Some(partial.bytes.len() as u64);
        if resumed {
            status = 200;
        } else if status == 206 || status == 416 {
            *partial = Partial::default();
            let message = format!("{} sends another part than was asked for", shown(url));
            return Err(HttpError { message, kind: HttpFault::Passing });
        } else {
            *partial = Partial::default();
        }
        let is_body = status == 200 && !matches!(request.method, Method::Head);
        let length = body.content_length();
        let total = length.map(|it| it + partial.bytes.len() as u64);
        let too_large = || HttpError {
            message: format!("{} sends more than the {} bytes it may", shown(url), request.limit),
            kind: HttpFault::TooLarge,
        };
        if is_body && total.is_some_and(|it| it > request.limit) {
            return Err(too_large());
        }
        if is_body {
            // Only a strong tag says that the rest of a body belongs to its beginning.
            let tag = head.headers.get(header::ETAG).and_then(|it| it.to_str().ok());
            partial.tag = tag.filter(|it| !it.starts_with("W/")).map(str::to_owned);
        }
        // The text of an error is for a message alone.
        let limit = if is_body { request.limit } else { 64 << 10 };
        let mut reader = body.into_reader();
        let mut buffer = vec![0; 64 << 10];
        let mut pace = Pace::new(self.patience);
        loop {
            if let Some((bytes, seconds)) = pace.lags() {
                if !is_body {
                    break;
                }
                let message = format!("{} is too slow: {bytes} bytes in {seconds} s", shown(url));
                return Err(slow(message));
            }
            self.in_time(request)?;
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    let fresh = buffer.get(..read).unwrap_or_default();
                    if (partial.bytes.len() + fresh.len()) as u64 > limit {
                        if is_body {
                            return Err(too_large());
                        }
                        break;
                    }
                    partial.bytes.extend_from_slice(fresh);
                    pace.bytes += read as u64;
                    if is_body {
                        let (bytes, so_far) = (read as u64, partial.bytes.len() as u64);
                        self.progress.event(Event::Received { name: request.name, bytes, so_far, total });
                    }
                }
                Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
                Err(_) if !is_body => break,
                Err(fault) => {
                    let got = partial.bytes.len();
                    let message = format!("{} broke off after {got} bytes: {}", shown(url), io_text(&fault));
                    return Err(HttpError { message, kind: HttpFault::Passing });
                }
            }
        }
        if is_body && total.is_some_and(|it| it != partial.bytes.len() as u64) {
            let message = format!("{} broke off after {} bytes", shown(url), partial.bytes.len());
            return Err(HttpError { message, kind: HttpFault::Passing });
        }
        Ok(Answer { status, headers: head.headers, body: std::mem::take(&mut partial.bytes) })
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

/// The first byte of `bytes 5-9/10`.
fn range_start(text: &str) -> Option<u64> {
    text.trim().strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ranges() {
        assert_eq!(range_start("bytes 5-9/10"), Some(5));
        assert_eq!(range_start("items 5-9/10"), None);
    }
}
