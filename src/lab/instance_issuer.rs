//! The issuer of instance assertions: says which running copy of a client it is that asks, and which key is its own
//! (CIA §7); a pure handler.

use serde_json::{Value, json};

use super::{
    chance::{Chance, Random},
    clients::same_secret,
    dpop::{self, Proofs},
    faults::{Minted, Switches},
    form::Form,
    message::{Incoming, Outgoing},
    refusal::{Refusal, must, received, uncached},
    serve::Server,
};
use crate::protocol::{
    keys::{Alg, PrivateKey},
    secret::Secret,
    time::Timestamp,
};

/// The path of the issuer.
pub(super) const INSTANCES: &str = "/instances";

/// How long an assertion lives, in seconds (CIA §7.2).
const LIFE: i64 = 300;

/// What an instance is (CIA §13.6).
const PROFILE: &str = "client_instance ai_agent";

/// The issuer.
pub(super) struct InstanceIssuer {
    issuer: String,
    key: PrivateKey,
    chance: Chance,
    proofs: Proofs,
    /// What a process of this machine has to show.
    evidence: Secret,
    /// The clients whose instances it knows.
    clients: Vec<String>,
    /// The servers that an assertion may be for.
    audiences: Vec<String>,
    switches: Switches,
}

impl InstanceIssuer {
    /// Makes the issuer at an origin, for instances of these clients that go to these servers.
    pub fn new(
        origin: &str,
        key: PrivateKey,
        evidence: Secret,
        (clients, audiences): (Vec<String>, Vec<String>),
        random: Random,
        switches: Switches,
    ) -> Self {
        Self {
            issuer: format!("{origin}{INSTANCES}"),
            key,
            chance: Chance(random),
            proofs: Proofs::new(Chance(random), false),
            evidence,
            clients,
            audiences,
            switches,
        }
    }

    fn issue(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Value, Refusal> {
        let form = Form::read(incoming)?;
        let shown = incoming.header("authorization").unwrap_or_default();
        let shown = shown.strip_prefix("Bearer ").unwrap_or_default();
        must(
            same_secret(shown, self.evidence.reveal()),
            "invalid_client",
            || {
                "Expected the evidence that this machine was given as a Bearer token, received none or another.".to_owned()
            },
        )?;
        let endpoint = format!("{}/assertion", self.issuer);
        let jkt = self.proofs.judge(incoming, &endpoint, None, now)?;
        let jkt = jkt.ok_or_else(|| {
            Refusal::new(
                "invalid_dpop_proof",
                "Expected a DPoP field with a proof of the instance's key, received none.",
            )
        })?;
        let known = |name: &'static str, all: &[String]| {
            let value = form.need(name)?;
            must(all.iter().any(|one| one == value), "invalid_target", || {
                format!(
                    "Expected {name} {}, received {}.",
                    all.join(" or "),
                    received(Some(value))
                )
            })?;
            Ok::<_, Refusal>(value)
        };
        let client = known("client_id", &self.clients)?;
        let audience = known("audience", &self.audiences)?;
        // The same key is the same instance, and another key is another one.
        let number = Secret::minted("key", jkt.as_str()).fingerprint(&[]);
        let sub = format!("{}/i-{number}", self.issuer);
        let claims = json!({
            "iss": self.issuer, "sub": sub, "aud": audience, "client_id": client,
            "iat": now.secs(), "exp": now.plus_secs(LIFE).secs(), "jti": self.chance.token(16),
            "sub_profile": PROFILE, "cnf": dpop::cnf(&jkt),
        });
        let minted = Minted::InstanceAssertion;
        let token = self
            .switches
            .mint(minted, client, &claims, &self.key, Alg::ES256)?;
        Ok(json!({ "client_instance_assertion": token, "expires_in": LIFE }))
    }
}

impl Server for InstanceIssuer {
    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let get = incoming.method == "GET";
        match incoming.path.strip_prefix(INSTANCES) {
            Some("/jwks") if get => {
                Outgoing::json(200, &json!({ "keys": [self.key.registration_jwk()] }))
            }
            Some("/assertion") if incoming.method == "POST" => match self.issue(incoming, now) {
                Ok(body) => uncached(Outgoing::json(200, &body)),
                Err(refusal) => refusal.token_answer("lab instance issuer"),
            },
            Some("/assertion") => uncached(Outgoing::not_allowed(incoming, "POST")),
            Some("/jwks") => Outgoing::not_allowed(incoming, "GET"),
            _ => Outgoing::not_found(
                incoming,
                &format!("{INSTANCES}/assertion and {INSTANCES}/jwks"),
            ),
        }
    }
}
