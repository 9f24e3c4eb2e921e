//! Where a webhook may lie: https, at an address that is not of this machine nor of the network
//! it stands in, unless the configuration names the host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;

use crate::app::App;

/// The longest address, in bytes.
const LONGEST: usize = 300;

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not an `https://` address, or one with a user, a password or a fragment.
    NotAnAddress,
    /// It lies in a network that messages must not be sent into.
    Forbidden,
}

/// The address in a registration, checked as far as can be without asking for its host.
///
/// # Errors
/// [`Refusal`].
pub(crate) fn webhook_address(app: &App, text: &str) -> Result<Url, Refusal> {
    check(text, app.config().demo, &app.config().api.webhook_hosts)
}

/// The places a host stands for, checked: each must be one that messages may be sent to, so
/// that nothing is left to chance, and they are what is then connected to.
///
/// # Errors
/// [`Refusal::Forbidden`]; [`Refusal::NotAnAddress`] if the host is unknown.
pub(crate) async fn places(app: &App, url: &Url) -> Result<Vec<SocketAddr>, Refusal> {
    let host = url.host_str().ok_or(Refusal::NotAnAddress)?;
    let port = url.port_or_known_default().ok_or(Refusal::NotAnAddress)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((bare, port)).await.map_err(|_| Refusal::NotAnAddress)?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() {
        return Err(Refusal::NotAnAddress);
    }
    let named = is_named(host, app.config().demo, &app.config().api.webhook_hosts);
    if named || found.iter().all(|place| is_public(place.ip())) { Ok(found) } else { Err(Refusal::Forbidden) }
}

fn check(text: &str, demo: bool, named: &[String]) -> Result<Url, Refusal> {
    if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::NotAnAddress);
    }
    let url = Url::parse(text).map_err(|_| Refusal::NotAnAddress)?;
    let host = url.host_str().ok_or(Refusal::NotAnAddress)?;
    let plain = demo && url.scheme() == "http" && host == "localhost";
    if (url.scheme() != "https" && !plain)
        || !url.username().is_empty()
        || url.password().is_some()
        || url.fragment().is_some()
    {
        return Err(Refusal::NotAnAddress);
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) if !is_public(address) && !is_named(host, demo, named) => Err(Refusal::Forbidden),
        Err(_) if host == "localhost" && !is_named(host, demo, named) => Err(Refusal::Forbidden),
        _ => Ok(url),
    }
}

/// Hosts that the configuration names may lie anywhere; so may `localhost` in a demonstration.
fn is_named(host: &str, demo: bool, named: &[String]) -> bool {
    named.iter().any(|name| name.eq_ignore_ascii_case(host)) || (demo && host == "localhost")
}

/// An address of the open internet (RFC 6890 and its successors).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [first, second, ..] = address.segments();
    let [.., high, low] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (first, second) {
        // NAT64: the IPv4 address at the end is where it leads.
        (0x64, 0xff9b) => embedded(high, low),
        // 6to4.
        (0x2002, high) => embedded(high, address.segments().get(2).copied().unwrap_or_default()),
        (0x2001, 0xdb8 | 0) => false,
        // Global unicast is 2000::/3; all else is local, multicast or nobody's.
        _ => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_lies_on_the_open_internet_and_is_asked_by_https() {
        let named = ["his.local".to_owned(), "10.1.2.3".to_owned()];
        let of = |text: &str| check(text, false, &named).map(|_| ());
        for right in [
            "https://his.example.go.th/a?b=c",
            "https://203.150.1.1:8443/",
            "https://his.local/",
            "https://10.1.2.3/",
            "https://[2001:fb1::1]/",
        ] {
            assert_eq!(of(right), Ok(()), "{right}");
        }
        for wrong in [
            "",
            "his",
            "http://his.example.go.th",
            "ftp://a.b",
            "https://u:p@a.b",
            "https://u@a.b",
            "https://a.b/#c",
            "https://a b/",
        ] {
            assert_eq!(of(wrong), Err(Refusal::NotAnAddress), "{wrong}");
        }
        for inner in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0/",
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/",
            "https://100.64.0.1/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://[::1]/",
            "https://[::]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[ff02::1]/",
            "https://localhost/",
        ] {
            assert_eq!(of(inner), Err(Refusal::Forbidden), "{inner}");
        }
        assert!(check("http://localhost:9/", true, &[]).is_ok());
        assert!(check("http://127.0.0.1:9/", true, &[]).is_err());
    }
}
