//! Where the loopback listener may stand, and what is said when it may not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::Url;

/// Where to listen for a redirect URI.
pub(super) fn place(url: &Url, redirect_uri: &str) -> Result<SocketAddr, String> {
    const INSTEAD: &str = "Use an address such as http://127.0.0.1:0/callback, or `login = \"show\"` and paste the answer.";
    if url.scheme() != "http" {
        return Err(format!(
            "Nothing can listen at `{redirect_uri}`: on loopback the scheme is http (RFC 8252 §7.3). {INSTEAD}"
        ));
    }
    let host = url.host_str().unwrap_or_default();
    let ip = loopback(host).ok_or_else(|| {
        format!(
            "The host `{host}` of the redirect URI is not a loopback address (127.0.0.1, [::1], localhost). {INSTEAD}"
        )
    })?;
    Ok(SocketAddr::new(
        ip,
        url.port_or_known_default().unwrap_or(80),
    ))
}

/// Reads `listen`: `127.0.0.1:8765`, `[::1]:8765`, `localhost:8765` or `8765`.
pub(super) fn place_of(listen: &str) -> Result<SocketAddr, String> {
    let (host, port) = listen.rsplit_once(':').unwrap_or(("127.0.0.1", listen));
    let port = port.parse().map_err(|_| {
        format!("`listen` is `{listen}`; expected an address and port such as 127.0.0.1:8765.")
    })?;
    let ip = loopback(host).ok_or_else(|| {
        format!("`listen` names the host `{host}`; expected a loopback address (127.0.0.1, [::1], localhost).")
    })?;
    Ok(SocketAddr::new(ip, port))
}

fn loopback(host: &str) -> Option<IpAddr> {
    match host {
        "127.0.0.1" | "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
        "[::1]" => Some(Ipv6Addr::LOCALHOST.into()),
        _ => None,
    }
}

pub(super) fn refused(at: SocketAddr, error: &std::io::Error) -> String {
    let port = at.port();
    match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "Port {port} of {} is taken by another program. Close that one, or register another port (0 takes any free one).",
            at.ip()
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!(
                "Port {port} may not be listened at without more rights. Use a port above 1023."
            )
        }
        _ => format!("It is not possible to listen at {at}: {error}."),
    }
}

/// Puts the real port in place of port 0 and leaves every other character alone: redirect URIs are compared exactly.
pub(super) fn with_port(redirect_uri: &str, port: u16) -> String {
    let start = redirect_uri.find("://").map_or(0, |at| at + 3);
    let end = redirect_uri[start..]
        .find(['/', '?', '#'])
        .map_or(redirect_uri.len(), |at| start + at);
    match redirect_uri[start..end].strip_suffix(":0") {
        Some(host) => format!(
            "{}{host}:{port}{}",
            &redirect_uri[..start],
            &redirect_uri[end..]
        ),
        None => redirect_uri.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_port_zero_is_replaced() {
        for (uri, with) in [
            (
                "http://127.0.0.1:0/callback",
                "http://127.0.0.1:4711/callback",
            ),
            ("http://[::1]:0", "http://[::1]:4711"),
            ("http://localhost:0?a=:0", "http://localhost:4711?a=:0"),
            ("http://127.0.0.1:8765/cb", "http://127.0.0.1:8765/cb"),
            ("http://127.0.0.1/cb:0/x", "http://127.0.0.1/cb:0/x"),
        ] {
            assert_eq!(with_port(uri, 4711), with);
        }
    }

    #[test]
    fn only_loopback_is_listened_at() {
        for listen in [
            "0.0.0.0:1",
            "192.0.2.1:80",
            "example.com:80",
            "[::]:1",
            "127.0.0.1:x",
            "x",
            "70000",
        ] {
            assert!(place_of(listen).is_err(), "{listen}");
        }
        for (listen, at) in [
            ("8765", "127.0.0.1:8765"),
            ("localhost:1", "127.0.0.1:1"),
            ("[::1]:2", "[::1]:2"),
        ] {
            assert_eq!(place_of(listen).unwrap().to_string(), at);
        }
    }
}
