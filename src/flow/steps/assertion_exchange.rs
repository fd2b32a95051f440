//! An assertion is exchanged for an access token; then each further agent exchanges that one with its own assertion.

use serde_json::Value as Json;

use super::{
    assertion::{self, Variant},
    support::RESOURCE_AS,
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo,
        client_auth::finish,
    },
    profile::{FieldPath, Profile, Side, fields},
    protocol::{
        http::Params, jwt::delegation::delegation, oauth::urn, party::Party, pointer::Pointer,
    },
};

/// The first exchange: the assertion itself is the subject.
pub static ASSERTION_EXCHANGE: AssertionExchange = AssertionExchange {
    info: StepInfo {
        id: StepId("exchange"),
        title: "Exchange the assertion for an access token",
        short: "Exchange",
        from: Party::Client,
        to: Party::ResourceAs,
        needs: &[Artifact::ResourceAsMetadata, Artifact::Assertion],
        gives: &[Artifact::AccessToken],
        fields: FIELDS,
        spec: &["RFC 8693 §2.1", "RFC 8693 §4.1", "JAG §4.4"],
        why: "The authorization server checks the signature with the issuer’s published keys, that the assertion is made \
              out to itself, and by its own policy whether this agent may act for this person. Then it issues a token of \
              its own, with the person as sub and the agent as act. Two readings are about: the slides call the assertion \
              an ID-JAG and exchange it; the ID-JAG draft redeems one by the grant jwt-bearer, with the parameter \
              assertion (JAG §4.4). An assertion that an agent signs for itself is no ID-JAG, for no IdP of the user \
              vouches for it, so it is exchanged as any JWT (RFC 8693 §3).",
        optional: false,
    },
    hop: 1,
    subject: (Artifact::Assertion, urn::JWT),
    actor: None,
    gives: Artifact::AccessToken,
};

/// The second agent puts itself before the first.
pub static ASSERTION_EXCHANGE_2: AssertionExchange = AssertionExchange {
    info: StepInfo {
        id: StepId("exchange-2"),
        title: "The second agent exchanges the token, and acts now",
        short: "Exchange 2",
        from: Party::Client,
        to: Party::ResourceAs,
        needs: &[
            Artifact::AccessToken,
            Artifact::Assertion2,
            Artifact::ResourceAsMetadata,
        ],
        gives: &[Artifact::AccessToken2],
        fields: FIELDS,
        spec: NEXT_SPEC,
        why: NEXT_WHY,
        optional: false,
    },
    hop: 2,
    subject: (Artifact::AccessToken, urn::ACCESS_TOKEN),
    actor: Some(Artifact::Assertion2),
    gives: Artifact::AccessToken2,
};

/// The third agent puts itself before the second.
pub static ASSERTION_EXCHANGE_3: AssertionExchange = AssertionExchange {
    info: StepInfo {
        id: StepId("exchange-3"),
        title: "The third agent exchanges the token, and acts now",
        short: "Exchange 3",
        from: Party::Client,
        to: Party::ResourceAs,
        needs: &[
            Artifact::AccessToken2,
            Artifact::Assertion3,
            Artifact::ResourceAsMetadata,
        ],
        gives: &[Artifact::AccessToken3],
        fields: FIELDS,
        spec: NEXT_SPEC,
        why: NEXT_WHY,
        optional: false,
    },
    hop: 3,
    subject: (Artifact::AccessToken2, urn::ACCESS_TOKEN),
    actor: Some(Artifact::Assertion3),
    gives: Artifact::AccessToken3,
};

const FIELDS: &[FieldPath] = &[
    fields::RESOURCE_AS_CLIENT_ID,
    fields::RESOURCE_AS_AUTH,
    fields::RESOURCE_AS_CLIENT_SECRET,
    fields::RESOURCE_AS_PRIVATE_KEY,
    fields::RESOURCE_AS_KID,
    fields::RESOURCE_AS_ALG,
    fields::RESOURCE_AS_ASSERTION_AUDIENCE,
    fields::RESOURCE_AS_SCOPE,
    fields::AGENT_RESOURCE,
    fields::RESOURCE_AS_TOKEN_ENDPOINT,
    fields::DPOP_MODE,
    fields::DPOP_ALG,
];

const NEXT_SPEC: &[&str] = &["RFC 8693 §2.1", "RFC 8693 §4.1"];

const NEXT_WHY: &str = "The token of the agent before is the subject, the next agent’s assertion the actor: the server \
     leaves the person as sub and puts the new actor outside, with the chain of before inside it. The outermost act is who \
     acts now, and only that one counts when access is decided (RFC 8693 §4.1). The slides print the chain the other way \
     round, with the orchestrator outermost: read by RFC 8693 such a token says that the orchestrator acts now, and the \
     worker acted before it.";

/// Exchanges a token for an access token.
pub struct AssertionExchange {
    info: StepInfo,
    hop: u8,
    /// What the exchange is about, and its type.
    subject: (Artifact, &'static str),
    /// What the agent that joins proves itself with.
    actor: Option<Artifact>,
    gives: Artifact,
}

impl AssertionExchange {
    /// Says why each parameter is what it is, where the slides or another draft have another.
    fn notes(&self) -> Vec<(Pointer, String)> {
        let form = |name: &str, says: &str| (Pointer::Form(name.to_owned()), says.to_owned());
        let Some(actor) = self.actor else {
            return vec![
                form(
                    "grant_type",
                    "Token exchange, as the slides draw it and RFC 8693 has it. An ID-JAG would be redeemed here by \
                     jwt-bearer, as assertion (JAG §4.4); what an agent signs for itself is none.",
                ),
                form(
                    "subject_token",
                    "The assertion of this walk: signed by the agent, made out to this server.",
                ),
                form(
                    "subject_token_type",
                    "Any JWT: an agent’s own assertion has no type of its own (RFC 8693 §3).",
                ),
            ];
        };
        vec![
            form(
                "subject_token",
                &format!(
                    "The {} of this walk: who it is about, and who acted so far.",
                    self.subject.0.name()
                ),
            ),
            form(
                "actor_token",
                &format!("The {} of this walk: who acts from now on.", actor.name()),
            ),
            form(
                "actor_token_type",
                "Any JWT: an agent’s own assertion has no type of its own (RFC 8693 §3).",
            ),
        ]
    }
}

impl Step for AssertionExchange {
    fn info(&self) -> &'static StepInfo {
        // The values of this type are statics; the table is the only place that makes them.
        match self.hop {
            1 => &ASSERTION_EXCHANGE.info,
            2 => &ASSERTION_EXCHANGE_2.info,
            _ => &ASSERTION_EXCHANGE_3.info,
        }
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        self.hop == 1 || assertion::variant(inputs.profile) == Variant::Nested
    }

    fn when(&self) -> Option<&'static str> {
        (self.hop > 1).then_some("`variant` is `nested`")
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        let mut needs = self.info().needs.to_vec();
        let known = profile.text(RESOURCE_AS.token).is_some();
        needs.retain(|artifact| !known || *artifact != Artifact::ResourceAsMetadata);
        needs
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let (artifact, token_type) = self.subject;
        let mut blocked = Vec::new();
        let shown = RESOURCE_AS.shown(inputs, artifact);
        let shown = shown.map_err(|why| blocked.extend(why)).ok();
        let actor = self.actor.map(|artifact| {
            let held = inputs.bag.value(artifact);
            if held.is_none() {
                blocked.push(Blocked::Needs(artifact));
            }
            held
        });
        let (Some((endpoint, subject)), true) = (shown, blocked.is_empty()) else {
            return Err(blocked);
        };
        let mut params = Params::default();
        params.push("grant_type", urn::TOKEN_EXCHANGE);
        for resource in inputs.profile.list(fields::AGENT_RESOURCE) {
            params.push("resource", resource);
        }
        if let Some(scope) = inputs.profile.text(fields::RESOURCE_AS_SCOPE) {
            params.push("scope", scope);
        }
        params.push("subject_token", subject.clone());
        params.push("subject_token_type", token_type);
        if let Some(actor) = actor.flatten() {
            params.push("actor_token", actor.clone());
            params.push("actor_token_type", urn::JWT);
        }
        let mut draft =
            RESOURCE_AS.asked(inputs, self.info.id, Side::ResourceAs, endpoint, params)?;
        draft.notes.extend(self.notes());
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let parent = Some(self.subject.0);
        match RESOURCE_AS.issued(inputs, made, self.gives, parent) {
            Err(reading) => *reading,
            Ok(issued) => issued.told(inputs, |issued, signed| {
                let who = issued.record.token.claims.json.as_ref().map(who);
                format!(
                    "An access token of type {} came; its signature is {signed}.{}{}",
                    issued.called(),
                    who.unwrap_or_default(),
                    issued.terms()
                )
            }),
        }
    }
}

/// Says who acts for whom in a token, and where there are several actors, how the slides print them.
fn who(claims: &Json) -> String {
    let sub = claims["sub"].as_str().unwrap_or("nobody by name");
    let Some(found) = delegation(claims) else {
        return format!(" {sub} speaks for itself in it: there is no act.");
    };
    let names: Vec<&str> = found
        .actors
        .iter()
        .map(|actor| actor.sub.as_deref().unwrap_or("somebody without a name"))
        .collect();
    let Some((now, before)) = names.split_first() else {
        return format!(" Nobody is named as acting for {sub} in it: act is empty.");
    };
    let history = before
        .first()
        .map(|_| format!(", before it {}", before.join(", before it ")));
    let order = before.last().map(|first| {
        format!(
            " The slides print such a chain with {first} outermost; by RFC 8693 §4.1 that would say that {first} acts now, \
             and not {now}."
        )
    });
    format!(
        " For {sub}, {now} acts now{}.{}",
        history.unwrap_or_default(),
        order.unwrap_or_default()
    )
}
