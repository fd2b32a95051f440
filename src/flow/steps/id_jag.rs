//! The user's token is exchanged for an ID-JAG: the IdP's letter to the other company's server.

use super::{
    saml_refresh,
    support::{self, IDP, RESOURCE_AS},
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo,
        client_auth::{finish, secret},
    },
    profile::{Profile, Side, Subject, fields},
    protocol::{
        exchange::Request,
        http::{Body, Params, Value},
        jwt::TokenKind,
        oauth::urn,
        party::Party,
        pointer::Pointer,
    },
};

/// The step.
pub static ID_JAG: IdJag = IdJag {
    info: &StepInfo {
        id: StepId("id-jag"),
        title: "Exchange the user’s token for an ID-JAG",
        short: "ID-JAG",
        from: Party::Client,
        to: Party::Idp,
        needs: &[Artifact::IdpMetadata, Artifact::IdToken],
        gives: &[Artifact::IdJag],
        fields: &[
            fields::AGENT_SUBJECT,
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
            fields::AGENT_SAML_ASSERTION,
            fields::IDP_TOKEN_ENDPOINT,
            fields::DPOP_MODE,
            fields::DPOP_ALG,
        ],
        spec: &["JAG §4.3", "RFC 8693 §2.1"],
        why: "The agent asks the user’s own IdP for a grant made out to one other authorization server. This is where \
              the user’s company decides: its policy says which agent may reach which application, for whom and with \
              which scopes.",
        optional: false,
    },
};

/// The step where an actor is named: the Actor Profile.
pub static ID_JAG_ACTOR: IdJag = IdJag {
    info: &StepInfo {
        title: "Exchange the user’s token for an ID-JAG that names the agent",
        fields: &[
            fields::AGENT_SUBJECT,
            fields::AGENT_ACTOR,
            fields::AGENT_ACTOR_TOKEN,
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
            fields::AGENT_SAML_ASSERTION,
            fields::IDP_TOKEN_ENDPOINT,
            fields::DPOP_MODE,
            fields::DPOP_ALG,
        ],
        spec: &["AP App. B.4", "AP §6.3.1", "JAG §4.3", "RFC 8693 §2.1"],
        why: "The agent asks the user’s own IdP for a grant made out to another company’s authorization server, and \
              shows who acts: by the very assertion that authenticates it, sent once more as actor_token. The ID-JAG \
              that comes is about the user (sub), names the agent as the one that acts (act), and is bound to the \
              agent’s key (cnf). Next it is redeemed with a proof by that key.",
        ..*ID_JAG.info
    },
};

/// Exchanges the subject token for an ID-JAG.
pub struct IdJag {
    info: &'static StepInfo,
}

/// The word for the token endpoint of the resource AS as the audience.
const TOKEN_ENDPOINT: &str = "token-endpoint";

/// Which token is the subject, and its type.
fn subject(profile: &Profile) -> (Artifact, &'static str) {
    match profile.subject() {
        Subject::IdToken => (Artifact::IdToken, urn::ID_TOKEN),
        Subject::AccessToken => (Artifact::SsoAccessToken, urn::ACCESS_TOKEN),
        Subject::RefreshToken | Subject::SamlRefresh => {
            (Artifact::RefreshToken, urn::REFRESH_TOKEN)
        }
        Subject::Saml => (Artifact::SamlAssertion, urn::SAML2),
    }
}

impl Step for IdJag {
    fn info(&self) -> &'static StepInfo {
        self.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        let mut needs = Vec::new();
        if profile.text(fields::IDP_TOKEN_ENDPOINT).is_none() {
            needs.push(Artifact::IdpMetadata);
        }
        if support::by_api(profile) {
            needs.push(Artifact::ApiMetadata);
            let found = profile.text(fields::RESOURCE_AS_TOKEN_ENDPOINT).is_none();
            if found && profile.text(fields::AGENT_AUDIENCE).is_none() {
                needs.push(Artifact::ResourceAsMetadata);
            }
        }
        needs.push(subject(profile).0);
        needs
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let mut blocked = Vec::new();
        let mut wants = Vec::new();
        let endpoint = IDP
            .token_endpoint(inputs)
            .map_err(|why| blocked.push(why))
            .ok();
        let (artifact, token_type) = subject(inputs.profile);
        let token = match artifact {
            Artifact::SamlAssertion => saml_refresh::assertion(inputs, &mut wants),
            _ => {
                let held = inputs.bag.value(artifact).cloned();
                held.ok_or(Blocked::Needs(artifact))
            }
        };
        let token = token.map_err(|why| blocked.push(why)).ok();
        let own = inputs.profile.text(fields::AGENT_AUDIENCE);
        // Without an own one it is the issuer that the API led to.
        let found = || Some(RESOURCE_AS.issuer(inputs)).filter(|issuer| !issuer.is_empty());
        let ask = support::by_api(inputs.profile);
        // The Actor Profile prints the token endpoint where the ID-JAG draft wants the issuer (AP App. B.4, JAG §4.3).
        let profiled = own == Some(TOKEN_ENDPOINT);
        let audience = if profiled {
            let there = RESOURCE_AS.token_endpoint(inputs);
            there.map_err(|why| blocked.push(why)).ok()
        } else {
            let own = own.or_else(|| found().filter(|_| ask));
            own.map(str::to_owned)
        };
        if audience.is_none() && !profiled {
            blocked.push(if ask && !inputs.bag.has(Artifact::ApiMetadata) {
                Blocked::Needs(Artifact::ApiMetadata)
            } else {
                Blocked::Missing(fields::AGENT_AUDIENCE.0.to_owned())
            });
        }
        let (Some(endpoint), Some(token), Some(audience)) = (endpoint, token, audience) else {
            return Err(blocked);
        };
        let mut params = Params::default();
        params.push("grant_type", urn::TOKEN_EXCHANGE);
        params.push("requested_token_type", urn::ID_JAG);
        params.push("audience", audience.as_str());
        let (resources, resource_note) = resources(inputs);
        for resource in resources {
            params.push("resource", resource);
        }
        if let Some(scope) = inputs.profile.text(fields::AGENT_SCOPE) {
            params.push("scope", scope);
        }
        params.push("subject_token", token);
        params.push("subject_token_type", token_type);
        let mut draft = IDP.asked(inputs, self.info.id, Side::Agent, endpoint, params)?;
        draft.wants.extend(wants);
        act(&mut draft, inputs)?;
        let metadata_issuer = inputs
            .bag
            .metadata(Party::ResourceAs)
            .and_then(|metadata| metadata.text("issuer"));
        let advertised = match metadata_issuer {
            Some(issuer) if issuer == audience => {
                " It is the issuer in that server’s metadata, character by character."
            }
            Some(_) => " It differs from the issuer in that server’s metadata.",
            None => "",
        };
        draft.notes.push((
            Pointer::Form("audience".to_owned()),
            match own {
                Some(_) if profiled => "The token endpoint of the resource AS, because agent.audience is \
                                        token-endpoint: the Actor Profile’s example has it so, the ID-JAG draft wants \
                                        the issuer (AP App. B.4, JAG §4.3)."
                    .to_owned(),
                Some(_) => format!(
                    "From agent.audience, which defaults to resource_as.issuer.{advertised}"
                ),
                None => format!("The issuer that the API’s metadata names.{advertised}"),
            },
        ));
        draft.notes.extend(resource_note);
        let whose = match artifact {
            Artifact::SamlAssertion => saml_refresh::note(inputs),
            _ => format!(
                "The {} of this walk, because agent.subject says so.",
                artifact.name()
            ),
        };
        draft
            .notes
            .push((Pointer::Form("subject_token".to_owned()), whose));
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let mut reading = judged(inputs, made);
        if subject(inputs.profile).0 == Artifact::SamlAssertion {
            reading.tokens.extend(saml_refresh::sent(inputs, made));
        }
        reading
    }
}

/// Adds who acts, where the profile names somebody: the agent by the assertion that it authenticates with (AP §6.3.1), or
/// an actor with a token of its own.
fn act(draft: &mut Draft, inputs: &Inputs<'_>) -> Result<(), Vec<Blocked>> {
    let (token, says) = match inputs.profile.text(fields::AGENT_ACTOR) {
        Some("client_assertion") => {
            let form = draft.request.http().form();
            let assertion = form.and_then(|form| form.get("client_assertion"));
            let Some(assertion) = assertion.and_then(Value::secret) else {
                let field = inputs.profile.client(Side::Agent).auth_field;
                let says = "expected private_key_jwt, for agent.actor is client_assertion; or set agent.actor to none.";
                return Err(vec![Blocked::Invalid(field.0.to_owned(), says.to_owned())]);
            };
            let says =
                "The very JWT that authenticates the agent: it also says who acts (AP §6.3.1).";
            (assertion.clone(), says)
        }
        Some("actor_token") => {
            let field = fields::AGENT_ACTOR_TOKEN;
            let token = secret(inputs, field, &mut draft.wants)?;
            let named = if token.is_empty() {
                token
            } else {
                token.named(Artifact::ActorToken.id())
            };
            (
                named,
                "From agent.actor_token: who acts, by somebody’s word (AP §6.1).",
            )
        }
        _ => return Ok(()),
    };
    let Request::Http(request) = &mut draft.request else {
        return Ok(());
    };
    if let Body::Form(form) = &mut request.body {
        form.push("actor_token", token);
        form.push("actor_token_type", urn::JWT);
    }
    draft
        .notes
        .push((Pointer::Form("actor_token".to_owned()), says.to_owned()));
    Ok(())
}

/// Returns the resources that are asked for. An MCP server is always named: where the profile names none, by the
/// identifier in its metadata, else by its address (EMA-S §4; EMA-D §4 and test suites require it).
fn resources(inputs: &Inputs<'_>) -> (Vec<String>, Option<(Pointer, String)>) {
    let own = inputs.profile.list(fields::AGENT_RESOURCE);
    if !own.is_empty() || !inputs.profile.calls_mcp() {
        return (own, None);
    }
    let described = inputs.bag.metadata(Party::Api);
    let (resource, says) = match described.and_then(|metadata| metadata.text("resource")) {
        Some(named) => (
            Some(named),
            "The identifier in the MCP server’s metadata; agent.resource is empty.",
        ),
        None => (
            inputs.profile.text(fields::API_URL),
            "From api.url; agent.resource is empty and no metadata of the MCP server is there.",
        ),
    };
    let note = (Pointer::Form("resource".to_owned()), says.to_owned());
    let resources: Vec<String> = resource.map(str::to_owned).into_iter().collect();
    let note = (!resources.is_empty()).then_some(note);
    (resources, note)
}

/// Reads the answer of the IdP.
fn judged(inputs: &Inputs<'_>, made: &[Made]) -> Reading {
    let (parent, _) = subject(inputs.profile);
    match IDP.issued(inputs, made, Artifact::IdJag, Some(parent)) {
        Err(reading) => *reading,
        Ok(issued) => issued.told(inputs, |issued, signed| {
            match issued.record.token.kind() {
                TokenKind::IdJag => {
                    let terms = issued.terms();
                    format!("The IdP issued an ID-JAG; its signature is {signed}.{terms}")
                }
                other => format!(
                    "The IdP answered 200, but what came is {other} (issued_token_type: {}), not an ID-JAG with typ \
                     oauth-id-jag+jwt. The next step will probably be refused.",
                    issued.came.answer.issued_token_type.as_deref().unwrap_or("no issued_token_type")
                ),
            }
        }),
    }
}
