//! Addresses as messages and settings name them.

use url::Url;

/// Host and, where it is not the usual one, port.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An address without its query, which may hold a signature, and without a password.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // What cannot have a user has none.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_query() {
        let url = Url::parse("https://me:secret@x.io:8443/a?signature=secret#b").expect("an address");
        assert_eq!(shown(&url), "https://x.io:8443/a");
        assert_eq!(authority(&url), "x.io:8443");
    }
}
