//! Clients whose id is an address: the documents that the lab's own publish, and how a server reads one
//! (draft-ietf-oauth-client-id-metadata-document).

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, json};
use url::{Host, Url};

use super::{
    CLIENT_ALGS,
    clients::{Auth, Client},
    keyring::Keyring,
    message::{Incoming, Outgoing},
    refusal::{Refusal, must, received},
    serve::Server,
};
use crate::protocol::{metadata::Jwks, oauth::urn, time::Timestamp};

/// The path below which the documents stand.
pub(super) const CLIENTS: &str = "/clients";

/// The client that proves itself with its own key.
pub(super) const CODEX: &str = "codex";

/// The client whose instances' assertions are its only credential.
pub(super) const CODEX_SOLE: &str = "codex-sole";

/// The ways to authenticate by an assertion alone, as the two versions of the draft spell it (CIA §8.3, CIA-01 §8.3).
pub(super) const SOLE_METHODS: [&str; 2] = ["client_instance_assertion", "client_instance_jwt"];

/// The most bytes of a document that are read (CIMD §6.6).
const MOST: usize = 5 * 1024;

/// Serves documents, each at its own address.
pub(super) struct Publisher(pub Vec<(&'static str, Value)>);

/// Makes the document of a client with instances.
pub(super) fn document(id: &str, name: &str, jwk: Option<&Value>, issuer: &Value) -> Value {
    let mut document = json!({
        "client_id": id,
        "client_name": name,
        "redirect_uris": ["http://127.0.0.1/callback", "http://[::1]/callback"],
        "grant_types": [urn::AUTHORIZATION_CODE, urn::CLIENT_CREDENTIALS, urn::REFRESH],
        "response_types": ["code"],
        "dpop_bound_access_tokens": true,
        "token_endpoint_auth_method": SOLE_METHODS[0],
        "instance_issuers": [issuer],
    });
    if let Some(jwk) = jwk {
        document["token_endpoint_auth_method"] = json!("private_key_jwt");
        document["token_endpoint_auth_signing_alg"] = json!("ES256");
        document["jwks"] = json!({ "keys": [jwk] });
    }
    document
}

impl Server for Publisher {
    fn answer(&mut self, incoming: &Incoming, _now: Timestamp) -> Outgoing {
        let name = incoming
            .path
            .strip_prefix(CLIENTS)
            .and_then(|rest| rest.strip_prefix('/'));
        let found = self.0.iter().find(|(other, _)| name == Some(other));
        match found {
            Some((_, document)) if incoming.method == "GET" => {
                Outgoing::json(200, document).with("cache-control", "max-age=300")
            }
            Some(_) => Outgoing::not_allowed(incoming, "GET"),
            None => {
                let all: Vec<String> = self
                    .0
                    .iter()
                    .map(|(name, _)| format!("{CLIENTS}/{name}"))
                    .collect();
                Outgoing::not_found(incoming, &all.join(" and "))
            }
        }
    }
}

/// Whose word about a client's instances counts (CIA §6.1.1).
#[derive(Debug)]
pub(super) struct Descriptor {
    /// The issuer.
    pub issuer: String,
    /// The algorithms that it signs with.
    pub algs: Vec<String>,
    /// Its keys.
    pub keys: Source,
}

/// Where an issuer's keys are.
#[derive(Debug)]
pub(super) enum Source {
    /// At an address.
    Ring(Keyring),
    /// In the document itself.
    Here(Jwks),
}

impl Source {
    /// Returns the keys.
    pub fn keys(&self) -> Result<&Jwks, Refusal> {
        match self {
            Self::Ring(ring) => ring.keys(),
            Self::Here(keys) => Ok(keys),
        }
    }

    /// Says where they are.
    pub fn from(&self) -> &str {
        match self {
            Self::Ring(ring) => ring.url(),
            Self::Here(_) => "the client's metadata document",
        }
    }
}

/// What a document says, once it has been judged.
#[derive(Debug)]
pub(super) struct Published {
    /// The client.
    pub client: Arc<Client>,
    /// Whose word about its instances counts.
    pub issuers: Vec<Descriptor>,
}

/// The documents that a server has read.
#[derive(Debug, Default)]
pub(super) struct Documents(HashMap<String, Result<Published, String>>);

impl Documents {
    /// Tells whether a client's id is an address to read.
    pub fn is_address(id: &str) -> bool {
        id.starts_with("https://") || id.starts_with("http://")
    }

    /// Returns the address to fetch before a client can be judged; `anew` reads it again.
    pub fn wants(&self, id: &str, anew: bool) -> Option<String> {
        let unread = anew || !self.0.contains_key(id);
        (Self::is_address(id) && unread && fit_to_fetch(id).is_ok()).then(|| id.to_owned())
    }

    /// Tells whether an address is that of a client's document, and not of some issuer's keys.
    pub fn is_document(&self, url: &str) -> bool {
        let keys = |read: &Published| {
            read.issuers
                .iter()
                .any(|one| matches!(&one.keys, Source::Ring(ring) if ring.url() == url))
        };
        Self::is_address(url) && !self.0.values().flatten().any(keys)
    }

    /// Takes in what the fetch of a document brought, and returns the client that it describes.
    pub fn learn(&mut self, id: &str, fetched: &Result<Vec<u8>, String>) -> Option<Arc<Client>> {
        let read = fetched
            .as_ref()
            .map_err(|why| format!("it could not be fetched: {why}"))
            .and_then(|bytes| published(id, bytes));
        let client = read.as_ref().ok().map(|read| Arc::clone(&read.client));
        self.0.insert(id.to_owned(), read);
        client
    }

    /// Takes in keys of an issuer.
    pub fn learn_keys(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        for read in self.0.values_mut().flatten() {
            for descriptor in &mut read.issuers {
                if let Source::Ring(ring) = &mut descriptor.keys {
                    ring.learn(url, fetched);
                }
            }
        }
    }

    /// Returns the keys to fetch before an assertion for a client can be judged.
    pub fn wants_keys(&self, id: &str, issuer: &str, raw: &str) -> Option<String> {
        match &self.descriptor(id, issuer)?.keys {
            Source::Ring(ring) => ring.wants(raw),
            Source::Here(_) => None,
        }
    }

    /// Returns what a client's document says.
    pub fn read(&self, id: &str) -> Option<&Published> {
        self.0.get(id)?.as_ref().ok()
    }

    /// Returns the entry of an issuer in a client's document.
    pub fn descriptor(&self, id: &str, issuer: &str) -> Option<&Descriptor> {
        let mut all = self.read(id)?.issuers.iter();
        all.find(|one| one.issuer == issuer)
    }

    /// Refuses a client whose id is an address at which nothing fit to use stands.
    pub fn judge(&self, id: &str) -> Result<(), Refusal> {
        if !Self::is_address(id) {
            return Ok(());
        }
        let wrong = |why: &str| {
            Refusal::new(
                "invalid_client",
                format!(
                    "The client metadata document {} is not usable: {why}.",
                    received(Some(id))
                ),
            )
        };
        fit_to_fetch(id).map_err(|why| wrong(&why))?;
        match self.0.get(id) {
            Some(Err(why)) => Err(wrong(why)),
            _ => Ok(()),
        }
    }

    /// Forgets all of them.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

/// Says why an address is no client id, or none that this server fetches (CIMD §3, §6.5). Plain http is taken on
/// loopback alone, and nothing beyond loopback is fetched: this is a lab.
fn fit_to_fetch(id: &str) -> Result<(), String> {
    let url = Url::parse(id).map_err(|why| format!("it is no address: {why}"))?;
    let here = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        _ => false,
    };
    // As it is written, because a parser would take the dots out.
    let after = id.split_once("://").map_or("", |(_, rest)| rest);
    let path = after.find('/').map_or("", |at| &after[at..]);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let dots = path.split('/').any(|part| {
        matches!(
            part.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        )
    });
    let faults = [
        (!here, "this lab fetches from loopback alone"),
        (path.is_empty(), "it has no path"),
        (url.fragment().is_some(), "it has a fragment"),
        (
            !url.username().is_empty() || url.password().is_some(),
            "it has a user name in it",
        ),
        (dots, "it has . or .. in its path"),
    ];
    match faults.into_iter().find(|(is, _)| *is) {
        Some((_, why)) => Err(why.to_owned()),
        None => Ok(()),
    }
}

/// Reads a document (CIMD §4.1).
fn published(id: &str, bytes: &[u8]) -> Result<Published, String> {
    if bytes.len() > MOST {
        return Err(format!(
            "expected at most {MOST} bytes, received {}",
            bytes.len()
        ));
    }
    let json: Value =
        serde_json::from_slice(bytes).map_err(|why| format!("it is no JSON: {why}"))?;
    let named = json["client_id"].as_str();
    if named != Some(id) {
        return Err(format!(
            "expected client_id {id} in it, received {}",
            received(named)
        ));
    }
    if json.get("client_secret").is_some() {
        return Err("it publishes a client_secret".to_owned());
    }
    let method = json["token_endpoint_auth_method"].as_str();
    let auth = match method {
        Some("none") => Auth::None,
        Some("private_key_jwt") => own_key(&json)?,
        Some(method) if SOLE_METHODS.contains(&method) => Auth::Instance,
        other => {
            return Err(format!(
                "expected token_endpoint_auth_method private_key_jwt, {} or none, received {}",
                SOLE_METHODS.join(", "),
                received(other)
            ));
        }
    };
    let listed = |grant: &str| {
        let list = json["grant_types"].as_array();
        // Absent means the code alone (RFC 7591 §2).
        list.map_or(grant == urn::AUTHORIZATION_CODE, |list| {
            list.iter().any(|one| one == grant)
        })
    };
    let grants = GRANTS
        .iter()
        .find(|grants| {
            ALL_GRANTS
                .iter()
                .all(|one| listed(one) == grants.contains(one))
        })
        .copied()
        .unwrap_or_default();
    let mut issuers: Vec<Descriptor> = Vec::new();
    for one in json["instance_issuers"].as_array().into_iter().flatten() {
        let descriptor = descriptor(one)?;
        if issuers
            .iter()
            .any(|other| other.issuer == descriptor.issuer)
        {
            return Err(format!(
                "its instance_issuers name {} twice",
                descriptor.issuer
            ));
        }
        issuers.push(descriptor);
    }
    let client = Client {
        id: id.to_owned(),
        auth,
        grants,
        at_resource_as: None,
        app: None,
    };
    Ok(Published {
        client: Arc::new(client),
        issuers,
    })
}

/// The grants that such a client may have, …
const ALL_GRANTS: [&str; 3] = [
    urn::AUTHORIZATION_CODE,
    urn::CLIENT_CREDENTIALS,
    urn::REFRESH,
];

/// … and every choice of them.
const GRANTS: &[&[&str]] = &[
    &[
        urn::AUTHORIZATION_CODE,
        urn::CLIENT_CREDENTIALS,
        urn::REFRESH,
    ],
    &[urn::AUTHORIZATION_CODE, urn::CLIENT_CREDENTIALS],
    &[urn::AUTHORIZATION_CODE, urn::REFRESH],
    &[urn::CLIENT_CREDENTIALS, urn::REFRESH],
    &[urn::AUTHORIZATION_CODE],
    &[urn::CLIENT_CREDENTIALS],
    &[urn::REFRESH],
    &[],
];

fn own_key(json: &Value) -> Result<Auth, String> {
    let alg = json["token_endpoint_auth_signing_alg"].as_str();
    let alg = CLIENT_ALGS
        .into_iter()
        .find(|known| alg == Some(known))
        .ok_or_else(|| {
            format!(
                "expected token_endpoint_auth_signing_alg {}, received {}",
                CLIENT_ALGS.join(" or "),
                received(alg)
            )
        })?;
    match json["jwks"]["keys"].as_array().map(Vec::as_slice) {
        Some([jwk]) => Ok(Auth::Jwt {
            jwk: jwk.clone(),
            alg,
        }),
        keys => Err(format!(
            "expected jwks with one key, received {}",
            keys.map_or(0, <[Value]>::len)
        )),
    }
}

fn descriptor(one: &Value) -> Result<Descriptor, String> {
    let issuer = one["issuer"]
        .as_str()
        .ok_or("an entry of its instance_issuers has no issuer")?;
    let algs = match one["signing_alg_values_supported"].as_array() {
        Some(list) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        None => CLIENT_ALGS.map(str::to_owned).to_vec(),
    };
    let sources: Vec<&str> = ["jwks_uri", "jwks", "spiffe_bundle_endpoint"]
        .into_iter()
        .filter(|name| one.get(name).is_some())
        .collect();
    let keys = match (sources.as_slice(), one["jwks_uri"].as_str()) {
        (["jwks_uri"], Some(url)) => {
            fit_to_fetch(url).map_err(|why| format!("the keys of {issuer}: {why}"))?;
            Source::Ring(Keyring::new(url.to_owned()))
        }
        (["jwks"], _) => Source::Here(Jwks(one["jwks"].clone())),
        _ => {
            return Err(format!(
                "expected exactly one of jwks_uri and jwks for {issuer}, received {}",
                received(Some(&sources.join(" and ")))
            ));
        }
    };
    Ok(Descriptor {
        issuer: issuer.to_owned(),
        algs,
        keys,
    })
}

/// Refuses scopes of a sign-in where nobody signs in.
pub(super) fn only(words: &[String], known: &[&str]) -> Result<(), Refusal> {
    let stray = words.iter().find(|word| !known.contains(&word.as_str()));
    must(stray.is_none(), "invalid_scope", || {
        format!(
            "Expected scope of {}, received {}.",
            known.join(" "),
            received(stray.map(String::as_str))
        )
    })
}
