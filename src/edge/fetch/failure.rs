//! Why no answer came, in words that say what to do.

use ureq::Error as Ureq;
use url::Url;

use super::address::authority;
use super::proxy::Chosen;

/// No answer came back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HttpError {
    pub message: String,
    pub kind: HttpFault,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpFault {
    /// The network or the server; it may go away.
    Passing,
    /// The proxy, or the network beyond it; it may go away.
    Proxy,
    /// The proxy wants credentials.
    ProxyLogin,
    /// The server's certificate is signed by nobody who is trusted.
    Certificate,
    /// The server's certificate is not good for this, whoever signed it.
    BadCertificate,
    /// The server wants to speak without TLS and is not named as one that may.
    Plain,
    /// The body is larger than it may be.
    TooLarge,
    /// Another attempt would take as long.
    TooSlow,
    Other,
}

impl HttpFault {
    /// Whether another attempt may help.
    pub fn is_passing(self) -> bool {
        matches!(self, HttpFault::Passing | HttpFault::Proxy)
    }

    /// What to do.
    pub fn help(self) -> &'static str {
        match self {
            HttpFault::Plain => "name the host under `plainHttp`, in the spec or in your own file, if that is right",
            HttpFault::Certificate => {
                "name the file of your authority's certificate under `authorities`, or that of the server's own where it \
                 signs itself"
            }
            HttpFault::BadCertificate => "give the server a certificate that is good for its name, now",
            HttpFault::Proxy => "look at the proxy; hosts that need none belong into NO_PROXY",
            HttpFault::ProxyLogin => {
                "write them into that variable: `http://USER:PASSWORD@HOST:PORT`, with special characters as %XX"
            }
            HttpFault::TooLarge => "the server or something on the way to it is broken or lies; nothing was kept",
            HttpFault::Passing | HttpFault::TooSlow | HttpFault::Other => {
                "look at the network and the server, and run the command again"
            }
        }
    }
}

/// A fault of the client as one of ours. `proxy` is the one the request went through.
pub fn refused(fault: &Ureq, url: &Url, proxy: Option<&Chosen>) -> HttpError {
    let at = authority(url);
    let (kind, message) = match fault {
        Ureq::ConnectProxyFailed(reason) => return proxy_refuses(reason, &at, proxy),
        Ureq::HostNotFound if proxy.is_some() => (HttpFault::Passing, "the name of the proxy is not known".to_owned()),
        Ureq::HostNotFound => (HttpFault::Passing, format!("the name of {at} is not known")),
        Ureq::ConnectionFailed => (HttpFault::Passing, format!("{at} takes no connection")),
        Ureq::Timeout(_) => (HttpFault::Passing, format!("{at} does not answer in time")),
        Ureq::Rustls(it) => tls_fault(it, &at),
        Ureq::Io(it) => match it.get_ref().and_then(|it| it.downcast_ref()) {
            Some(it) => tls_fault(it, &at),
            None => (HttpFault::Passing, format!("{at}: {}", io_text(it))),
        },
        Ureq::Protocol(it) => (HttpFault::Passing, format!("{at} does not speak HTTP: {it}")),
        it => (HttpFault::Other, format!("{at}: {it}")),
    };
    match proxy {
        None => HttpError { message, kind },
        Some(proxy) => {
            let kind = if kind == HttpFault::Passing { HttpFault::Proxy } else { kind };
            HttpError { message: format!("{message} (through {proxy})"), kind }
        }
    }
}

/// A proxy that does not lead on.
fn proxy_refuses(reason: &str, at: &str, proxy: Option<&Chosen>) -> HttpError {
    let named = proxy.map_or_else(|| "the proxy".to_owned(), ToString::to_string);
    let status: Option<u16> = reason.split(' ').next_back().and_then(|it| it.split('/').next()?.parse().ok());
    match status {
        Some(407) => wants_login(&named),
        Some(status) => {
            let kind = if matches!(status, 500..=599) { HttpFault::Proxy } else { HttpFault::Other };
            HttpError { message: format!("{named} does not lead to {at}: it answers {status}"), kind }
        }
        None => HttpError { message: format!("{named} does not lead to {at}: {reason}"), kind: HttpFault::Proxy },
    }
}

/// The answer 407. `proxy` names it.
pub fn wants_login(proxy: &str) -> HttpError {
    HttpError { message: format!("{proxy} wants credentials, or others: it answers 407"), kind: HttpFault::ProxyLogin }
}

/// What is amiss with TLS, and whose matter that is.
pub fn tls_fault(fault: &rustls::Error, at: &str) -> (HttpFault, String) {
    use rustls::CertificateError as Certificate;
    let of_certificate = |what: &str| format!("no secure connection to {at}: its certificate {what}");
    match fault {
        // What comes is no record of TLS: most likely the answer of a server that speaks HTTP at once.
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            (HttpFault::Plain, format!("{at} does not speak TLS; it may speak plain http"))
        }
        rustls::Error::InvalidCertificate(found) => match found {
            Certificate::UnknownIssuer => {
                (HttpFault::Certificate, of_certificate("is signed by nobody who is trusted here"))
            }
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                (HttpFault::BadCertificate, of_certificate("has expired, or the clock of this machine is wrong"))
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                (HttpFault::BadCertificate, of_certificate("is not valid yet, or the clock of this machine is wrong"))
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                (HttpFault::BadCertificate, of_certificate("is for other names (its alternative names count alone)"))
            }
            Certificate::InvalidPurpose | Certificate::InvalidPurposeContext { .. } => {
                (HttpFault::BadCertificate, of_certificate("is not one for servers"))
            }
            _ => (HttpFault::BadCertificate, format!("no secure connection to {at}: {fault}")),
        },
        _ => (HttpFault::Other, format!("no secure connection to {at}: {fault}")),
    }
}

/// The system's error without its number.
pub fn io_text(fault: &std::io::Error) -> String {
    let text = fault.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

pub fn slow(message: String) -> HttpError {
    HttpError { message, kind: HttpFault::TooSlow }
}

pub fn other(message: String) -> HttpError {
    HttpError { message, kind: HttpFault::Other }
}
