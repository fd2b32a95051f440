//! The agent gets a token about itself: what it is, and who vouches for that.

use super::support::ACTOR_ISSUER;
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo,
        client_auth::finish,
    },
    profile::{Profile, Side, fields},
    protocol::{
        http::Params,
        jwt::{Claims, Token},
        oauth::urn,
        party::Party,
        pointer::Pointer,
    },
};

/// The step.
pub static AGENT_TOKEN: AgentToken = AgentToken {
    info: StepInfo {
        id: StepId("agent-token"),
        title: "Get the agent’s own token",
        short: "Agent’s token",
        from: Party::Client,
        to: Party::ActorIssuer,
        needs: &[],
        gives: &[Artifact::ActorToken],
        fields: &[
            fields::AGENT_ACTOR,
            fields::ACTOR_ISSUER_ISSUER,
            fields::ACTOR_ISSUER_TOKEN_ENDPOINT,
            fields::ACTOR_ISSUER_JWKS_URI,
            fields::ACTOR_ISSUER_AUDIENCE,
            fields::ACTOR_ISSUER_CLIENT_ID,
            fields::ACTOR_ISSUER_AUTH,
            fields::ACTOR_ISSUER_CLIENT_SECRET,
            fields::ACTOR_ISSUER_PRIVATE_KEY,
            fields::ACTOR_ISSUER_KID,
            fields::ACTOR_ISSUER_ALG,
            fields::ACTOR_ISSUER_ASSERTION_AUDIENCE,
            fields::DPOP_MODE,
            fields::DPOP_ALG,
        ],
        spec: &["RFC 6749 §4.4", "AP §6.3", "RFC 8693 §2.1"],
        why: "An agent is no user and has no password: a platform that knows the workload says what it is, in a token \
              made out to the authorization server that will read it. No user is in it and no act, for it speaks of \
              the agent alone; its iss and sub together are the name that act will carry. Where proofs are on it is \
              bound to the key of this walk, so that nobody else can be this agent with it.",
        optional: false,
    },
};

/// Gets the actor token.
pub struct AgentToken {
    info: StepInfo,
}

/// Tells whether the exchange names an actor.
pub(super) fn names_actor(profile: &Profile) -> bool {
    profile.text(fields::AGENT_ACTOR) != Some("none")
}

impl Step for AgentToken {
    fn info(&self) -> &'static StepInfo {
        &AGENT_TOKEN.info
    }

    fn skipped(&self, profile: &Profile) -> Option<String> {
        (!names_actor(profile)).then(|| {
            "agent.actor is none: the exchange names no actor, which is impersonation (RFC 8693 §1.1)."
                .to_owned()
        })
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let text = |field| inputs.profile.text(field);
        let mut blocked = Vec::new();
        if text(fields::ACTOR_ISSUER_ISSUER).is_none() {
            blocked.push(Blocked::Missing(fields::ACTOR_ISSUER_ISSUER.0.to_owned()));
        }
        let endpoint = ACTOR_ISSUER.token_endpoint(inputs);
        let endpoint = endpoint.map_err(|why| blocked.push(why)).ok();
        let Some(endpoint) = endpoint.filter(|_| blocked.is_empty()) else {
            return Err(blocked);
        };
        let mut params = Params::default();
        params.push("grant_type", urn::CLIENT_CREDENTIALS);
        if let Some(audience) = text(fields::ACTOR_ISSUER_AUDIENCE) {
            params.push("audience", audience);
        }
        let mut draft =
            ACTOR_ISSUER.asked(inputs, self.info.id, Side::ActorIssuer, endpoint, params)?;
        draft.notes.push((
            Pointer::Form("audience".to_owned()),
            "The authorization server that this token will be shown to; from actor_issuer.audience, which defaults to \
             idp.issuer."
                .to_owned(),
        ));
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        match ACTOR_ISSUER.issued(inputs, made, Artifact::ActorToken, None) {
            Err(reading) => *reading,
            Ok(issued) => issued.told(inputs, |issued, signed| told(&issued.record.token, signed)),
        }
    }
}

/// Says who the agent is by its token.
fn told(token: &Token, signed: &str) -> String {
    let Some(json) = &token.claims.json else {
        return format!(
            "A token of the agent came that only its issuer can read; its signature is {signed}."
        );
    };
    let claims = Claims(json);
    let vouched = claims
        .text("attestation")
        .map_or_else(String::new, |by| format!(" {by} vouches for it."));
    format!(
        "The agent is {}, by the word of {}.{vouched} The signature is {signed}.",
        claims.text("sub").unwrap_or("nobody by name"),
        claims.text("iss").unwrap_or("nobody by name"),
    )
}
