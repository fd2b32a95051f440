//! The lab over https: a certificate authority of its own, made at start, that nobody else trusts.

use std::{fmt, net::SocketAddr, sync::Arc};

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
    server::TlsStream,
};

/// The lab's certificate authority, and a certificate of it for 127.0.0.1.
#[derive(Clone)]
pub struct Authority {
    ca_pem: String,
    config: Arc<ServerConfig>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// Makes a new authority and a certificate for 127.0.0.1, ::1 and localhost.
    ///
    /// # Errors
    /// A sentence, when the crypto library refuses.
    pub fn make() -> Result<Self, String> {
        let trouble =
            |error: rcgen::Error| format!("The lab cannot make its certificates: {error}.");
        let ca_key = KeyPair::generate().map_err(trouble)?;
        let mut ca = CertificateParams::new(Vec::new()).map_err(trouble)?;
        ca.distinguished_name
            .push(DnType::CommonName, "jagwalk lab CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_certificate = ca.self_signed(&ca_key).map_err(trouble)?;
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate().map_err(trouble)?;
        let names = ["127.0.0.1", "::1", "localhost"].map(str::to_owned);
        let mut server = CertificateParams::new(names).map_err(trouble)?;
        server
            .distinguished_name
            .push(DnType::CommonName, "jagwalk lab");
        let certificate = server.signed_by(&key, &issuer).map_err(trouble)?;
        let private = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|error| format!("The lab's own key cannot be read: {error}."))?;
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(vec![certificate.der().clone()], private)
            })
            .map_err(|error| format!("The lab cannot serve TLS: {error}."))?;
        Ok(Self {
            ca_pem: ca_certificate.pem(),
            config: Arc::new(config),
        })
    }

    /// Returns the authority's certificate as PEM: what a client has to trust.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }
}

/// A listener whose connections have shaken hands; a slow or broken handshake holds nobody else up.
pub(super) struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    task: JoinHandle<()>,
}

impl TlsListener {
    /// Takes connections of a bound listener and shakes hands with each on its own.
    pub fn new(listener: TcpListener, authority: &Authority) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let acceptor = TlsAcceptor::from(Arc::clone(&authority.config));
        let (to_server, ready) = mpsc::channel(16);
        let task = tokio::spawn(async move {
            while let Ok((stream, from)) = listener.accept().await {
                let (acceptor, to_server) = (acceptor.clone(), to_server.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        // A closed channel means that the lab has stopped.
                        let _ = to_server.send((stream, from)).await;
                    }
                });
            }
        });
        Ok(Self {
            address,
            ready,
            task,
        })
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The accepting task has ended with the system's listener; there is nothing more to come.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(self.address)
    }
}
