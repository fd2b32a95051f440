//! The IdP: signs users in and mints ID-JAGs; a pure handler over state in memory.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    chance::{Chance, Random},
    clients::Client,
    dpop::{self, Proofs},
    faults::Switches,
    gate::Gate,
    message::{Incoming, Outgoing},
    people::{IDP_SCOPES, NOTES_SCOPES},
    refusal::uncached,
    serve::Server,
    shape::{self, Habits},
};
use crate::protocol::{
    keys::{Alg, KeyError, PrivateKey},
    metadata::Jwks,
    oauth::urn,
    time::Timestamp,
};

mod actor;
mod authorize;
mod delegate;
mod device;
mod exchange;
mod instance;
mod pages;
mod saml;
mod sign_in;
mod token;

pub(super) use token::signed;

/// The IdP and all it remembers.
pub(super) struct Idp {
    habits: &'static Habits,
    issuer: String,
    cookie: String,
    keys: SigningKeys,
    chance: Chance,
    gate: Gate,
    proofs: Proofs,
    endpoint: String,
    target: Target,
    switches: Switches,
    sessions: HashMap<String, sign_in::Session>,
    pending: HashMap<String, sign_in::Pending>,
    codes: HashMap<String, token::Code>,
    refreshes: HashMap<String, token::Refresh>,
    devices: HashMap<String, device::Device>,
    assertions: Vec<saml::Assertion>,
    actors: delegate::Actors,
    instances: instance::Instances,
}

/// The IdP's own keys: one for ID Tokens and access tokens, one for ID-JAGs.
pub(super) struct SigningKeys {
    /// Signs ID Tokens and the IdP's access tokens, RS256.
    pub rsa: PrivateKey,
    /// Signs ID-JAGs, ES256.
    pub ec: PrivateKey,
}

impl SigningKeys {
    /// Makes both keys; RSA takes a while.
    pub fn make() -> Result<Self, KeyError> {
        Ok(Self {
            rsa: PrivateKey::generate(Alg::RS256)?,
            ec: PrivateKey::generate(Alg::ES256)?,
        })
    }

    fn jwks(&self) -> Jwks {
        Jwks(json!({ "keys": [self.rsa.registration_jwk(), self.ec.registration_jwk()] }))
    }
}

/// The one resource AS that the IdP issues ID-JAGs for, and what it guards.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The issuer of the resource AS.
    pub issuer: String,
    /// Its token endpoint, which the Actor Profile's example writes in place of the issuer (AP App. B.4).
    pub endpoint: String,
    /// The resource identifiers of the APIs behind it.
    pub resources: Vec<String>,
}

impl Idp {
    /// Makes an IdP with nobody signed in and these habits.
    pub fn new(
        habits: &'static Habits,
        issuer: String,
        keys: SigningKeys,
        clients: Vec<Arc<Client>>,
        target: Target,
        random: Random,
        switches: Switches,
    ) -> Self {
        let endpoint = format!("{issuer}{}", shape::here(habits.idp_paths, "/token"));
        // Cookies do not tell ports apart, so their name has to.
        let port = issuer.rsplit(':').next().unwrap_or_default();
        let cookie = format!("jagwalk_lab_{port}");
        Self {
            gate: Gate::new(
                issuer.clone(),
                endpoint.clone(),
                habits.idp_methods,
                habits.assertion_for_issuer,
                clients,
            ),
            habits,
            issuer,
            cookie,
            keys,
            chance: Chance(random),
            proofs: Proofs::new(Chance(random), false),
            endpoint,
            target,
            switches,
            sessions: HashMap::new(),
            pending: HashMap::new(),
            codes: HashMap::new(),
            refreshes: HashMap::new(),
            devices: HashMap::new(),
            actors: delegate::Actors::of(""),
            assertions: Vec::new(),
            instances: instance::Instances::default(),
        }
    }

    /// Makes it take the actor tokens of that issuer, too.
    pub fn trusting(mut self, actor_issuer: &str) -> Self {
        self.actors = delegate::Actors::of(actor_issuer);
        self
    }

    fn metadata(&self) -> Value {
        let at = |path| {
            format!(
                "{}{}",
                self.issuer,
                shape::here(self.habits.idp_paths, path)
            )
        };
        let mut metadata = json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "device_authorization_endpoint": at("/device_authorization"),
            "jwks_uri": at("/jwks"),
            "scopes_supported": IDP_SCOPES,
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "amr", "nonce", "at_hash", "email", "email_verified", "name", "preferred_username"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [urn::AUTHORIZATION_CODE, urn::DEVICE_CODE, urn::REFRESH, urn::TOKEN_EXCHANGE],
            "identity_chaining_requested_token_types_supported": [urn::ID_JAG],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": self.habits.idp_methods,
            "token_endpoint_auth_signing_alg_values_supported": super::CLIENT_ALGS,
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": dpop::ALGS,
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "authorization_response_iss_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        });
        if self.habits.knows_instances {
            instance::advertise(&mut metadata);
        }
        if self.habits.profiles_actors {
            metadata["authorization_grant_profiles_supported"] = json!([super::actor::PROFILE]);
        }
        metadata
    }

    fn forget_the_old(&mut self, now: Timestamp) {
        self.sessions.retain(|_, session| session.until > now);
        self.pending.retain(|_, pending| pending.until > now);
        self.codes.retain(|_, code| code.remembered_until() > now);
        self.refreshes.retain(|_, refresh| refresh.until > now);
        self.devices
            .retain(|_, device| device.remembered_until() > now);
    }
}

impl Server for Idp {
    fn wants(&self, incoming: &Incoming) -> Option<String> {
        let actors = self.actors.wants(incoming);
        actors.or_else(|| self.wants_of_clients(incoming))
    }

    fn learn(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        self.actors.learn(url, fetched);
        self.learn_of_clients(url, fetched);
    }

    fn forget_keys(&mut self) {
        self.actors.forget();
        self.forget_clients();
    }

    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        self.forget_the_old(now);
        shape::named(self.answered(incoming, now), self.habits, self.chance)
    }
}

impl Idp {
    fn answered(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let get = incoming.method == "GET";
        let post = incoming.method == "POST";
        match shape::plain(self.habits.idp_paths, &incoming.path) {
            "/.well-known/openid-configuration" if get => Outgoing::json(200, &self.metadata()),
            "/jwks" if get => Outgoing::json(200, &self.keys.jwks().0),
            "/authorize" if get || post => self.authorize(incoming, now),
            "/sign-in" if get => self.show_sign_in(incoming),
            "/sign-in" if post => self.take_sign_in(incoming, now),
            "/consent" if get => self.show_consent(incoming),
            "/consent" if post => self.take_consent(incoming, now),
            "/continue" if get => self.go_on(incoming, now),
            "/token" if post => self.token(incoming, now),
            "/device_authorization" if post => self.device_authorization(incoming, now),
            "/device" if get => self.show_device(incoming, now),
            "/device" if post => self.take_device(incoming, now),
            "/token" | "/device_authorization" => uncached(Outgoing::not_allowed(incoming, "POST")),
            "/authorize" | "/sign-in" | "/consent" | "/device" => {
                Outgoing::not_allowed(incoming, "GET, POST")
            }
            "/.well-known/openid-configuration" | "/jwks" | "/continue" => {
                Outgoing::not_allowed(incoming, "GET")
            }
            _ => {
                let here = |path| shape::here(self.habits.idp_paths, path);
                let there_is = format!(
                    "/.well-known/openid-configuration, {}, {} and {}",
                    here("/jwks"),
                    here("/authorize"),
                    here("/token")
                );
                Outgoing::not_found(incoming, &there_is)
            }
        }
    }
}

/// The scopes an agent may ask for at the target.
const TARGET_SCOPES: &[&str] = &NOTES_SCOPES;
