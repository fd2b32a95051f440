//! The actor of a token exchange, as the Actor Profile has it: the agent, by the assertion that authenticates it or by
//! another one of its own (AP §6.3.1).

use serde_json::{Value, json};

use super::{Idp, exchange::no_actor};
use crate::{
    lab::{
        actor,
        clients::{Auth, Client},
        form::Form,
        jwt::Kind,
        refusal::{Refusal, must, received},
    },
    protocol::{metadata::Jwks, oauth::urn, time::Timestamp},
};

impl Idp {
    /// Returns who acts, as `act` names it; none where no actor token came. Every fault of the actor token is
    /// `invalid_grant` (AP §9).
    pub(super) fn actor(
        &self,
        form: &Form,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Option<Value>, Refusal> {
        if !self.habits.profiles_actors {
            return no_actor(form).map(|()| None);
        }
        let token = form.get("actor_token");
        let kind = form.get("actor_token_type");
        must(token.is_some() == kind.is_some(), "invalid_request", || {
            "Expected actor_token and actor_token_type together, received one of them (RFC 8693 section 2.1)."
                .to_owned()
        })?;
        let Some(token) = token else {
            return Ok(None);
        };
        must(kind == Some(urn::JWT), "invalid_grant", || {
            format!(
                "Expected actor_token_type {}, for an assertion of the client, received {}.",
                urn::JWT,
                received(kind)
            )
        })?;
        let name = self.named(token, client, now)?;
        // What the actor gets is bound to its key.
        must(jkt.is_some(), "invalid_request", || {
            "Expected a DPoP proof beside the actor_token, for an ID-JAG with act has cnf.jkt, received none.".to_owned()
        })?;
        Ok(Some(actor::actor(&name, &self.issuer, "ai_agent", None)))
    }

    /// Returns whom an assertion names: the client that authenticated, and nobody else.
    fn named(&self, raw: &str, client: &Client, now: Timestamp) -> Result<String, Refusal> {
        let Auth::Jwt { jwk, alg } = &client.auth else {
            return Err(Refusal::new(
                "invalid_grant",
                format!(
                    "Expected an actor whose key is registered here, received the client {} with {}.",
                    client.id,
                    client.auth.name()
                ),
            ));
        };
        let kind = Kind {
            name: "actor token",
            error: "invalid_grant",
            types: &["", "jwt", "client-authentication+jwt"],
            algs: &[*alg],
        };
        let keys = Jwks(json!({ "keys": [jwk] }));
        let claims = kind.open(raw, &keys, "the client's registration")?;
        kind.equals(&claims, "iss", &client.id)?;
        kind.equals(&claims, "sub", &client.id)?;
        kind.only_audience(&claims, &[&self.issuer, &self.endpoint])?;
        kind.in_time(&claims, now)?;
        must(claims.get("act").is_none(), "invalid_grant", || {
            "Expected no act in the actor token, for it speaks of the actor alone, received one (AP section 6.3)."
                .to_owned()
        })?;
        Ok(client.id.clone())
    }
}
