//! Names on the network.

use std::net::ToSocketAddrs;

/// The addresses of a host name as the system resolves it; none where it does not.
pub fn resolve(host: &str) -> Vec<String> {
    let found = (host, 0).to_socket_addrs().into_iter().flatten();
    found.map(|it| it.ip().to_string()).collect()
}
