//! The lab: an IdP, a resource AS and an API on loopback, to walk against without any account.
//!
//! Three issuers on three ports, in one process, with keys made at start and real HTTP between them. Each server is a
//! pure handler (`idp`, `resource_as`, `api`); `serve` is the only file that knows sockets. What is checked stands as
//! one sequence of sentences per token and per request, and each refusal names expected and received.
//!
//! The IdP has one habit that no real server has: a `login_hint` that names a user signs that user in, unless `prompt`
//! says to ask. So a client that follows redirects and keeps cookies needs no person.

use std::fmt;

use tokio::{net::TcpListener, task::spawn_blocking};

use crate::protocol::{
    keys::{Alg, KeyError, PrivateKey, install_crypto},
    party::Party,
    secret::Secret,
};

mod api;
mod chance;
mod clients;
mod form;
mod gate;
mod idp;
mod jwt;
mod keyring;
mod message;
mod people;
mod refusal;
mod resource_as;
mod serve;
mod tls;

pub use chance::Random;
pub use clients::{ClientKind, Credentials, Registered};
pub use people::{IDP_SCOPES, NOTES_SCOPES, USERS, User};
pub use serve::{Clock, Entry, Fetch};
pub use tls::Authority;

/// The path of the resource AS's issuer: so that the well-known part has to go between host and path (RFC 8414 §3.1).
const TENANT: &str = "/tenant/notes";

/// The algorithms that clients are registered with.
const CLIENT_ALGS: [&str; 5] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];

/// What the lab asks of the user when it is walked with the ready profile.
const SSO_SCOPE: &str = "openid email offline_access";

/// What the ready profile asks of the resource AS; policy grants alice all of it.
const AGENT_SCOPE: &str = "notes.read notes.write";

/// What the lab needs from outside.
#[derive(Clone)]
pub struct Options {
    /// The first of three ports in a row; `None` for free ones.
    pub port: Option<u16>,
    /// How its servers fetch each other's keys.
    pub fetch: Fetch,
    /// The clock.
    pub now: Clock,
    /// Randomness for everything but keys.
    pub random: Random,
    /// Serves https with a certificate of this authority; plain http without one.
    pub tls: Option<Authority>,
}

/// A running lab; it stops when it is dropped.
pub struct Lab {
    idp: String,
    resource_as: String,
    api: String,
    clients: Vec<(ClientKind, Registered)>,
    assertions: Vec<(&'static str, Secret)>,
    ledger: serve::Ledger,
    running: Vec<serve::Running>,
}

/// A value of the ready profile.
#[derive(Clone, Debug)]
pub enum Setting {
    /// Shown as it is.
    Text(String),
    /// A secret.
    Secret(Secret),
}

/// Why the lab could not start.
#[derive(Debug)]
pub enum LabError {
    /// A port could not be had.
    Port {
        /// The port, 0 for any free one.
        port: u16,
        /// What the system said.
        error: std::io::Error,
    },
    /// There are no three ports from there on.
    PortsEnd(u16),
    /// A key could not be made.
    Key(KeyError),
}

impl LabError {
    /// Returns what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Port { .. } => "Give another --port, or leave it out for free ports.",
            Self::PortsEnd(_) => "The lab takes three ports in a row: give one up to 65533.",
            Self::Key(_) => "Try again; if it stays, please report it.",
        }
    }
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { port, error } => {
                write!(f, "The lab cannot listen on 127.0.0.1:{port}: {error}.")
            }
            Self::PortsEnd(port) => {
                write!(
                    f,
                    "Expected a port with two more after it, received {port}."
                )
            }
            Self::Key(error) => write!(f, "The lab cannot make its keys: {error}"),
        }
    }
}

impl std::error::Error for LabError {}

/// Starts the lab; when this returns, all three servers accept connections.
///
/// # Errors
/// When a port is taken or a key cannot be made.
pub async fn start(options: Options) -> Result<Lab, LabError> {
    install_crypto();
    let ports = match options.port {
        None => [0; 3],
        Some(first) => {
            let last = first.checked_add(2).ok_or(LabError::PortsEnd(first))?;
            [first, first + 1, last]
        }
    };
    let (idp_listener, idp_port) = listen(ports[0]).await?;
    let (as_listener, as_port) = listen(ports[1]).await?;
    let (api_listener, api_port) = listen(ports[2]).await?;
    let chance = chance::Chance(options.random);
    let (signing, as_key, clients) = spawn_blocking(move || {
        let signing = idp::SigningKeys::make()?;
        let as_key = PrivateKey::generate(Alg::ES256)?;
        Ok((signing, as_key, clients::Clients::make(chance)?))
    })
    .await
    .unwrap_or_else(|_| Err(KeyError("The thread that makes keys has ended.".to_owned())))
    .map_err(LabError::Key)?;

    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let idp_issuer = format!("{scheme}://127.0.0.1:{idp_port}");
    let as_origin = format!("{scheme}://127.0.0.1:{as_port}");
    let as_issuer = format!("{as_origin}{TENANT}");
    let api_origin = format!("{scheme}://127.0.0.1:{api_port}");
    let resource = format!("{api_origin}{}", api::NOTES);
    let mut idp = idp::Idp::new(
        idp_issuer.clone(),
        format!("jagwalk_lab_{idp_port}"),
        signing,
        clients.at_idp,
        idp::Target {
            issuer: as_issuer.clone(),
            resource: resource.clone(),
        },
        options.random,
    );
    let agent = &clients::of(&clients.registered, ClientKind::Default)
        .idp
        .client_id;
    let minted = (options.now)();
    let assertions = USERS
        .iter()
        .map(|user| (user.name, idp.mint_assertion(user, agent, minted)))
        .collect();
    let resource_as = resource_as::ResourceAs::new(
        &as_origin,
        TENANT,
        resource_as::Neighbours {
            idp: idp_issuer.clone(),
            resource: resource.clone(),
        },
        as_key,
        clients.at_resource_as,
        options.random,
    );
    let api = api::Api::new(&api_origin, &as_issuer);

    let ledger = serve::Ledger::default();
    let around = serve::Surroundings {
        fetch: options.fetch,
        now: options.now,
        ledger: ledger.clone(),
        tls: options.tls,
    };
    Ok(Lab {
        idp: idp_issuer,
        resource_as: as_issuer,
        api: resource,
        clients: clients.registered,
        assertions,
        ledger,
        running: vec![
            serve::serve(idp_listener, Party::Idp, idp, around.clone()),
            serve::serve(as_listener, Party::ResourceAs, resource_as, around.clone()),
            serve::serve(api_listener, Party::Api, api, around),
        ],
    })
}

impl Lab {
    /// Returns the issuer of the IdP.
    pub fn idp(&self) -> &str {
        &self.idp
    }

    /// Returns the issuer of the resource AS.
    pub fn resource_as(&self) -> &str {
        &self.resource_as
    }

    /// Returns the address of the notes, which is the API's resource identifier, too.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// Returns the values that a profile with `lab = true` gets, by their path in the profile.
    pub fn settings(&self) -> Vec<(&'static str, Setting)> {
        let client = self.client(ClientKind::Default);
        let text = |text: &str| Setting::Text(text.to_owned());
        let mut settings = vec![
            ("idp.issuer", text(&self.idp)),
            ("sso.client_id", text(&client.idp.client_id)),
            ("sso.auth", text(client.idp.auth)),
            ("sso.scope", text(SSO_SCOPE)),
            ("agent.resource", text(&self.api)),
            ("agent.scope", text(AGENT_SCOPE)),
            ("resource_as.issuer", text(&self.resource_as)),
            ("api.url", text(&self.api)),
            ("api.method", text("GET")),
        ];
        settings.extend(client.idp.alg.map(|alg| ("sso.alg", text(alg))));
        let assertion = self.saml_assertion(USERS[0].name).cloned();
        settings.extend(assertion.map(|xml| ("agent.saml_assertion", Setting::Secret(xml))));
        let key = client.idp.private_key.clone();
        settings.extend(key.map(|key| ("sso.private_key", Setting::Secret(key))));
        if let Some(there) = &client.resource_as {
            settings.push(("resource_as.client_id", text(&there.client_id)));
            settings.push(("resource_as.auth", text(there.auth)));
            let secret = there.client_secret.clone();
            settings.extend(secret.map(|s| ("resource_as.client_secret", Setting::Secret(s))));
        }
        settings
    }

    /// Returns a registered client with its credentials at both servers.
    pub fn client(&self, which: ClientKind) -> &Registered {
        clients::of(&self.clients, which)
    }

    /// Returns the SAML assertion about a user, for the client of the ready profile; made at start, good for eight hours.
    pub fn saml_assertion(&self, user: &str) -> Option<&Secret> {
        let mut all = self.assertions.iter();
        all.find(|(name, _)| *name == user).map(|(_, xml)| xml)
    }

    /// Returns every request that the three servers have seen, oldest first.
    pub fn ledger(&self) -> Vec<Entry> {
        self.ledger.entries()
    }

    /// Stops all three servers and waits until their ports are free.
    pub async fn stop(self) {
        for running in self.running {
            running.stop().await;
        }
    }
}

async fn listen(port: u16) -> Result<(TcpListener, u16), LabError> {
    let trouble = |error| LabError::Port { port, error };
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(trouble)?;
    let port = listener.local_addr().map_err(trouble)?.port();
    Ok((listener, port))
}
