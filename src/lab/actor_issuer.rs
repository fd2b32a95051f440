//! The issuer of actor tokens: says which workload it is that acts, and what vouches for it; a pure handler.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    chance::{Chance, Random},
    clients::Client,
    dpop::{self, Proofs},
    faults::{Minted, Switches},
    gate::Gate,
    message::{Incoming, Outgoing},
    refusal::{Refusal, must, received, uncached},
    serve::Server,
};
use crate::protocol::{
    keys::{Alg, PrivateKey},
    oauth::urn,
    time::Timestamp,
};

/// The path of the issuer.
pub(super) const AGENTS: &str = "/agents";

/// The workload that the lab's agent is.
pub(super) const WORKLOAD: &str = "spiffe://lab.example/agent/code-reviewer/v3";

/// What vouches for it.
const ATTESTATION: &str = "github-oidc";

/// How long an actor token lives, in seconds.
const LIFE: i64 = 300;

/// The issuer and all it remembers.
pub(super) struct ActorIssuer {
    origin: String,
    issuer: String,
    key: PrivateKey,
    chance: Chance,
    gate: Gate,
    proofs: Proofs,
    /// Whom an actor token may be made out to.
    audiences: Vec<String>,
    switches: Switches,
}

impl ActorIssuer {
    /// Makes the issuer at an origin, for workloads that may present themselves to these audiences.
    pub fn new(
        origin: &str,
        key: PrivateKey,
        clients: Vec<Arc<Client>>,
        audiences: Vec<String>,
        random: Random,
        switches: Switches,
    ) -> Self {
        let issuer = format!("{origin}{AGENTS}");
        Self {
            gate: Gate::new(
                issuer.clone(),
                format!("{issuer}/token"),
                &["private_key_jwt"],
                true,
                clients,
            ),
            proofs: Proofs::new(Chance(random), false),
            origin: origin.to_owned(),
            issuer,
            key,
            chance: Chance(random),
            audiences,
            switches,
        }
    }

    /// Metadata (RFC 8414 §2).
    fn metadata(&self) -> Value {
        json!({
            "issuer": self.issuer,
            "token_endpoint": format!("{}/token", self.issuer),
            "jwks_uri": format!("{}/jwks", self.issuer),
            "grant_types_supported": [urn::CLIENT_CREDENTIALS],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": super::CLIENT_ALGS,
            "dpop_signing_alg_values_supported": dpop::ALGS,
        })
    }

    /// Issues an actor token for the workload that authenticates, made out to one audience and, with a proof, bound to
    /// its key.
    fn issue(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Value, Refusal> {
        let (form, client, _) = self.gate.admit(incoming, now)?;
        let endpoint = format!("{}/token", self.issuer);
        let jkt = self.proofs.judge(incoming, &endpoint, None, now)?;
        let audience = form.need("audience")?;
        let known = self.audiences.iter().any(|known| known == audience);
        must(known, "invalid_target", || {
            format!(
                "Expected audience {}, received {}.",
                self.audiences.join(" or "),
                received(Some(audience))
            )
        })?;
        let mut claims = json!({
            "iss": self.issuer, "sub": WORKLOAD, "aud": audience, "azp": client.id,
            "iat": now.secs(), "exp": now.plus_secs(LIFE).secs(), "jti": self.chance.token(16),
            "attestation": ATTESTATION, "sub_profile": "ai_agent",
        });
        if let Some(jkt) = &jkt {
            claims["cnf"] = dpop::cnf(jkt);
        }
        let minted = Minted::ActorToken;
        let token = self
            .switches
            .mint(minted, &client.id, &claims, &self.key, Alg::ES256)?;
        Ok(json!({
            "access_token": token,
            "issued_token_type": urn::JWT,
            "token_type": dpop::token_type(jkt.as_ref()),
            "expires_in": LIFE,
        }))
    }
}

impl Server for ActorIssuer {
    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let path = incoming.path.as_str();
        let get = incoming.method == "GET";
        let below = path.strip_prefix(AGENTS);
        let well_known = path == format!("/.well-known/oauth-authorization-server{AGENTS}");
        match below {
            _ if well_known && get => Outgoing::json(200, &self.metadata()),
            Some("/jwks") if get => {
                Outgoing::json(200, &json!({ "keys": [self.key.registration_jwk()] }))
            }
            Some("/token") if incoming.method == "POST" => {
                let answer = match self.issue(incoming, now) {
                    Ok(body) => uncached(Outgoing::json(200, &body)),
                    Err(refusal) => refusal.token_answer("lab actor issuer"),
                };
                self.proofs.tell(incoming, answer, now)
            }
            Some("/token") => uncached(Outgoing::not_allowed(incoming, "POST")),
            Some("/jwks") => Outgoing::not_allowed(incoming, "GET"),
            _ if well_known => Outgoing::not_allowed(incoming, "GET"),
            _ => Outgoing::not_found(
                incoming,
                &format!(
                    "{0}/.well-known/oauth-authorization-server{AGENTS}, {AGENTS}/jwks and {AGENTS}/token",
                    self.origin
                ),
            ),
        }
    }
}
