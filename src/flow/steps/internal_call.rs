//! A service inside the trust domain is called with the Transaction Token.

use super::{
    call_api::{answered, call},
    support,
};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo,
        client_auth::finish,
        workload::{IDENTITY, workload},
    },
    profile::{Profile, fields},
    protocol::{
        exchange::Request,
        party::Party,
        pointer::{Pointer, Side},
    },
};

/// The header field that the token travels in (TXN §12.1).
const HEADER: &str = "txn-token";

/// The step.
pub static INTERNAL_CALL: InternalCall = InternalCall {
    info: StepInfo {
        id: StepId("internal-call"),
        title: "Call a service inside with the Transaction Token",
        short: "Internal call",
        from: Party::Api,
        to: Party::Service,
        needs: &[Artifact::TxnToken],
        gives: &[],
        fields: &[
            fields::SERVICE_URL,
            fields::SERVICE_METHOD,
            fields::SERVICE_HEADERS,
            fields::SERVICE_BODY,
            fields::TTS_WORKLOAD_TOKEN,
            fields::TTS_WORKLOAD_KEY,
        ],
        spec: &["TXN §12", "AP App. B.8"],
        why: "Inside the trust domain no access token travels. The service reads from the Transaction Token for whom, \
              through whom and to what end it is called, and from the Workload Identity Token and its proof that the \
              caller is the very workload that the token names. The token is passed on unchanged to whatever comes \
              after.",
        optional: true,
    },
};

/// Calls a service inside.
pub struct InternalCall {
    info: StepInfo,
}

impl Step for InternalCall {
    fn info(&self) -> &'static StepInfo {
        &INTERNAL_CALL.info
    }

    fn skipped(&self, profile: &Profile) -> Option<String> {
        profile
            .text(fields::SERVICE_URL)
            .is_none()
            .then(|| format!("The profile has no {}.", fields::SERVICE_URL))
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let url = support::address(inputs, fields::SERVICE_URL).map_err(|why| vec![why])?;
        let Some(token) = inputs.bag.value(Artifact::TxnToken) else {
            return Err(vec![Blocked::Needs(Artifact::TxnToken)]);
        };
        let said = [
            fields::SERVICE_METHOD,
            fields::SERVICE_HEADERS,
            fields::SERVICE_BODY,
        ];
        let mut request = call(inputs, url, said);
        let at = |name: &str| Pointer::Header(Side::Request, name.to_owned());
        let mut notes = Vec::new();
        request.set_header(HEADER, token.clone());
        let says = "The Transaction Token, bare and once; never in Authorization (TXN §12.1).";
        notes.push((at(HEADER), says.to_owned()));
        let mut wants = Vec::new();
        if let Some(workload) = workload(inputs, &mut wants)? {
            request.set_header(IDENTITY, workload.token.clone());
            let says = "Who calls, by the word of its platform; the outermost actor of the Transaction Token (AP App. B.8).";
            notes.push((at(IDENTITY), says.to_owned()));
            notes.push(workload.prove(&mut request, inputs, Some(token))?);
        }
        let draft = Draft {
            request: Request::Http(request),
            notes,
            wants,
            resolved: vec![(fields::SERVICE_URL, url.to_owned())],
            made: inputs.ink.now,
        };
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, _inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        answered(made, Party::Service, Artifact::TxnToken)
    }
}
