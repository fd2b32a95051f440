//! The user's token and the agent's become one access token, which names both: delegation. Without the agent's token it
//! is impersonation (RFC 8693 §1.1).

use super::{agent_token::names_actor, support::IDP};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo,
        client_auth::finish,
    },
    profile::{Origin, Profile, Side, Subject, fields},
    protocol::{
        http::Params,
        jwt::{Claims, Token, delegation::delegation},
        oauth::urn,
        party::Party,
        pointer::Pointer,
        secret::Secret,
    },
};

/// The step.
pub static EXCHANGE: Exchange = Exchange {
    info: StepInfo {
        id: StepId("exchange"),
        title: "Exchange both tokens for a delegated access token",
        short: "Exchange",
        from: Party::Client,
        to: Party::Idp,
        needs: &[
            Artifact::IdpMetadata,
            Artifact::IdToken,
            Artifact::ActorToken,
        ],
        gives: &[Artifact::AccessToken],
        fields: &[
            fields::AGENT_SUBJECT,
            fields::AGENT_ACTOR,
            fields::AGENT_AUDIENCE,
            fields::AGENT_RESOURCE,
            fields::AGENT_SCOPE,
            fields::AGENT_CLIENT_ID,
            fields::AGENT_AUTH,
            fields::AGENT_CLIENT_SECRET,
            fields::AGENT_PRIVATE_KEY,
            fields::AGENT_KID,
            fields::AGENT_ALG,
            fields::AGENT_ASSERTION_AUDIENCE,
            fields::IDP_TOKEN_ENDPOINT,
            fields::DPOP_MODE,
            fields::DPOP_ALG,
        ],
        spec: &["RFC 8693 §2.1", "RFC 8693 §1.1", "RFC 9449 §5"],
        why: "subject_token says for whom, actor_token says who acts. The server checks both, asks its policy whether \
              this agent may act for this user, and issues one token: sub stays the user, act.sub is the agent with \
              act.iss as the namespace of that name, scope is what both the user and the policy allow, aud is the one \
              API, cnf.jkt binds it to the key of the proof. Send no actor token (agent.actor = \"off\"), and the \
              same request asks for impersonation: the token that comes is good for the same things, and nobody who \
              receives it can tell the agent from the user. The API is next.",
        optional: false,
    },
};

/// Exchanges the user's token, and the agent's, for an access token.
pub struct Exchange {
    info: StepInfo,
}

/// Which token is the subject, and its type: each by its own name, not as any JWT.
fn subject(profile: &Profile) -> Result<(Artifact, &'static str), Blocked> {
    match profile.subject() {
        Subject::IdToken => Ok((Artifact::IdToken, urn::ID_TOKEN)),
        Subject::AccessToken => Ok((Artifact::SsoAccessToken, urn::ACCESS_TOKEN)),
        Subject::RefreshToken => Ok((Artifact::RefreshToken, urn::REFRESH_TOKEN)),
        Subject::Saml | Subject::SamlRefresh => Err(Blocked::Invalid(
            fields::AGENT_SUBJECT.0.to_owned(),
            format!(
                "expected id_token, access_token or refresh_token in this flow, received {}.",
                profile.text(fields::AGENT_SUBJECT).unwrap_or_default()
            ),
        )),
    }
}

/// The type of an actor token: that of an access token where it says that it is one, else any JWT (AP §6.3).
fn actor_type(token: &Secret) -> &'static str {
    let header = Token::parse(token).header.json.unwrap_or_default();
    match Claims(&header).text("typ") {
        Some("at+jwt" | "application/at+jwt") => urn::ACCESS_TOKEN,
        _ => urn::JWT,
    }
}

impl Step for Exchange {
    fn info(&self) -> &'static StepInfo {
        &EXCHANGE.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        let mut needs = Vec::new();
        if profile.text(fields::IDP_TOKEN_ENDPOINT).is_none() {
            needs.push(Artifact::IdpMetadata);
        }
        needs.extend(subject(profile).map(|(artifact, _)| artifact));
        if names_actor(profile) {
            needs.push(Artifact::ActorToken);
        }
        needs
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let profile = inputs.profile;
        let mut blocked = Vec::new();
        let endpoint = IDP.token_endpoint(inputs);
        let endpoint = endpoint.map_err(|why| blocked.push(why)).ok();
        let mut held = |artifact| {
            let value = inputs.bag.value(artifact).cloned();
            if value.is_none() {
                blocked.push(Blocked::Needs(artifact));
            }
            value
        };
        let user = match subject(profile) {
            Ok((artifact, kind)) => held(artifact).map(|token| (artifact, kind, token)),
            Err(why) => return Err(vec![why]),
        };
        let actor = names_actor(profile).then(|| held(Artifact::ActorToken));
        let (Some(endpoint), Some((artifact, kind, token)), None | Some(Some(_))) =
            (endpoint, user, &actor)
        else {
            return Err(blocked);
        };
        let mut notes = Vec::new();
        let mut note = |name: &str, says: String| {
            notes.push((Pointer::Form(name.to_owned()), says));
        };
        let mut params = Params::default();
        params.push("grant_type", urn::TOKEN_EXCHANGE);
        params.push("requested_token_type", urn::ACCESS_TOKEN);
        params.push("subject_token", token);
        params.push("subject_token_type", kind);
        note(
            "subject_token",
            format!(
                "For whom: the {} of this walk, because agent.subject says so.",
                artifact.name()
            ),
        );
        if let Some(actor) = actor.flatten() {
            let kind = actor_type(&actor);
            params.push("actor_token", actor);
            params.push("actor_token_type", kind);
            note(
                "actor_token",
                "Who acts: with it the result has act (delegation); without it nobody sees the agent (impersonation, \
                 RFC 8693 §1.1)."
                    .to_owned(),
            );
        }
        // By its default it is the issuer of another server, and there is only one in this flow.
        let own = matches!(
            profile.origin(fields::AGENT_AUDIENCE),
            Origin::Own | Origin::Filled
        );
        if let Some(audience) = profile.text(fields::AGENT_AUDIENCE).filter(|_| own) {
            params.push("audience", audience);
            note(
                "audience",
                "The API by the name that the server knows it by, which need not be an address; from agent.audience."
                    .to_owned(),
            );
        }
        for resource in profile.list(fields::AGENT_RESOURCE) {
            params.push("resource", resource);
        }
        if let Some(scope) = profile.text(fields::AGENT_SCOPE) {
            params.push("scope", scope);
        }
        let mut draft = IDP.asked(inputs, self.info.id, Side::Agent, endpoint, params)?;
        draft.notes.extend(notes);
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let parent = subject(inputs.profile).ok().map(|(artifact, _)| artifact);
        match IDP.issued(inputs, made, Artifact::AccessToken, parent) {
            Err(reading) => *reading,
            Ok(issued) => issued.told(inputs, |issued, signed| {
                let who = who(&issued.record.token, names_actor(inputs.profile));
                let terms = issued.terms();
                format!("An access token came. {who} Its signature is {signed}.{terms}")
            }),
        }
    }
}

/// Says who is named in what came.
fn who(token: &Token, asked: bool) -> String {
    let Some(json) = &token.claims.json else {
        return "Only its issuer can read it: whether it names the agent cannot be seen."
            .to_owned();
    };
    let user = Claims(json).text("sub").unwrap_or("nobody by name");
    let found = delegation(json);
    let actor = found.as_ref().and_then(|found| found.actors.first());
    match (actor, asked) {
        (Some(actor), _) => format!(
            "Delegation: {} acts for {user}.",
            actor.sub.as_deref().unwrap_or("somebody without a name")
        ),
        (None, true) => format!(
            "Impersonation, although an actor token was sent: it names {user} alone, with no act (RFC 8693 §1.1)."
        ),
        (None, false) => format!(
            "Impersonation, for no actor token was sent: it names {user} alone, and nobody sees the agent \
             (RFC 8693 §1.1)."
        ),
    }
}
