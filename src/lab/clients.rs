//! The clients registered in the lab: one for every way to authenticate, at the IdP and at the resource AS alike.

use std::sync::Arc;

use serde_json::Value;

use super::{chance::Chance, cimd::SOLE_METHODS, shape::Habits};
use crate::protocol::{
    digest::sha256,
    keys::{Alg, KeyError, PrivateKey, alg_name},
    oauth::urn,
    secret::Secret,
};

/// Which registered client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientKind {
    /// The one in the ready profile: `private_key_jwt` with ES256 at the IdP, `client_secret_basic` at the resource AS.
    Default,
    /// No authentication: may sign users in, may not exchange tokens, unknown at the resource AS.
    Public,
    /// `client_secret_basic` at both servers.
    SecretBasic,
    /// `client_secret_post` at both servers.
    SecretPost,
    /// `client_secret_post` at the IdP, `client_secret_basic` at the resource AS: what the MCP project's own client
    /// library does.
    PostBasic,
    /// `private_key_jwt` with RS256 at both servers.
    Rs256,
    /// `private_key_jwt` with PS256 at both servers.
    Ps256,
    /// `private_key_jwt` with ES256 at both servers.
    Es256,
    /// `private_key_jwt` with ES384 at both servers.
    Es384,
    /// `private_key_jwt` with EdDSA at both servers.
    EdDsa,
}

impl ClientKind {
    /// Every kind, the one of the ready profile first.
    pub const ALL: [Self; 10] = [
        Self::Default,
        Self::Public,
        Self::SecretBasic,
        Self::SecretPost,
        Self::PostBasic,
        Self::Rs256,
        Self::Ps256,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];
}

/// What a client proves itself with at one server.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Its id at that server.
    pub client_id: String,
    /// The method, as profiles and metadata spell it.
    pub auth: &'static str,
    /// Its secret, for the two methods that have one.
    pub client_secret: Option<Secret>,
    /// Its private key as PEM, for `private_key_jwt`.
    pub private_key: Option<Secret>,
    /// The algorithm it signs with, for `private_key_jwt`.
    pub alg: Option<&'static str>,
}

/// A client with its credentials at both servers.
#[derive(Clone, Debug)]
pub struct Registered {
    /// At the IdP.
    pub idp: Credentials,
    /// At the resource AS; the public client has none there.
    pub resource_as: Option<Credentials>,
}

/// A registration as a server stores it: nothing in it can sign.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// Its id at this server.
    pub id: String,
    /// The one way it may authenticate.
    pub auth: Auth,
    /// The grants it may use.
    pub grants: &'static [&'static str],
    /// Its id at the resource AS, where it has one.
    pub at_resource_as: Option<String>,
    /// The app that signs users in for it, where that is another client.
    pub app: Option<&'static str>,
}

/// The one way a client may authenticate.
#[derive(Clone, Debug)]
pub(super) enum Auth {
    /// Not at all.
    None,
    /// `client_secret_basic`.
    Basic(Secret),
    /// `client_secret_post`.
    Post(Secret),
    /// `client_secret_post` or `client_secret_basic`, as the client likes.
    Secret(Secret),
    /// An assertion about one of its instances, by either of its names (CIA §8.3).
    Instance,
    /// `private_key_jwt`.
    Jwt {
        /// The registered public key.
        jwk: Value,
        /// The registered algorithm.
        alg: &'static str,
    },
}

impl Auth {
    /// Returns the name of the method.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic(_) => "client_secret_basic",
            Self::Post(_) | Self::Secret(_) => "client_secret_post",
            Self::Instance => SOLE_METHODS[0],
            Self::Jwt { .. } => "private_key_jwt",
        }
    }

    /// Returns whether a client may come that way.
    pub fn takes(&self, method: &str) -> bool {
        method == self.name()
            || (matches!(self, Self::Secret(_)) && method == "client_secret_basic")
            || (matches!(self, Self::Instance) && SOLE_METHODS.contains(&method))
    }
}

/// How a client of the ready profile proves itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_basic`, with every character in the secret that form-encoding changes, so that a client that
    /// forgets it is found out.
    OddBasic,
    /// `client_secret_post`.
    Post,
    /// A secret, in the body or in the header.
    Secret,
    /// `private_key_jwt` with ES256; its clients share one key.
    Key,
}

/// Every client, seen from both sides.
pub(super) struct Clients {
    /// The app that signs users in for the agent, where that is another client.
    pub app: Option<Credentials>,
    /// What clients hold.
    pub registered: Vec<(ClientKind, Registered)>,
    /// What the IdP stores.
    pub at_idp: Vec<Arc<Client>>,
    /// What the resource AS stores.
    pub at_resource_as: Vec<Arc<Client>>,
}

/// Compares two secrets in a time that does not depend on where they differ.
pub(super) fn same_secret(one: &str, other: &str) -> bool {
    let pairs = sha256(one.as_bytes())
        .into_iter()
        .zip(sha256(other.as_bytes()));
    pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// Returns what a client of that kind holds.
pub(super) fn of(registered: &[(ClientKind, Registered)], which: ClientKind) -> &Registered {
    registered
        .iter()
        .find(|(kind, _)| *kind == which)
        .map(|(_, registered)| registered)
        .expect("every kind is registered at start")
}

impl Clients {
    /// Makes keys and secrets for every client; takes a while, because one key is RSA.
    pub fn make(chance: Chance, habits: &Habits) -> Result<Self, KeyError> {
        let rsa = PrivateKey::generate(Alg::RS256)?;
        let ec = PrivateKey::generate(Alg::ES256)?;
        let own = PrivateKey::generate(Alg::ES256)?;
        let ec384 = PrivateKey::generate(Alg::ES384)?;
        let ed = PrivateKey::generate(Alg::EdDSA)?;
        let of = |(id, method): (&str, Method)| {
            let proof = match method {
                Method::Basic => Proof::Basic(chance.token(24)),
                Method::OddBasic => Proof::Basic(format!("s3cr+t/&= %:{}", chance.token(12))),
                Method::Post => Proof::Post(chance.token(24)),
                Method::Secret => Proof::Either(chance.token(24)),
                Method::Key => Proof::Key(&own, Alg::ES256),
            };
            proof.of(id)
        };
        let mut clients = Self {
            app: None,
            registered: Vec::new(),
            at_idp: Vec::new(),
            at_resource_as: Vec::new(),
        };
        for kind in ClientKind::ALL {
            let (at_idp, at_notes) = match kind {
                ClientKind::Default => (of(habits.agent), Some(of(habits.at_resource_as))),
                ClientKind::Public => (Proof::Nothing.of("agent-public"), None),
                ClientKind::SecretBasic => both("basic", || Proof::Basic(chance.token(24))),
                ClientKind::SecretPost => both("post", || Proof::Post(chance.token(24))),
                ClientKind::PostBasic => (
                    of(("agent-post-basic", Method::Post)),
                    Some(of(("notes-post-basic", Method::Basic))),
                ),
                ClientKind::Rs256 => both("rs256", || Proof::Key(&rsa, Alg::RS256)),
                ClientKind::Ps256 => both("ps256", || Proof::Key(&rsa, Alg::PS256)),
                ClientKind::Es256 => both("es256", || Proof::Key(&ec, Alg::ES256)),
                ClientKind::Es384 => both("es384", || Proof::Key(&ec384, Alg::ES384)),
                ClientKind::EdDsa => both("eddsa", || Proof::Key(&ed, Alg::EdDSA)),
            };
            let app = habits.app.filter(|_| kind == ClientKind::Default);
            let redeems = habits.may_not_redeem != Some(kind);
            clients.register(kind, at_idp, at_notes, app.map(|(id, _)| id), redeems);
        }
        if let Some(app) = habits.app {
            let (credentials, auth) = of(app);
            clients.at_idp.push(Arc::new(Client {
                id: credentials.client_id.clone(),
                auth,
                grants: SIGN_IN_GRANTS,
                at_resource_as: None,
                app: None,
            }));
            clients.app = Some(credentials);
        }
        Ok(clients)
    }

    fn register(
        &mut self,
        kind: ClientKind,
        at_idp: Sides,
        at_notes: Option<Sides>,
        app: Option<&'static str>,
        redeems: bool,
    ) {
        let (idp, stored) = at_idp;
        let (resource_as, stored_there) = at_notes.unzip();
        self.at_idp.push(Arc::new(Client {
            grants: if resource_as.is_some() {
                &[
                    urn::AUTHORIZATION_CODE,
                    urn::DEVICE_CODE,
                    urn::REFRESH,
                    urn::TOKEN_EXCHANGE,
                ]
            } else {
                SIGN_IN_GRANTS
            },
            at_resource_as: resource_as
                .as_ref()
                .map(|there: &Credentials| there.client_id.clone()),
            id: idp.client_id.clone(),
            auth: stored,
            app,
        }));
        if let Some((there, auth)) = resource_as.as_ref().zip(stored_there) {
            self.at_resource_as.push(Arc::new(Client {
                id: there.client_id.clone(),
                auth,
                grants: if redeems {
                    &[urn::JWT_BEARER, urn::TOKEN_EXCHANGE]
                } else {
                    &[urn::TOKEN_EXCHANGE]
                },
                at_resource_as: None,
                app: None,
            }));
        }
        self.registered
            .push((kind, Registered { idp, resource_as }));
    }
}

/// Returns what a client of that id holds that proves itself with this key.
pub(super) fn keyed(id: &str, key: &PrivateKey) -> Credentials {
    Proof::Key(key, key.alg()).of(id).0
}

/// Makes the workload of that name as the actor issuer knows it: a key, and nothing that could leak from a file.
pub(super) fn workload(name: &str) -> Result<(Credentials, Arc<Client>), KeyError> {
    let key = PrivateKey::generate(Alg::ES256)?;
    let (credentials, auth) = Proof::Key(&key, Alg::ES256).of(name);
    let client = Client {
        id: name.to_owned(),
        auth,
        grants: &[urn::CLIENT_CREDENTIALS],
        at_resource_as: None,
        app: None,
    };
    Ok((credentials, Arc::new(client)))
}

/// What a client may do that signs users in and does no more.
const SIGN_IN_GRANTS: &[&str] = &[urn::AUTHORIZATION_CODE, urn::DEVICE_CODE, urn::REFRESH];

/// What the client holds, and what the server stores.
type Sides = (Credentials, Auth);

/// How a client is going to prove itself.
enum Proof<'a> {
    Nothing,
    Basic(String),
    Post(String),
    Either(String),
    Key(&'a PrivateKey, Alg),
}

impl Proof<'_> {
    fn of(self, client_id: &str) -> Sides {
        let mut credentials = Credentials {
            client_id: client_id.to_owned(),
            auth: "none",
            client_secret: None,
            private_key: None,
            alg: None,
        };
        let stored = match self {
            Self::Nothing => Auth::None,
            Self::Basic(text) => Auth::Basic(Secret::typed("client_secret", text)),
            Self::Post(text) => Auth::Post(Secret::typed("client_secret", text)),
            Self::Either(text) => Auth::Secret(Secret::typed("client_secret", text)),
            Self::Key(key, alg) => {
                let pem = key.to_pem();
                credentials.private_key = Some(Secret::minted("private_key", pem.as_str()));
                credentials.alg = Some(alg_name(alg));
                let mut jwk = key.registration_jwk();
                jwk["alg"] = alg_name(alg).into();
                Auth::Jwt {
                    jwk,
                    alg: alg_name(alg),
                }
            }
        };
        if let Auth::Basic(secret) | Auth::Post(secret) | Auth::Secret(secret) = &stored {
            credentials.client_secret = Some(secret.clone());
        }
        credentials.auth = stored.name();
        (credentials, stored)
    }
}

fn both<'a>(name: &str, proof: impl Fn() -> Proof<'a>) -> (Sides, Option<Sides>) {
    (
        proof().of(&format!("agent-{name}")),
        Some(proof().of(&format!("notes-{name}"))),
    )
}
