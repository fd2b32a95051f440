//! The access token is tried on the API it is for.

use super::{assertion, support};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict,
        client_auth::finish, dpop,
    },
    profile::{FieldPath, Profile, fields},
    protocol::{
        exchange::Request,
        http::{Body, HttpRequest},
        party::Party,
    },
};

/// The step.
pub static CALL_API: CallApi = CallApi {
    info: StepInfo {
        id: StepId("call-api"),
        title: "Call the API with the access token",
        short: "Call the API",
        from: Party::Client,
        to: Party::Api,
        needs: &[Artifact::AccessToken],
        gives: &[],
        fields: &[
            fields::API_URL,
            fields::API_METHOD,
            fields::API_HEADERS,
            fields::API_BODY,
            fields::DPOP_MODE,
        ],
        spec: &["RFC 6750 §2.1", "RFC 9068 §4"],
        why: "The proof of the pudding: the API takes the token, or says why not. It sees the user’s name in the token \
              and the agent’s client id, and no password was ever passed on.",
        optional: true,
    },
};

/// Calls the API.
pub struct CallApi {
    info: StepInfo,
}

impl Step for CallApi {
    fn info(&self) -> &'static StepInfo {
        &CALL_API.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        vec![assertion::last_token(profile)]
    }

    fn skipped(&self, profile: &Profile) -> Option<String> {
        profile
            .text(fields::API_URL)
            .is_none()
            .then(|| "The profile has no api.url.".to_owned())
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let url = support::api_url(inputs).map_err(|why| vec![why])?;
        let artifact = assertion::last_token(inputs.profile);
        let Some(token) = inputs.bag.value(artifact) else {
            return Err(vec![Blocked::Needs(artifact)]);
        };
        let said = [fields::API_METHOD, fields::API_HEADERS, fields::API_BODY];
        let mut request = call(inputs, url, said);
        let notes = dpop::present(&mut request, inputs, token).map_err(|why| vec![why])?;
        let draft = Draft {
            request: Request::Http(request),
            notes,
            wants: Vec::new(),
            resolved: vec![(fields::API_URL, url.to_owned())],
            made: inputs.ink.now,
        };
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, _inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        answered(made, Party::Api, Artifact::AccessToken)
    }
}

/// Makes the call that a profile describes by its method, its headers and its body.
pub(super) fn call(inputs: &Inputs<'_>, url: &str, said: [FieldPath; 3]) -> HttpRequest {
    let [method, headers, body] = said;
    let mut request = HttpRequest::get(url, "application/json");
    let method = inputs.profile.text(method).unwrap_or("GET");
    method.to_ascii_uppercase().clone_into(&mut request.method);
    for (name, value) in inputs.profile.map(headers) {
        request.set_header(name, value.as_str());
    }
    if let Some(body) = inputs.profile.text(body) {
        if request.header("content-type").is_none() {
            request.set_header("content-type", "application/json");
        }
        request.body = Body::Text(body.to_owned());
    } else if request.method != "GET" && request.method != "HEAD" {
        // Some servers answer 411 to a POST without a length.
        request.body = Body::Text(String::new());
    }
    request
}

/// Reads what came of such a call, which carried that token.
pub(super) fn answered(made: &[Made], to: Party, token: Artifact) -> Reading {
    let exchange = support::main(made).expect("a step is read after its main exchange");
    let response = match support::response(exchange) {
        Ok(response) => response,
        Err(reading) => return *reading,
    };
    if !(200..300).contains(&response.status) {
        return support::refusal(response, to);
    }
    let (status, taker) = (response.status, support::cap(to));
    if exchange.broke_off() {
        let says =
            format!("{taker} took the {token} and answered {status}, and the answer broke off.");
        return Reading::bare(Verdict::Unreadable(says.clone()), says);
    }
    let size = response.body_size;
    let kind = response
        .content_type()
        .unwrap_or_else(|| "no content type".to_owned());
    let page = if kind.contains("html") {
        ", a page for people: perhaps a sign-in or a proxy stands before it"
    } else {
        ""
    };
    Reading::bare(
        Verdict::Done,
        format!(
            "{taker} took the {token} and answered {status} with {size} bytes of {kind}{page}."
        ),
    )
}
