//! A workload behind the API swaps the access token for a Transaction Token: the outer token ends at the door.

use super::support::TTS;
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo,
        client_auth::{Server, finish, token_request},
        workload::workload,
    },
    profile::{FieldPath, Profile, Side, fields},
    protocol::{exchange::Request, http::Params, oauth::urn, party::Party, pointer::Pointer},
};

/// The step.
pub static TXN_TOKEN: TxnToken = TxnToken {
    info: StepInfo {
        id: StepId("txn-token"),
        title: "Swap the access token for a Transaction Token",
        short: "Transaction Token",
        from: Party::Api,
        to: Party::Tts,
        needs: &[Artifact::AccessToken],
        gives: &[Artifact::TxnToken],
        fields: &[
            fields::TTS_AUDIENCE,
            fields::TTS_SCOPE,
            fields::TTS_REQUEST_CONTEXT,
            fields::TTS_CONTEXT_PARAMETER,
            fields::TTS_REQUEST_DETAILS,
            fields::TTS_WORKLOAD_TOKEN,
            fields::TTS_WORKLOAD_KEY,
            fields::TTS_CLIENT_ID,
            fields::TTS_AUTH,
            fields::TTS_CLIENT_SECRET,
            fields::TTS_PRIVATE_KEY,
            fields::TTS_KID,
            fields::TTS_ALG,
            fields::TTS_ASSERTION_AUDIENCE,
            fields::TTS_ISSUER,
            fields::TTS_TOKEN_ENDPOINT,
            fields::TTS_JWKS_URI,
        ],
        spec: &["TXN §11.1", "AP §7", "AP App. B.7"],
        why: "The access token was made for the API and must go no further. The tool behind the API shows it, with the \
              word of its own platform about itself, to the Transaction Token Service of the trust domain, and gets a \
              token for this one transaction: still about the user, with the tool as the outermost actor and the agent \
              inside, and bound to the tool’s key. The next call, to a service inside, carries it.",
        optional: true,
    },
};

/// Asks for a Transaction Token.
pub struct TxnToken {
    info: StepInfo,
}

impl Step for TxnToken {
    fn info(&self) -> &'static StepInfo {
        &TXN_TOKEN.info
    }

    fn skipped(&self, profile: &Profile) -> Option<String> {
        profile
            .text(fields::TTS_TOKEN_ENDPOINT)
            .is_none()
            .then(|| format!("The profile has no {}.", fields::TTS_TOKEN_ENDPOINT))
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let text = |field| inputs.profile.text(field);
        let (endpoint, token) = TTS.shown(inputs, Artifact::AccessToken)?;
        let missing = |field: FieldPath| vec![Blocked::Missing(field.0.to_owned())];
        let audience = text(fields::TTS_AUDIENCE).ok_or_else(|| missing(fields::TTS_AUDIENCE))?;
        let mut params = Params::default();
        params.push("grant_type", urn::TOKEN_EXCHANGE);
        params.push("requested_token_type", urn::TXN_TOKEN);
        params.push("audience", audience);
        if let Some(scope) = text(fields::TTS_SCOPE) {
            params.push("scope", scope);
        }
        params.push("subject_token", token.clone());
        params.push("subject_token_type", urn::ACCESS_TOKEN);
        let context = text(fields::TTS_CONTEXT_PARAMETER).unwrap_or("request_context");
        if let Some(said) = text(fields::TTS_REQUEST_CONTEXT) {
            params.push(context, said);
        }
        if let Some(said) = text(fields::TTS_REQUEST_DETAILS) {
            params.push("request_details", said);
        }
        let mut wants = Vec::new();
        let workload = workload(inputs, &mut wants)?;
        if let Some(workload) = &workload {
            params.push("actor_token", workload.token.clone());
            params.push("actor_token_type", urn::JWT);
        }
        let server = Server {
            issuer: TTS.issuer(inputs),
            token_endpoint: &endpoint,
        };
        let mut draft = token_request(inputs, self.info.id.0, Side::Tts, server, params)?;
        draft.wants.extend(wants);
        let form = |name: &str| Pointer::Form(name.to_owned());
        let mut note = |name, says: &str| draft.notes.push((form(name), says.to_owned()));
        note(
            "audience",
            "The trust domain that the token is for: a name, from tts.audience (TXN §11.1).",
        );
        note(
            "scope",
            "The purpose of this transaction, from tts.scope (TXN §11.1).",
        );
        note(
            "subject_token",
            "The access token as it came to the API: for whom, and who acted so far.",
        );
        note(
            context,
            match context {
                "rctx" => {
                    "Where the transaction comes from; becomes the claim rctx. The Actor Profile’s example calls it so (AP App. B.7)."
                }
                _ => "Where the transaction comes from; becomes the claim rctx (TXN §11.1).",
            },
        );
        note(
            "request_details",
            "What the transaction is about; becomes the claim tctx, which never changes (TXN §11.1).",
        );
        if let (Some(workload), Request::Http(request)) = (workload, &mut draft.request) {
            draft.notes.push((
                form("actor_token"),
                "The tool by its platform’s word: the Workload Identity Token. It becomes the outermost actor (AP App. B.7)."
                    .to_owned(),
            ));
            let proof = workload.prove(request, inputs, None)?;
            draft.notes.push(proof);
        }
        draft
            .resolved
            .push((fields::TTS_TOKEN_ENDPOINT, endpoint.clone()));
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let parent = Some(Artifact::AccessToken);
        match TTS.issued(inputs, made, Artifact::TxnToken, parent) {
            Err(reading) => *reading,
            Ok(issued) => issued.told(inputs, |issued, signed| {
                format!(
                    "The access token was swapped for a Transaction Token; its signature is {signed}.{}",
                    issued.terms()
                )
            }),
        }
    }
}
