//! Building reqwest clients that send exactly what they are given: no redirect, retry, cookie, referer or decompression.

use std::{fmt, time::Duration};

use reqwest::{Certificate, Client, ClientBuilder, Identity, Proxy, redirect, retry};
use url::Url;
use zeroize::Zeroizing;

use crate::protocol::proxy::is_loopback;

/// How requests are sent; from `[network]` of the profile.
#[derive(Clone)]
pub struct Settings {
    /// How long a connection, and an exchange in all, may take.
    pub timeout: Duration,
    /// Certificates (PEM) trusted beside the platform's.
    pub ca_pem: Option<Vec<u8>>,
    /// The client's certificate and key (PEM), for servers that ask for one.
    pub client_pem: Option<Zeroizing<Vec<u8>>>,
    /// The proxy's address; without one the environment decides. Loopback addresses never go through a proxy.
    pub proxy: Option<String>,
    /// Accepts any certificate.
    pub insecure: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            ca_pem: None,
            client_pem: None,
            proxy: None,
            insecure: false,
        }
    }
}

/// Why the network settings cannot be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HttpError {
    /// `network.ca_file` holds no certificate that can be read.
    Ca,
    /// `network.client_certificate` lacks a certificate or a key, or they cannot be read.
    Client,
    /// `network.proxy` is no proxy's address.
    Proxy,
}

impl HttpError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Ca => {
                "Give a file with one or more `BEGIN CERTIFICATE` blocks; a DER file is converted by `openssl x509 -inform der`."
            }
            Self::Client => {
                "Give one PEM file with the certificate, its chain and its unencrypted private key."
            }
            Self::Proxy => {
                "Give an address such as `http://proxy.example:3128` or `socks5://127.0.0.1:1080`."
            }
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ca => "`network.ca_file` holds no certificate that can be read.",
            Self::Client => "`network.client_certificate` needs a certificate and its private key, and holds no such pair that can be read.",
            Self::Proxy => "`network.proxy` is not the address of a proxy.",
        })
    }
}

impl std::error::Error for HttpError {}

/// Which of the cached clients a request needs; platform roots and proxies cost time only where they are used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Plain HTTP to a loopback address: no proxy, no roots.
    Plain,
    /// TLS to a loopback address: no proxy.
    Direct,
    /// Everything else: proxy if there is one.
    Outside,
}

impl Kind {
    pub(super) fn of(url: &Url) -> Self {
        match (is_loopback(url), url.scheme()) {
            (true, "http") => Self::Plain,
            (true, _) => Self::Direct,
            (false, _) => Self::Outside,
        }
    }
}

/// Checks the settings without building anything costly.
pub(super) fn check(settings: &Settings) -> Result<(), HttpError> {
    if let Some(pem) = &settings.ca_pem {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| HttpError::Ca)?;
        if certificates.is_empty() {
            return Err(HttpError::Ca);
        }
        bare(settings)
            .tls_certs_only(certificates)
            .build()
            .map_err(|_| HttpError::Ca)?;
    }
    if let Some(pem) = &settings.client_pem {
        let identity = Identity::from_pem(pem).map_err(|_| HttpError::Client)?;
        bare(settings)
            .tls_certs_only([])
            .identity(identity)
            .build()
            .map_err(|_| HttpError::Client)?;
    }
    if let Some(proxy) = &settings.proxy {
        let url = Url::parse(proxy).map_err(|_| HttpError::Proxy)?;
        let known = matches!(
            url.scheme(),
            "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h"
        );
        if !known || url.host_str().is_none_or(str::is_empty) {
            return Err(HttpError::Proxy);
        }
        Proxy::all(proxy.as_str()).map_err(|_| HttpError::Proxy)?;
    }
    Ok(())
}

/// Builds one client.
pub(super) fn build(settings: &Settings, kind: Kind) -> reqwest::Result<Client> {
    let mut builder = bare(settings);
    builder = match (kind, &settings.proxy) {
        (Kind::Plain | Kind::Direct, _) => builder.no_proxy(),
        (Kind::Outside, Some(proxy)) => builder.proxy(Proxy::all(proxy.as_str())?),
        (Kind::Outside, None) => builder,
    };
    if kind == Kind::Plain {
        return builder.tls_certs_only([]).build();
    }
    if let Some(pem) = &settings.ca_pem {
        builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem)?);
    }
    if let Some(pem) = &settings.client_pem {
        builder = builder.identity(Identity::from_pem(pem)?);
    }
    if settings.insecure {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    builder.build()
}

/// What every client has: HTTP/1.1, one try on a fresh connection, nothing added.
fn bare(settings: &Settings) -> ClientBuilder {
    Client::builder()
        .http1_only()
        .http1_max_headers(1000)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(settings.timeout)
        .pool_max_idle_per_host(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_by_its_address() {
        for (url, kind) in [
            ("http://127.0.0.1:9/x", Kind::Plain),
            ("http://[::1]:9/x", Kind::Plain),
            ("https://localhost/", Kind::Direct),
            ("https://idp.lab.localhost/", Kind::Direct),
            ("http://localhost.example/", Kind::Outside),
            ("https://idp.example/", Kind::Outside),
        ] {
            assert_eq!(Kind::of(&Url::parse(url).unwrap()), kind, "{url}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_named_at_once() {
        let refused = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            check(&settings).unwrap_err()
        };
        assert_eq!(
            refused(|s| s.ca_pem = Some(b"nothing".to_vec())),
            HttpError::Ca
        );
        assert_eq!(
            refused(|s| s.client_pem = Some(Zeroizing::new(b"nothing".to_vec()))),
            HttpError::Client
        );
        for proxy in ["", "proxy", "ftp://proxy:1", "http://"] {
            let settings = Settings {
                proxy: Some(proxy.to_owned()),
                ..Settings::default()
            };
            assert_eq!(check(&settings), Err(HttpError::Proxy), "{proxy}");
        }
    }
}
