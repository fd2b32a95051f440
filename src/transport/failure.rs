//! Saying precisely why no answer came, without repeating anything that could be secret.

use std::{error::Error, io, net::SocketAddr, time::Duration};

use url::Url;

use crate::protocol::exchange::Failure;

/// Which way a request goes, as far as it matters for who is to blame.
pub(super) enum Way {
    /// To the server itself.
    Straight,
    /// Through the profile's proxy, named by host and port.
    Proxy(String),
    /// Perhaps through a proxy, named by host and port: the environment sets one, and exceptions to it.
    Perhaps(String),
}

impl Way {
    /// Finds the way to an address of that scheme; `env` reads the environment.
    pub(super) fn of(
        scheme: &str,
        proxy: Option<&str>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Self {
        if let Some(proxy) = proxy.and_then(|proxy| Url::parse(proxy).ok()) {
            return Self::Proxy(peer(&proxy));
        }
        let set = [format!("{scheme}_proxy"), "all_proxy".to_owned()]
            .iter()
            .flat_map(|name| [name.clone(), name.to_uppercase()])
            .find_map(|name| env(&name).filter(|value| !value.is_empty()));
        set.map_or(Self::Straight, |set| {
            // A proxy without a scheme is an http one.
            let url = [set.clone(), format!("http://{set}")]
                .iter()
                .filter_map(|text| Url::parse(text).ok())
                .find(Url::has_host);
            Self::Perhaps(url.map_or_else(|| "which cannot be read".to_owned(), |url| peer(&url)))
        })
    }

    /// Names the proxy, where one stands on the way or may stand there.
    pub(super) fn proxy(&self) -> Option<String> {
        match self {
            Self::Straight => None,
            Self::Proxy(proxy) => Some(format!("the proxy {proxy}")),
            Self::Perhaps(proxy) => Some(format!("the proxy that the environment sets ({proxy})")),
        }
    }

    /// Names whom the connection was opened to.
    fn next(&self, peer: &str) -> String {
        match self {
            Self::Perhaps(_) => format!("{peer}, or {}", self.proxy().unwrap_or_default()),
            Self::Straight | Self::Proxy(_) => self.proxy().unwrap_or_else(|| peer.to_owned()),
        }
    }
}

/// Names the failure behind the library's error. Its own text is never used whole: it holds the address and its query.
pub(super) fn of(error: &reqwest::Error, url: &Url, way: &Way, timeout: Duration) -> Failure {
    let (peer, host) = (peer(url), url.host_str().unwrap_or_default());
    let causes = causes(error);
    let says = |text: &str| causes.iter().any(|cause| cause.contains(text));
    if let Some(what) = causes.iter().find_map(|cause| tls(cause, &peer, host)) {
        return Failure::Tls(what);
    }
    if error.is_timeout() || io_kind(error) == Some(io::ErrorKind::TimedOut) {
        return Failure::Timeout(format!(
            "no connection to {} within {}",
            way.next(&peer),
            span(timeout)
        ));
    }
    if says("dns error") {
        let name = match way {
            Way::Straight => format!("`{host}`"),
            _ => way.next(&format!("`{host}`")),
        };
        return Failure::Name(format!("{name} ({})", root(error)));
    }
    if error.is_builder() {
        return Failure::Connect(
            "the request cannot be sent: its address is too long or cannot be used".to_owned(),
        );
    }
    if says("tunnel") && !matches!(io_kind(error), Some(io::ErrorKind::ConnectionRefused)) {
        return not_let_through(&peer, way, &root(error));
    }
    if error.is_connect() {
        return connect(error, &peer, way, url.scheme() == "https");
    }
    Failure::Broken(broken(error, &causes, &peer, url.scheme() == "http"))
}

/// Says that a proxy stands in the way.
pub(super) fn not_let_through(peer: &str, way: &Way, why: &str) -> Failure {
    let proxy = way.proxy().unwrap_or_else(|| "a proxy".to_owned());
    Failure::Connect(format!("{proxy} did not let us through to {peer} ({why})"))
}

/// Says why a body broke off.
pub(super) fn cut(error: &reqwest::Error, came: u64, announced: Option<u64>) -> String {
    let causes = causes(error);
    let says = |text: &str| causes.iter().any(|cause| cause.contains(text));
    let came = size(came);
    if says("end of file")
        || says("message completed")
        || says("unexpected EOF")
        || says("close_notify")
    {
        return match announced {
            Some(announced) => format!(
                "the connection was closed after {came} of the {} that `content-length` announced",
                size(announced)
            ),
            None => format!("the connection was closed after {came}, before the end was marked"),
        };
    }
    if io_kind(error) == Some(io::ErrorKind::ConnectionReset) {
        return format!("the connection was reset after {came}");
    }
    format!("it broke after {came} ({})", root(error))
}

/// Returns host and port of the other side, the default port included.
pub(super) fn peer(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Words for a timeout, to the part of a second that was set.
pub(super) fn span(timeout: Duration) -> String {
    if (1..60).contains(&timeout.as_secs()) && timeout.subsec_millis() > 0 {
        return format!("{} s", timeout.as_secs_f64());
    }
    let millis = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
    crate::protocol::time::Lifetime(millis).to_string()
}

/// Words for a number of bytes.
pub(super) fn size(bytes: u64) -> String {
    const MB: u64 = 1024 * 1024;
    match bytes {
        1 => "1 byte".to_owned(),
        MB.. if bytes.is_multiple_of(MB) => format!("{} MB", bytes / MB),
        MB.. => format!("{}.{} MB", bytes / MB, bytes % MB * 10 / MB),
        _ => format!("{bytes} bytes"),
    }
}

/// Returns the innermost cause in its own words.
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    let text = chain(error).last().expect("the error itself").to_string();
    // The system's own number says nothing to most readers.
    match text.find(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}

/// Walks from an error to its innermost cause.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        match wrapped {
            // An IO error passes over what it wraps when asked for its source.
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// Collects the words of every cause behind the library's outermost error.
fn causes(error: &reqwest::Error) -> Vec<String> {
    chain(error).skip(1).map(ToString::to_string).collect()
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    chain(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .last()
        .map(io::Error::kind)
}

/// Says what a cause has to do with TLS, if it has.
fn tls(cause: &str, peer: &str, host: &str) -> Option<String> {
    if let Some((_, why)) = cause.split_once("invalid peer certificate: ") {
        return Some(certificate(why, host));
    }
    if let Some((_, alert)) = cause.split_once("received fatal alert: ") {
        return Some(if alert.contains("CertificateRequired") {
            format!(
                "{peer} asks for a client certificate; give one as `network.client_certificate`"
            )
        } else {
            format!("{peer} broke the handshake off (alert {alert})")
        });
    }
    if cause.contains("InvalidContentType") {
        return Some(format!(
            "{peer} did not answer in TLS; perhaps the port speaks plain HTTP and the address begins with http://"
        ));
    }
    if cause.contains("tls handshake eof") {
        return Some(format!("{peer} closed the connection during the handshake"));
    }
    [
        "peer is incompatible",
        "peer misbehaved",
        "corrupt message",
        "unexpected message",
        "cannot decrypt",
    ]
    .iter()
    .any(|text| cause.contains(text))
    .then(|| format!("{peer} and we do not agree ({cause})"))
}

fn certificate(why: &str, host: &str) -> String {
    if why.contains("UnknownIssuer") {
        format!(
            "the certificate of `{host}` comes from an unknown issuer; if you trust it, give its certificate as `network.ca_file`"
        )
    } else if let Some((_, names)) = why.split_once("; certificate ") {
        format!("the certificate is not for `{host}` (name mismatch): it {names}")
    } else if why.contains("NotValidForName") {
        format!("the certificate is not for `{host}` (name mismatch)")
    } else if why.contains("expired") || why.contains("Expired") {
        format!("the certificate of `{host}` has expired{}", ago(why))
    } else if why.contains("not valid yet") || why.contains("NotValidYet") {
        format!("the certificate of `{host}` is not valid yet; is the clock of this machine right?")
    } else {
        format!("the certificate of `{host}` is refused ({why})")
    }
}

/// Reads `(123 seconds ago)` into words.
fn ago(why: &str) -> String {
    why.rsplit_once('(')
        .and_then(|(_, rest)| rest.split_once(" seconds ago"))
        .and_then(|(seconds, _)| seconds.parse().ok())
        .map(|seconds| {
            format!(
                " {} ago",
                crate::protocol::time::Lifetime::from_secs(seconds)
            )
        })
        .unwrap_or_default()
}

fn connect(error: &reqwest::Error, peer: &str, way: &Way, secure: bool) -> Failure {
    let next = way.next(peer);
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => {
            // The address that was tried settles who it was where a name or a proxy leaves that open.
            let at = tried(error)
                .filter(|at| !next.ends_with(at.as_str()))
                .map_or_else(String::new, |at| format!(" (tried {at})"));
            Failure::Connect(format!("connection refused by {next}{at}"))
        }
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            Failure::Connect(format!("no way leads to {next} ({})", root(error)))
        }
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe,
        ) if secure => Failure::Tls(format!("{peer} closed the connection during the handshake")),
        _ => Failure::Connect(format!("{next} cannot be reached ({})", root(error))),
    }
}

/// Returns the socket address that was tried, which the connector tells in its debug form only.
fn tried(error: &reqwest::Error) -> Option<String> {
    chain(error)
        .map(|cause| format!("{cause:?}"))
        .filter(|text| text.starts_with("ConnectError("))
        .flat_map(|text| text.split(", ").map(str::to_owned).collect::<Vec<_>>())
        .find(|part| part.parse::<SocketAddr>().is_ok())
}

fn broken(error: &reqwest::Error, causes: &[String], peer: &str, plain: bool) -> String {
    let says = |text: &str| causes.iter().any(|cause| cause.contains(text));
    let tls = if plain {
        "; perhaps it speaks TLS and the address begins with https://"
    } else {
        ""
    };
    if says("message head is too large") {
        format!("the header that {peer} sent is too large (over 400 KB or 1000 fields)")
    } else if says("HTTP version") || says("HTTP method") {
        format!("{peer} did not answer in HTTP/1.1{tls}")
    } else if says("status-code") {
        format!("{peer} answered with a status that is not HTTP’s")
    } else if says("HTTP header") {
        format!("{peer} sent a header field with characters that HTTP forbids")
    } else if says("content-length") {
        format!("{peer} sent a `content-length` that is not a number, or several that differ")
    } else if says("before message completed")
        || says("end of file")
        || io_kind(error) == Some(io::ErrorKind::UnexpectedEof)
    {
        format!("{peer} closed the connection before its header ended")
    } else {
        match io_kind(error) {
            Some(
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionAborted,
            ) => {
                format!("{peer} reset the connection before its header ended")
            }
            _ => format!("{peer} sent something that is not HTTP ({})", root(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_named_as_it_was_set() {
        for (millis, says) in [
            (250, "250 ms"),
            (1500, "1.5 s"),
            (30_000, "30 s"),
            (90_000, "1 min 30 s"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), says);
        }
    }
}
