//! The instance gets its assertion: the instance issuer says which running copy of the client it is, and which key is
//! its own.

use serde_json::Value as Json;

use super::{
    issued::signature_words,
    support::{self, IDP, INSTANCE_ISSUER, Tokens},
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict,
        client_auth::{self, finish},
        dpop,
    },
    profile::{Profile, Side, fields},
    protocol::{
        exchange::{Purpose, Request},
        http::{HttpRequest, Params, Response, Value},
        jwt::{Claims, Signature, Token},
        oauth::TokenAnswer,
        party::Party,
        pointer::{Pointer, Side as Message},
        secret::Secret,
    },
};

/// How an instance uses its assertion.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Variant {
    /// Beside the client's own credentials, for a user (CIA §8.1).
    Delegation,
    /// Beside the client's own credentials, for itself (CIA §8.6.3).
    Itself,
    /// As the only credential of the client, for a user (CIA §8.3).
    Sole,
}

impl Variant {
    /// Returns what the profile says.
    pub fn of(profile: &Profile) -> Self {
        match profile.text(fields::VARIANT) {
            Some("self") => Self::Itself,
            Some("sole") => Self::Sole,
            _ => Self::Delegation,
        }
    }
}

/// The step.
pub static INSTANCE_ASSERTION: InstanceAssertion = InstanceAssertion {
    info: StepInfo {
        id: StepId("instance-assertion"),
        title: "Get the assertion about this instance from its issuer",
        short: "Instance assertion",
        from: Party::Client,
        to: Party::InstanceIssuer,
        needs: &[Artifact::IdpMetadata],
        gives: &[Artifact::InstanceAssertion],
        fields: &[
            fields::INSTANCE_ISSUER_ISSUER,
            fields::INSTANCE_ISSUER_ENDPOINT,
            fields::INSTANCE_ISSUER_JWKS_URI,
            fields::INSTANCE_ISSUER_EVIDENCE,
            fields::SSO_CLIENT_ID,
            fields::DPOP_MODE,
        ],
        spec: &["CIA §7.1", "CIA §7.2", "CIA §7.3"],
        why: "The authorization server knows the client, but not its thousands of running copies. Somebody who started \
              this copy, and knows it, says in a signed JWT: this is instance so-and-so of that client, and this key is \
              its own. It is good once, for minutes, and at one server. How an instance proves itself to its issuer is \
              left to the two; here it shows its evidence and a proof of its key.",
        optional: false,
    },
};

/// Asks the instance issuer for an assertion.
pub struct InstanceAssertion {
    info: StepInfo,
}

impl Step for InstanceAssertion {
    fn info(&self) -> &'static StepInfo {
        &INSTANCE_ASSERTION.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        // Only the server's issuer is wanted of its metadata.
        match profile.text(fields::IDP_ISSUER) {
            Some(_) => Vec::new(),
            None => vec![Artifact::IdpMetadata],
        }
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let mut blocked = Vec::new();
        let endpoint = INSTANCE_ISSUER
            .token_endpoint(inputs)
            .map_err(|why| blocked.push(why))
            .ok();
        let client = inputs.profile.client(Side::Sso);
        if client.id.is_none() {
            blocked.push(Blocked::Missing(client.id_field.0.to_owned()));
        }
        let audience = IDP.issuer(inputs);
        if audience.is_empty() {
            blocked.push(Blocked::Missing(fields::IDP_ISSUER.0.to_owned()));
        }
        let (Some(endpoint), Some(client_id), true) = (endpoint, client.id, blocked.is_empty())
        else {
            return Err(blocked);
        };
        let mut params = Params::default();
        params.push("client_id", client_id);
        params.push("audience", audience);
        let mut request = HttpRequest::post_form(&endpoint, params);
        let mut notes = vec![
            (
                Pointer::Form("client_id".to_owned()),
                format!("The client that this is an instance of, from {}.", client.id_field),
            ),
            (
                Pointer::Form("audience".to_owned()),
                "The authorization server that the assertion will be shown to; it goes to no other (CIA §8.4).".to_owned(),
            ),
        ];
        let mut wants = Vec::new();
        if inputs
            .profile
            .secret(fields::INSTANCE_ISSUER_EVIDENCE)
            .is_some()
        {
            let field = fields::INSTANCE_ISSUER_EVIDENCE;
            let evidence = client_auth::secret(inputs, field, &mut wants)?;
            request.set_header("authorization", Value::after("Bearer ", evidence));
            notes.push((
                Pointer::Header(Message::Request, "authorization".to_owned()),
                format!("What the platform gave this process to be known by, from {field}."),
            ));
        }
        notes.extend(dpop::prove(&mut request, inputs, None).map_err(|why| vec![why])?);
        let draft = Draft {
            request: Request::Http(request),
            notes,
            wants,
            resolved: vec![(fields::INSTANCE_ISSUER_ENDPOINT, endpoint)],
            made: inputs.ink.now,
        };
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let exchange = support::main(made).expect("a step is read after its main exchange");
        let response = match support::response(exchange) {
            Ok(response) => response,
            Err(reading) => return *reading,
        };
        if response.status != 200 && response.status != 201 {
            return support::refusal(response, Party::InstanceIssuer);
        }
        let Some(raw) = assertion_in(response) else {
            let says = "Expected a JWT, alone or as client_instance_assertion in a JSON object, from the instance \
                        issuer; received neither.";
            return Reading::bare(Verdict::Unreadable(says.to_owned()), says);
        };
        let token = Token::parse(&raw);
        let keys = INSTANCE_ISSUER.keys(inputs, made);
        if let Some(fetch) = INSTANCE_ISSUER.key_fetch(inputs, &keys, &[&token]) {
            return Reading::bare(
                Verdict::Also(Purpose::Keys, fetch),
                "The instance issuer’s keys are fetched first.",
            );
        }
        let came = Tokens {
            answer: TokenAnswer::of(&Json::Null),
            at: support::came_at(exchange),
        };
        let signature = keys.check(&token);
        let record = support::record(Artifact::InstanceAssertion, &raw, signature, None, &came);
        let mut gained = vec![support::gain(&record)];
        gained.extend(keys.gain(Party::InstanceIssuer));
        let (verdict, says) = match &record.signature {
            Signature::Failed { why } => (
                Verdict::Suspect(format!(
                    "The signature of the instance assertion failed: {why}."
                )),
                format!("An instance assertion came, but its signature failed: {why}."),
            ),
            signature => {
                let sub = record.token.claims.json.as_ref();
                let sub = sub
                    .and_then(|json| Claims(json).text("sub"))
                    .unwrap_or("nobody");
                let end = record
                    .expires
                    .map(|end| format!(" It ends {}.", end.after(came.at)))
                    .unwrap_or_default();
                (
                    Verdict::Done,
                    format!(
                        "The instance issuer says that this is {sub}; its signature is {}.{end} It is good once.",
                        signature_words(signature)
                    ),
                )
            }
        };
        Reading {
            gained,
            tokens: vec![record],
            verdict,
            says,
        }
    }
}

/// Finds the assertion in an answer: no document says what that looks like, so every likely form is taken.
fn assertion_in(response: &Response) -> Option<Secret> {
    const NAMES: &[&str] = &[
        "client_instance_assertion",
        "instance_assertion",
        "assertion",
        "access_token",
        "token",
    ];
    let text = match response.json() {
        Ok(Json::String(text)) => text,
        Ok(json) => NAMES
            .iter()
            .find_map(|name| json[*name].as_str())?
            .to_owned(),
        Err(_) => String::from_utf8_lossy(&response.body.0).trim().to_owned(),
    };
    let dots = text.bytes().filter(|byte| *byte == b'.').count();
    (dots == 2 && !text.contains(char::is_whitespace))
        .then(|| Secret::minted(Artifact::InstanceAssertion.id(), text))
}
