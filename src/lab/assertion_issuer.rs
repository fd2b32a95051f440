//! The issuer of agents' assertions: it publishes the keys that agents sign with, and rotates them; a pure handler.
//!
//! The agents sign by themselves, so there is nothing else to ask. The keys of the agents that join later come out while
//! a walk is under way: once the first assertion was exchanged. Whoever kept the set of before has to fetch it again.

use serde_json::{Value, json};

use super::{
    Setting,
    assertions::{ORCHESTRATOR, SUMMARIZER, WORKER},
    faults::Switches,
    message::{Incoming, Outgoing},
    people::USERS,
    serve::Server,
};
use crate::protocol::{
    keys::{Alg, KeyError, PrivateKey, alg_name},
    secret::Secret,
    time::Timestamp,
};

/// The path of the issuer.
pub(super) const ISSUER: &str = "/issuer";

/// The keys that the agents sign with.
pub(super) struct Agents {
    first: PrivateKey,
    second: PrivateKey,
    third: PrivateKey,
}

impl Agents {
    /// Makes a key for each.
    pub fn make() -> Result<Self, KeyError> {
        Ok(Self {
            first: PrivateKey::generate(Alg::ES256)?,
            second: PrivateKey::generate(Alg::ES256)?,
            third: PrivateKey::generate(Alg::ES256)?,
        })
    }

    /// Returns what a ready profile says of them.
    pub fn settings(&self, issuer: &str) -> Vec<(&'static str, Setting)> {
        let text = |text: &str| Setting::Text(text.to_owned());
        let key = |key: &PrivateKey| {
            let pem = key.to_pem();
            Setting::Secret(Secret::minted("private_key", pem.as_str()))
        };
        vec![
            ("actor_issuer.issuer", text(issuer)),
            (
                "actor_issuer.jwks_uri",
                Setting::Text(format!("{issuer}/jwks")),
            ),
            ("actor_issuer.subject", text(USERS[0].sub)),
            ("actor_issuer.agent", text(ORCHESTRATOR)),
            ("actor_issuer.private_key", key(&self.first)),
            ("actor_issuer.alg", text(alg_name(self.first.alg()))),
            ("actor_issuer.agent_2", text(WORKER)),
            ("actor_issuer.private_key_2", key(&self.second)),
            ("actor_issuer.agent_3", text(SUMMARIZER)),
            ("actor_issuer.private_key_3", key(&self.third)),
        ]
    }
}

/// The issuer.
pub(super) struct AssertionIssuer {
    /// The keys that are out from the start: an ES256 key, and an RS256 key for whoever signs with that.
    old: Vec<Value>,
    /// Those that come out later.
    new: Vec<Value>,
    switches: Switches,
}

impl AssertionIssuer {
    /// Makes the issuer of these agents; `rsa` is a key that any of them may sign with, too.
    pub fn new(
        agents: &Agents,
        rsa: Option<&Secret>,
        switches: Switches,
    ) -> Result<Self, KeyError> {
        let mut old = vec![agents.first.registration_jwk()];
        if let Some(pem) = rsa {
            old.push(PrivateKey::parse(pem.reveal())?.registration_jwk());
        }
        let new = [&agents.second, &agents.third].map(PrivateKey::registration_jwk);
        Ok(Self {
            old,
            new: new.to_vec(),
            switches,
        })
    }

    /// The published keys. The old ones stay until the last assertion that was signed with them has ended.
    fn jwks(&self) -> Value {
        let new = if self.switches.has_rotated() {
            &self.new[..]
        } else {
            &[]
        };
        let keys = [&self.old[..], new].concat();
        json!({ "keys": keys })
    }
}

impl Server for AssertionIssuer {
    fn answer(&mut self, incoming: &Incoming, _now: Timestamp) -> Outgoing {
        let get = incoming.method == "GET";
        match incoming.path.strip_prefix(ISSUER) {
            Some("/jwks") if get => Outgoing::json(200, &self.jwks()),
            Some("/jwks") => Outgoing::not_allowed(incoming, "GET"),
            _ => Outgoing::not_found(incoming, &format!("{ISSUER}/jwks")),
        }
    }
}
