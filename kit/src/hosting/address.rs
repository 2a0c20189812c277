//! The address a request came from, as far as it can be known.

use std::net::IpAddr;

/// The client's address: `peer`, or, behind `trusted_proxies` proxies that each append the address they saw to
/// `X-Forwarded-For`, the entry that the outermost trusted proxy wrote.
///
/// Entries further left were written by the client or by strangers and are ignored: a client cannot choose its address. The
/// header may come in several lines; pass them joined by commas.
pub fn client_address(
    peer: Option<IpAddr>,
    forwarded_for: Option<&str>,
    trusted_proxies: usize,
) -> Option<IpAddr> {
    let Some(hop) = trusted_proxies.checked_sub(1) else {
        return peer;
    };
    forwarded_for
        .and_then(|list| list.rsplit(',').nth(hop))
        .and_then(|entry| parse_entry(entry.trim()))
        .or(peer)
}

/// Proxies write `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::7` or `[2001:db8::7]:4711`.
fn parse_entry(entry: &str) -> Option<IpAddr> {
    entry
        .parse()
        .ok()
        .or_else(|| {
            entry
                .parse::<std::net::SocketAddr>()
                .ok()
                .map(|address| address.ip())
        })
        .or_else(|| entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    fn peer() -> Option<IpAddr> {
        ip("10.0.0.1")
    }

    #[test]
    fn without_proxies_the_header_is_ignored() {
        assert_eq!(client_address(peer(), Some("203.0.113.7"), 0), peer());
    }

    #[test]
    fn the_outermost_trusted_proxy_decides() {
        let list = Some("6.6.6.6, 203.0.113.7, 10.0.0.9");
        assert_eq!(client_address(peer(), list, 1), ip("10.0.0.9"));
        assert_eq!(client_address(peer(), list, 2), ip("203.0.113.7"));
    }

    #[test]
    fn ports_and_brackets_are_understood_and_nonsense_falls_back_to_the_peer() {
        assert_eq!(
            client_address(peer(), Some("203.0.113.7:80"), 1),
            ip("203.0.113.7")
        );
        assert_eq!(
            client_address(peer(), Some("[2001:db8::7]:80"), 1),
            ip("2001:db8::7")
        );
        assert_eq!(
            client_address(peer(), Some("[2001:db8::7]"), 1),
            ip("2001:db8::7")
        );
        assert_eq!(client_address(peer(), Some("unknown"), 1), peer());
        assert_eq!(client_address(peer(), Some("203.0.113.7"), 2), peer());
    }
}
