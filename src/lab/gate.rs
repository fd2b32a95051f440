//! The gate of a token endpoint: a sound form from a client that proves itself in the one way it is registered for.

use std::{collections::HashMap, sync::Arc};

use serde_json::json;
use url::form_urlencoded;

use super::{
    cimd::SOLE_METHODS,
    clients::{Auth, Client, same_secret},
    form::Form,
    jwt::{Kind, as_text},
    message::Incoming,
    refusal::{Refusal, must, received},
};
use crate::protocol::{
    digest::from_b64url,
    jwt::{Claims, Token},
    metadata::Jwks,
    oauth::urn,
    secret::Secret,
    time::Timestamp,
};

/// How long a client assertion may live, in seconds: it is made for one request.
const ASSERTION_LIFE: i64 = 3600;

/// What guards a token endpoint.
pub struct Gate {
    issuer: String,
    endpoint: String,
    methods: &'static [&'static str],
    assertion_for_issuer: bool,
    clients: Vec<Arc<Client>>,
    used: HashMap<(String, String), Timestamp>,
}

/// What a request brought to prove who sent it.
enum Proof<'a> {
    Nothing(&'a str),
    Basic(BasicPair),
    Post(&'a str, &'a str),
    Assertion(&'a str),
}

/// Id and secret of a Basic field, decoded; and the secret as it stood before form-decoding.
struct BasicPair {
    id: String,
    secret: String,
    undecoded: String,
}

impl Gate {
    /// Makes a gate for the token endpoint of an issuer.
    /// `methods` are the ways to authenticate that it takes at all; `assertion_for_issuer` says whether a client
    /// assertion may be made out to the issuer.
    pub fn new(
        issuer: String,
        endpoint: String,
        methods: &'static [&'static str],
        assertion_for_issuer: bool,
        clients: Vec<Arc<Client>>,
    ) -> Self {
        Self {
            issuer,
            endpoint,
            methods,
            assertion_for_issuer,
            clients,
            used: HashMap::new(),
        }
    }

    /// Returns the client of that id.
    pub fn client(&self, id: &str) -> Option<&Arc<Client>> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// Takes a client in, in place of one of the same id.
    pub fn put(&mut self, client: Arc<Client>) {
        self.remove(&client.id);
        self.clients.push(client);
    }

    /// Strikes a client off.
    pub fn remove(&mut self, id: &str) {
        self.clients.retain(|client| client.id != id);
    }

    /// Lets a request in: its form, the client that sent it, and the grant that it may use.
    pub fn admit(
        &mut self,
        incoming: &Incoming,
        now: Timestamp,
    ) -> Result<(Form, Arc<Client>, &'static str), Refusal> {
        let (form, client) = self.authenticated(incoming, now)?;
        let grant = form.need("grant_type")?;
        let known = client.grants.iter().find(|known| **known == grant).copied();
        let offered: Vec<&str> = self
            .clients
            .iter()
            .flat_map(|client| client.grants.iter().copied())
            .collect();
        must(offered.contains(&grant), "unsupported_grant_type", || {
            format!(
                "{} does not do grant_type {}.",
                self.endpoint,
                received(Some(grant))
            )
        })?;
        let grant = known.ok_or_else(|| {
            Refusal::new(
                "unauthorized_client",
                format!(
                    "The client {} may use {}, received grant_type {grant}.",
                    client.id,
                    received(Some(&client.grants.join(" and ")))
                ),
            )
        })?;
        Ok((form, client, grant))
    }

    /// Finds out who sent a form.
    pub fn authenticated(
        &mut self,
        incoming: &Incoming,
        now: Timestamp,
    ) -> Result<(Form, Arc<Client>), Refusal> {
        no_credentials_in_the_address(incoming)?;
        let form = Form::read(incoming)?;
        let proof = one_proof(incoming, &form)?;
        let client = self.proven(&proof, &form, now)?;
        Ok((form, client))
    }

    fn proven(
        &mut self,
        proof: &Proof<'_>,
        form: &Form,
        now: Timestamp,
    ) -> Result<Arc<Client>, Refusal> {
        let (id, method) = match proof {
            Proof::Nothing(id) => ((*id).to_owned(), "none"),
            Proof::Basic(pair) => (pair.id.clone(), "client_secret_basic"),
            Proof::Post(id, _) => ((*id).to_owned(), "client_secret_post"),
            Proof::Assertion(raw) => (named_in(raw)?, "private_key_jwt"),
        };
        let client = self.client(&id).cloned().ok_or_else(|| {
            Refusal::new(
                "invalid_client",
                format!(
                    "No client {} is registered at {}.",
                    received(Some(&id)),
                    self.issuer
                ),
            )
        })?;
        // Whoever has no credential but an instance's assertion shows that; it is judged with the grant (CIA §8.3).
        let method = match (&client.auth, method) {
            (Auth::Instance, "none") if form.get("client_instance_assertion").is_some() => {
                SOLE_METHODS[0]
            }
            (Auth::Instance, "none") if form.get("actor_token").is_some() => SOLE_METHODS[1],
            _ => method,
        };
        let known = self.methods.contains(&method) || SOLE_METHODS.contains(&method);
        must(known, "invalid_client", || {
            format!(
                "{} takes {}, received {method}.",
                self.endpoint,
                self.methods.join(" or ")
            )
        })?;
        let named = form.get("client_id");
        must(
            named.is_none_or(|named| named == client.id),
            "invalid_client",
            || {
                format!(
                    "Expected client_id {} as in the authentication, received {}.",
                    client.id,
                    received(named)
                )
            },
        )?;
        must(client.auth.takes(method), "invalid_client", || {
            format!(
                "The client {} is registered for {}, received {method}.",
                client.id,
                client.auth.name()
            )
        })?;
        match (proof, &client.auth) {
            (Proof::Basic(pair), Auth::Basic(secret) | Auth::Secret(secret)) => {
                right_secret(&pair.secret, Some(&pair.undecoded), secret)?;
            }
            (Proof::Post(_, given), Auth::Post(secret) | Auth::Secret(secret)) => {
                right_secret(given, None, secret)?;
            }
            (Proof::Assertion(raw), Auth::Jwt { jwk, alg }) => {
                let keys = Jwks(json!({ "keys": [jwk] }));
                self.sound_assertion(raw, &client, &keys, alg, now)?;
            }
            _ => {}
        }
        Ok(client)
    }

    fn sound_assertion(
        &mut self,
        raw: &str,
        client: &Client,
        keys: &Jwks,
        alg: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let kind = Kind {
            name: "client assertion",
            error: "invalid_client",
            types: &["", "jwt", "client-authentication+jwt"],
            algs: &[alg],
        };
        let claims = kind.open(raw, keys, "the client's registration")?;
        kind.equals(&claims, "iss", &client.id)?;
        kind.equals(&claims, "sub", &client.id)?;
        let audiences: &[&str] = if self.assertion_for_issuer {
            &[&self.issuer, &self.endpoint]
        } else {
            &[&self.endpoint]
        };
        kind.only_audience(&claims, audiences)?;
        kind.in_time(&claims, now)?;
        let exp = kind.time(&claims, "exp")?;
        must(
            exp <= now.plus_secs(ASSERTION_LIFE),
            "invalid_client",
            || {
                format!(
                    "Expected the client assertion to end within {ASSERTION_LIFE} s, received exp {}.",
                    as_text(claims.get("exp"))
                )
            },
        )?;
        let jti = kind.needs(&claims, "jti")?;
        self.used.retain(|_, until| *until > now);
        let first = self
            .used
            .insert((client.id.clone(), jti.to_owned()), exp)
            .is_none();
        must(first, "invalid_client", || {
            format!(
                "Expected a jti that was not used before, received {} again.",
                received(Some(jti))
            )
        })
    }
}

/// Refuses credentials in the address, where logs would keep them (RFC 6749 §2.3.1).
fn no_credentials_in_the_address(incoming: &Incoming) -> Result<(), Refusal> {
    let query = Form::lenient(&incoming.query);
    let found = ["client_secret", "client_assertion"]
        .into_iter()
        .find(|name| query.get(name).is_some());
    must(found.is_none(), "invalid_request", || {
        format!(
            "Expected credentials in the header or the body, received {} in the address.",
            received(found)
        )
    })
}

/// Finds the one proof in a request; two are refused (RFC 6749 §2.3).
fn one_proof<'a>(incoming: &Incoming, form: &'a Form) -> Result<Proof<'a>, Refusal> {
    let fields: Vec<&str> = incoming.all("authorization").collect();
    let secret = form.get("client_secret");
    let assertion = form.get("client_assertion");
    let kind = form.get("client_assertion_type");
    let count = fields.len() + usize::from(secret.is_some()) + usize::from(assertion.is_some());
    must(count <= 1, "invalid_request", || {
        let mut found = vec!["an Authorization field"; fields.len()];
        found.extend(secret.map(|_| "client_secret"));
        found.extend(assertion.map(|_| "client_assertion"));
        format!(
            "Expected one way to authenticate, received {}.",
            found.join(" and ")
        )
    })?;
    must(
        assertion.is_some() == kind.is_some(),
        "invalid_request",
        || {
            "Expected client_assertion and client_assertion_type together, received one of them."
                .to_owned()
        },
    )?;
    must(
        kind.is_none_or(|kind| kind == urn::CLIENT_ASSERTION),
        "invalid_client",
        || {
            format!(
                "Expected client_assertion_type {}, received {}.",
                urn::CLIENT_ASSERTION,
                received(kind)
            )
        },
    )?;
    if let Some(field) = fields.first() {
        return basic_pair(field).map(Proof::Basic);
    }
    if let Some(raw) = assertion {
        return Ok(Proof::Assertion(raw));
    }
    let id = form.get("client_id").ok_or_else(|| {
        Refusal::new(
            "invalid_client",
            "Expected client authentication or a client_id, received neither.",
        )
    })?;
    Ok(match secret {
        Some(secret) => Proof::Post(id, secret),
        None => Proof::Nothing(id),
    })
}

/// Reads a Basic field: base64, split at the first colon, both halves form-decoded (RFC 6749 §2.3.1).
fn basic_pair(field: &str) -> Result<BasicPair, Refusal> {
    let wrong = |what: &str| Refusal::new("invalid_client", what);
    let (scheme, encoded) = field.split_once(' ').unwrap_or((field, ""));
    must(
        scheme.eq_ignore_ascii_case("basic"),
        "invalid_client",
        || {
            format!(
                "Expected the Basic scheme at a token endpoint, received {}.",
                received(Some(scheme))
            )
        },
    )?;
    let bytes = from_b64url(&encoded.trim().replace('+', "-").replace('/', "_"))
        .map_err(|_| wrong("Expected base64 after Basic, received something else."))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| wrong("Expected UTF-8 inside the Basic field, received other bytes."))?;
    let (id, secret) = text
        .split_once(':')
        .ok_or_else(|| wrong("Expected id:secret inside the Basic field, received no colon."))?;
    Ok(BasicPair {
        id: form_decoded(id),
        secret: form_decoded(secret),
        undecoded: secret.to_owned(),
    })
}

fn form_decoded(text: &str) -> String {
    let pair = format!("={text}");
    form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn right_secret(given: &str, undecoded: Option<&str>, secret: &Secret) -> Result<(), Refusal> {
    must(
        same_secret(given, secret.reveal()),
        "invalid_client",
        || {
            if undecoded.is_some_and(|text| same_secret(text, secret.reveal())) {
                "Expected id and secret form-encoded before base64 (RFC 6749 section 2.3.1), received the secret as it is."
                .to_owned()
            } else {
                "The client_secret is not the registered one.".to_owned()
            }
        },
    )
}

/// Returns the client that an assertion names, before anything in it is trusted.
fn named_in(raw: &str) -> Result<String, Refusal> {
    let token = Token::parse(&Secret::minted("client assertion", raw));
    let claims = token.claims.json.unwrap_or_default();
    let name = Claims(&claims)
        .text("sub")
        .or_else(|| Claims(&claims).text("iss"));
    name.map(str::to_owned).ok_or_else(|| {
        Refusal::new(
            "invalid_client",
            "Expected a client assertion that names the client in sub, received none.",
        )
    })
}
