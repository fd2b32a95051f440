//! Why no answer came: each kind is told apart, in words that hold no secret.

use std::{sync::Arc, time::Duration};

use jagwalk::{
    protocol::exchange::Failure,
    transport::http::{Http, HttpError, Settings},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};
use zeroize::Zeroizing;

use super::peer::{
    Peer, failure, get, http, impatient, raw, read_request, refusing, response, with,
};

pub const CA: &[u8] = include_bytes!("tls/ca.pem");
pub const SERVER: &[u8] = include_bytes!("tls/server.pem");
pub const OTHER: &[u8] = include_bytes!("tls/other.pem");
pub const EXPIRED: &[u8] = include_bytes!("tls/expired.pem");
pub const CLIENT: &[u8] = include_bytes!("tls/client.pem");

/// Serves HTTPS with a certificate, and asks for the client's if told to.
pub async fn tls(pem: &'static [u8], ask: bool) -> u16 {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(CA).unwrap())
        .unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if ask {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.with_client_cert_verifier(verifier.build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let config = builder
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(pem).unwrap()],
            PrivateKeyDer::from_pem_slice(pem).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    raw(move |socket| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(socket).await else {
                return;
            };
            read_request(&mut stream).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

fn trusting() -> Http {
    with(|settings| settings.ca_pem = Some(CA.to_vec()))
}

async fn refused(http: &Http, url: &str) -> String {
    match failure(get(http, url).await) {
        Failure::Tls(what) => what,
        other => panic!("expected TLS to fail, received {other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_authority_of_ours_is_trusted() {
    let port = tls(SERVER, false).await;
    for host in ["localhost", "127.0.0.1"] {
        let response = response(get(&trusting(), &format!("https://{host}:{port}/")).await);
        assert_eq!(response.text(), "ok");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said() {
    let port = tls(SERVER, false).await;
    let what = refused(&http(), &format!("https://localhost:{port}/")).await;
    assert!(
        what.contains("unknown issuer") && what.contains("network.ca_file"),
        "{what}"
    );

    let port = tls(OTHER, false).await;
    let what = refused(&trusting(), &format!("https://localhost:{port}/")).await;
    assert!(
        what.contains("name mismatch") && what.contains("other.example"),
        "{what}"
    );

    let port = tls(EXPIRED, false).await;
    let what = refused(&trusting(), &format!("https://localhost:{port}/")).await;
    assert!(
        what.contains("`localhost` has expired") && what.contains("days ago"),
        "{what}"
    );
}

#[tokio::test]
async fn insecure_accepts_any_certificate_and_only_when_set() {
    let http = with(|settings| settings.insecure = true);
    for pem in [SERVER, OTHER, EXPIRED] {
        let port = tls(pem, false).await;
        let response = response(get(&http, &format!("https://localhost:{port}/")).await);
        assert_eq!(response.text(), "ok");
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_who_asks() {
    let port = tls(SERVER, true).await;
    let url = format!("https://localhost:{port}/");
    let what = refused(&trusting(), &url).await;
    assert!(what.contains("network.client_certificate"), "{what}");
    let http = with(|settings| {
        settings.ca_pem = Some(CA.to_vec());
        settings.client_pem = Some(Zeroizing::new(CLIENT.to_vec()));
    });
    assert_eq!(response(get(&http, &url).await).text(), "ok");
}

#[tokio::test]
async fn plain_http_and_tls_mixed_up() {
    let port = raw(|mut socket| async move {
        let _ = socket.read(&mut [0; 2048]).await;
        let _ = socket
            .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            .await;
        let _ = socket.shutdown().await;
    })
    .await;
    let what = refused(&trusting(), &format!("https://127.0.0.1:{port}/")).await;
    assert!(what.contains("begins with http://"), "{what}");

    let port = tls(SERVER, false).await;
    match failure(get(&trusting(), &format!("http://localhost:{port}/")).await) {
        Failure::Broken(what) => assert!(what.contains("begins with https://"), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_handshake_that_is_broken_off_is_tls() {
    let port = raw(|socket| async move { drop(socket) }).await;
    let what = refused(&trusting(), &format!("https://127.0.0.1:{port}/")).await;
    assert!(what.contains("handshake"), "{what}");
}

#[tokio::test]
async fn a_handshake_that_hangs_is_a_timeout_of_the_connection() {
    let port = raw(|socket| async move {
        tokio::time::sleep(Duration::from_secs(600)).await;
        drop(socket);
    })
    .await;
    match failure(get(&impatient(), &format!("https://127.0.0.1:{port}/")).await) {
        Failure::Timeout(what) => assert!(what.contains("no connection to"), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_connection_names_the_port() {
    let (port, _held) = refusing();
    match failure(get(&http(), &format!("http://127.0.0.1:{port}/x?secret=abc")).await) {
        Failure::Connect(what) => {
            assert_eq!(what, format!("connection refused by 127.0.0.1:{port}"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_named() {
    let http = with(|settings| settings.timeout = Duration::from_secs(5));
    // What comes depends on the network: a resolver may not answer at all, and a proxy may answer in its place.
    let exchange = get(&http, "http://no-such-host.invalid/?secret=abc").await;
    match exchange.outcome {
        Err(Failure::Name(what) | Failure::Timeout(what) | Failure::Connect(what)) => {
            assert!(what.contains("no-such-host.invalid"), "{what}");
            assert!(!what.contains("abc"), "{what}");
        }
        other => assert!(
            std::env::vars().any(|(name, _)| name.to_lowercase().ends_with("_proxy")),
            "{other:?}"
        ),
    }
}

#[tokio::test]
async fn a_proxy_is_used_for_the_outside_and_never_for_loopback() {
    let mut proxy = Peer::saying("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nproxy").await;
    let address = format!("http://user:hunter2@127.0.0.1:{}", proxy.port);
    let http = with(|settings| settings.proxy = Some(address));
    let answer = response(get(&http, "http://api.example/x").await);
    assert_eq!(answer.text(), "proxy");
    let seen = String::from_utf8(proxy.requests.recv().await.unwrap()).unwrap();
    assert!(
        seen.starts_with("GET http://api.example/x HTTP/1.1\r\n"),
        "{seen}"
    );
    super::peer::goes_on(&http).await;
    assert!(proxy.requests.try_recv().is_err());
}

#[tokio::test]
async fn a_proxy_that_refuses_or_is_down_is_not_blamed_on_the_server_and_its_password_stays_in() {
    let proxy =
        Peer::saying("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            .await;
    let (down, _held) = refusing();
    for (port, url, says) in [
        (
            proxy.port,
            "https://api.example/x",
            format!(
                "the proxy 127.0.0.1:{} did not let us through to api.example:443",
                proxy.port
            ),
        ),
        (
            down,
            "https://api.example/x",
            format!("refused by the proxy 127.0.0.1:{down}"),
        ),
        (
            down,
            "http://api.example/x",
            format!("refused by the proxy 127.0.0.1:{down}"),
        ),
    ] {
        let address = format!("http://user:hunter2@127.0.0.1:{port}");
        let http = with(|settings| settings.proxy = Some(address));
        let what = failure(get(&http, url).await);
        let Failure::Connect(what) = what else {
            panic!("{what:?}");
        };
        assert!(what.contains(&says), "{what}");
        assert!(!what.contains("hunter2"), "{what}");
    }
}

#[tokio::test]
async fn a_refused_name_tells_the_address_that_was_tried() {
    let (port, _held) = refusing();
    match failure(get(&http(), &format!("http://localhost:{port}/")).await) {
        Failure::Connect(what) => {
            let end = format!("refused by localhost:{port} (tried ");
            assert!(what.contains(&end), "{what}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn settings_that_cannot_be_used_say_what_to_do() {
    let refused = |settings: Settings| Http::new(settings).err().expect("refused");
    let error = refused(Settings {
        client_pem: Some(Zeroizing::new(CA.to_vec())),
        ..Settings::default()
    });
    assert_eq!(error, HttpError::Client);
    assert!(error.to_string().contains("network.client_certificate") && !error.hint().is_empty());
    let error = refused(Settings {
        ca_pem: Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()),
        ..Settings::default()
    });
    assert_eq!(error, HttpError::Ca);
}
