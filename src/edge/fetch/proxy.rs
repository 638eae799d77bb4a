//! The proxies of the environment.
//!
//! Mirrors `golang.org/x/net/http/httpproxy`, which docker, podman and Helm go by: `HTTPS_PROXY` is for https alone and
//! `HTTP_PROXY` for http, `NO_PROXY` knows domains, addresses, networks and ports, and this machine needs no proxy. As in
//! curl, `ALL_PROXY` stands in for either.

use std::net::IpAddr;

use ureq::Proxy;
use url::{Host, Url};

/// Which hosts are reached through which proxy.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Named>,
    https: Option<Named>,
    /// Entries of `NO_PROXY`, in lower case.
    bypass: Vec<String>,
}

/// The proxy for an address. Shown, it is its host and the variable that names it.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub proxy: Proxy,
    variable: String,
}

impl std::fmt::Display for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the proxy {}:{} of `{}`", self.proxy.host(), self.proxy.port(), self.variable)
    }
}

/// A proxy and the variable that names it. The address may hold a password.
#[derive(Clone)]
struct Named {
    variable: String,
    address: String,
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.variable)
    }
}

impl Proxies {
    pub fn of_user(environment: &dyn Fn(&str) -> Option<String>) -> Proxies {
        let set = |name: &str| {
            let both = [name.to_owned(), name.to_lowercase()];
            let mut set = both.into_iter().filter_map(|it| Some((environment(&it)?, it)));
            set.find(|(text, _)| !text.is_empty()).map(|(address, variable)| Named { variable, address })
        };
        let bypass = set("NO_PROXY").map(|it| it.address).unwrap_or_default();
        let bypass = bypass.split(',').map(|it| it.trim().to_lowercase()).filter(|it| !it.is_empty());
        Proxies {
            http: set("HTTP_PROXY").or_else(|| set("ALL_PROXY")),
            https: set("HTTPS_PROXY").or_else(|| set("ALL_PROXY")),
            bypass: bypass.collect(),
        }
    }

    /// The proxy for an address; the error names the variable that holds none.
    pub fn of(&self, url: &Url) -> Result<Option<Chosen>, String> {
        let named = if url.scheme() == "http" { &self.http } else { &self.https };
        let Some(Named { variable, address }) = named.as_ref().filter(|_| !self.is_bypassed(url)) else {
            return Ok(None);
        };
        let address = if address.contains("://") { address.clone() } else { format!("http://{address}") };
        if address.starts_with("socks") {
            return Err(format!(
                "`{variable}` in the environment names a SOCKS proxy, and only those for http are known"
            ));
        }
        let proxy =
            Proxy::new(&address).map_err(|_| format!("`{variable}` in the environment is no address of a proxy"))?;
        Ok(Some(Chosen { proxy, variable: variable.clone() }))
    }

    fn is_bypassed(&self, url: &Url) -> bool {
        let (name, address) = match url.host() {
            Some(Host::Domain(name)) => (name.to_lowercase(), name.parse().ok()),
            Some(Host::Ipv4(it)) => (it.to_string(), Some(IpAddr::V4(it))),
            Some(Host::Ipv6(it)) => (it.to_string(), Some(IpAddr::V6(it))),
            None => return true,
        };
        let port = url.port_or_known_default().unwrap_or_default();
        if name == "localhost" || address.is_some_and(|it| it.is_loopback()) {
            return true;
        }
        self.bypass.iter().any(|entry| matches(entry, &name, address, port))
    }
}

fn matches(entry: &str, name: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/')
        && let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>())
    {
        return address.is_some_and(|it| is_within(it, network, bits));
    }
    let unbracketed = |it: &str| it.trim_start_matches('[').trim_end_matches(']').to_owned();
    let (host, wanted) = match entry.rsplit_once(':') {
        // More than one colon without brackets: an address of version 6.
        Some((host, wanted)) if !host.contains(':') || host.ends_with(']') => (unbracketed(host), Some(wanted)),
        _ => (unbracketed(entry), None),
    };
    if host.is_empty() || wanted.is_some_and(|it| it.parse() != Ok(port)) {
        return false;
    }
    if let Ok(host) = host.parse::<IpAddr>() {
        return address == Some(host);
    }
    let host = host.strip_prefix('*').filter(|it| it.starts_with('.')).unwrap_or(&host);
    match host.strip_prefix('.') {
        Some(_) => name.ends_with(host),
        None => name == host || name.strip_suffix(host).is_some_and(|it| it.ends_with('.')),
    }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) if bits <= 32 => {
            (one.to_bits() ^ other.to_bits()).checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(one), IpAddr::V6(other)) if bits <= 128 => {
            (one.to_bits() ^ other.to_bits()).checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, String> {
        let environment = |name: &str| variables.iter().find(|(it, _)| *it == name).map(|(_, text)| (*text).to_owned());
        let url = Url::parse(url).expect("an address");
        Ok(Proxies::of_user(&environment).of(&url)?.map(|it| format!("{}:{}", it.proxy.host(), it.proxy.port())))
    }

    /// What Go 1.26's `http.ProxyFromEnvironment` gives.
    #[test]
    fn chooses_as_go_does() {
        let no_proxy = " a.io, .b.io,*.c.io,10.0.0.0/8,192.168.1.7,d.io:5000,[::2],E.io,fd00::/8,9.9.9.9:80";
        let set = [("HTTP_PROXY", "http://h:1"), ("HTTPS_PROXY", "s:2"), ("NO_PROXY", no_proxy)];
        let cases = "https://xa.io https://b.io https://c.io https://11.2.3.4 https://d.io https://9.9.9.9 https://z.io \
                     https://x.localhost";
        for url in cases.split(' ') {
            assert_eq!(of(&set, url), Ok(Some("s:2".into())), "{url}");
        }
        assert_eq!(of(&set, "http://z.io"), Ok(Some("h:1".into())));
        let cases = "https://a.io https://x.a.io https://x.b.io https://x.c.io https://10.2.3.4:5000 https://192.168.1.7 \
                     https://d.io:5000 https://x.d.io:5000 https://e.io https://[fd00::5] http://9.9.9.9 \
                     https://localhost:5000 http://127.0.0.5 http://[::1]";
        for url in cases.split(' ') {
            assert_eq!(of(&set, url), Ok(None), "{url}");
        }
        assert_eq!(of(&[("HTTPS_PROXY", "s:2"), ("NO_PROXY", "a,*")], "https://z.io"), Ok(None));
        assert_eq!(of(&[("HTTPS_PROXY", "s:2"), ("NO_PROXY", "a.io b.io")], "https://a.io"), Ok(Some("s:2".into())));
        assert_eq!(of(&[("HTTP_PROXY", "s:2")], "https://z.io"), Ok(None));
        assert_eq!(of(&[], "https://z.io"), Ok(None));
    }

    #[test]
    fn knows_the_names_of_curl_and_faults() {
        assert_eq!(of(&[("https_proxy", "s:2")], "https://z.io"), Ok(Some("s:2".into())));
        assert_eq!(of(&[("all_proxy", "s:2"), ("HTTP_PROXY", "h:1")], "https://z.io"), Ok(Some("s:2".into())));
        assert_eq!(of(&[("HTTPS_PROXY", ""), ("https_proxy", "s:2")], "https://z.io"), Ok(Some("s:2".into())));
        let fault = of(&[("HTTPS_PROXY", "ftp://me:secret@p:3")], "https://z.io").expect_err("no proxy");
        assert!(fault.contains("HTTPS_PROXY") && !fault.contains("secret"), "{fault}");
        // What is not known is refused: the host would be reached without a proxy.
        let fault = of(&[("ALL_PROXY", "socks5://me:secret@p:3")], "https://z.io").expect_err("no proxy");
        assert!(fault.contains("ALL_PROXY") && fault.contains("SOCKS") && !fault.contains("secret"), "{fault}");
    }

    #[test]
    fn is_shown_without_its_password() {
        let environment = |name: &str| (name == "https_proxy").then(|| "http://me:hunter2@p.io:8080".to_owned());
        let chosen = Proxies::of_user(&environment).of(&Url::parse("https://z.io").expect("an address"));
        let chosen = chosen.expect("a proxy").expect("a proxy");
        assert_eq!(chosen.to_string(), "the proxy p.io:8080 of `https_proxy`");
    }
}
