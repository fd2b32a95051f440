//! What the steps that speak MCP share: their requests, and what they make of answers that are none.

use serde_json::Value as Json;

use super::support::{self, api_url};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, Reading, StepId, Verdict, client_auth::finish, dpop,
    },
    profile::fields,
    protocol::{
        exchange::{Exchange, Request},
        http::{Body, HttpRequest, Response},
        mcp::{self, Answer, RpcError},
        oauth::OAuthError,
        party::Party,
        pointer::{Pointer, Side},
    },
};

/// Makes a request with a message, without any token.
pub fn post(url: &str, message: &Json) -> HttpRequest {
    let mut request = HttpRequest::get(url, mcp::ACCEPT);
    "POST".clone_into(&mut request.method);
    request.set_header("content-type", "application/json");
    request.body = Body::Text(message.to_string());
    request
}

/// Makes the draft of a message that goes with the access token and with what the server agreed on.
///
/// # Errors
/// The field or token that is missing.
pub fn draft(inputs: &Inputs<'_>, step: StepId, message: &Json) -> Result<Draft, Vec<Blocked>> {
    let mut blocked = Vec::new();
    let url = api_url(inputs).map_err(|why| blocked.push(why)).ok();
    if inputs.profile.text(fields::API_KIND) != Some("mcp") {
        let says = "the flow mcp calls an MCP server: expected mcp, received http.".to_owned();
        blocked.push(Blocked::Invalid(fields::API_KIND.0.to_owned(), says));
    }
    let token = inputs.bag.value(Artifact::AccessToken);
    if token.is_none() {
        blocked.push(Blocked::Needs(Artifact::AccessToken));
    }
    let (Some(url), Some(token), true) = (url, token, blocked.is_empty()) else {
        return Err(blocked);
    };
    let mut request = post(url, message);
    for (name, value) in inputs.profile.map(fields::API_HEADERS) {
        request.set_header(name, value.as_str());
    }
    let mut notes = dpop::present(&mut request, inputs, token).map_err(|why| vec![why])?;
    if message["method"] != "initialize" {
        if let Some(version) = inputs.bag.shown(Artifact::McpVersion) {
            request.set_header(mcp::VERSION_HEADER, version);
            notes.push(note(
                mcp::VERSION_HEADER,
                "What the server agreed on in mcp-initialize.",
            ));
        }
        if let Some(session) = inputs.bag.value(Artifact::McpSession) {
            request.set_header(mcp::SESSION_HEADER, session.clone());
            notes.push(note(
                mcp::SESSION_HEADER,
                "The session that the server opened in mcp-initialize.",
            ));
        }
    }
    let draft = Draft {
        request: Request::Http(request),
        notes,
        wants: Vec::new(),
        resolved: vec![(fields::API_URL, url.to_owned())],
        made: inputs.ink.now,
    };
    Ok(finish(draft, inputs, step.0))
}

/// Makes a further request of a step that was sent before.
///
/// # Errors
/// The reading to end with, when what it needs has gone since.
pub fn more(
    inputs: &Inputs<'_>,
    step: StepId,
    message: &Json,
) -> Result<HttpRequest, Box<Reading>> {
    match draft(inputs, step, message) {
        Ok(draft) => Ok(draft.request.http().clone()),
        Err(blocked) => {
            let why: Vec<String> = blocked.iter().map(ToString::to_string).collect();
            let says = format!("The next request cannot be made: {}.", why.join("; "));
            Err(Box::new(Reading::bare(
                Verdict::Rejected(vec![says.clone()]),
                says,
            )))
        }
    }
}

/// Reads the result of the request of that id.
///
/// # Errors
/// The reading to end with, when there is none.
pub fn result(exchange: &Exchange, id: u64) -> Result<(Json, Answer), Box<Reading>> {
    let response = taken(exchange)?;
    let answer = mcp::answer(response, id).map_err(|why| {
        let says = format!("The MCP server answered {}, but: {why}", response.status);
        Box::new(Reading::bare(Verdict::Unreadable(why), says))
    })?;
    match &answer.said {
        Ok(result) => Ok((result.clone(), answer)),
        Err(error) => Err(Box::new(refused(OAuthError::default(), response, error))),
    }
}

/// Returns a response that says yes.
///
/// # Errors
/// The reading to end with, when it says no: a challenge, an error of JSON-RPC, a session that is lost, a page.
pub fn taken(exchange: &Exchange) -> Result<&Response, Box<Reading>> {
    let response = support::response(exchange)?;
    if (200..300).contains(&response.status) {
        return Ok(response);
    }
    let json = response.json().unwrap_or_default();
    let sent = exchange.request.http();
    if response.status == 404 && sent.header(mcp::SESSION_HEADER).is_some() {
        let says = "The MCP server answered 404: it does not know the session any more. Send mcp-initialize again for a \
                    new one (MCP, Transports: session management).";
        return Err(Box::new(Reading {
            gained: vec![
                Gain::Spent(Artifact::McpSession),
                Gain::Spent(Artifact::McpVersion),
            ],
            ..Reading::bare(Verdict::Refused(OAuthError::of(response)), says)
        }));
    }
    let error = OAuthError::of(response);
    Err(Box::new(match RpcError::of(&json) {
        Some(rpc) if error.error.is_none() => refused(error, response, &rpc),
        _ => support::refusal(response, Party::Api),
    }))
}

/// The refusal by an error of JSON-RPC.
fn refused(mut error: OAuthError, response: &Response, rpc: &RpcError) -> Reading {
    error.status = Some(response.status);
    error.error = Some(rpc.code.map_or_else(
        || "JSON-RPC error without a code".to_owned(),
        |code| format!("JSON-RPC error {code}"),
    ));
    error.description.clone_from(&rpc.message);
    let says = format!("The MCP server refused: {error}.");
    Reading::bare(Verdict::Refused(error), says)
}

/// Says what was beside the answer, where there was anything.
pub fn beside(answer: &Answer) -> String {
    let others = match answer.others {
        0 => String::new(),
        1 => " One more message came with the answer.".to_owned(),
        count => format!(" {count} more messages came with the answer."),
    };
    let cut = answer.cut.as_ref().map_or_else(String::new, |why| {
        format!(" The answer came, but its stream is not whole: {why}.")
    });
    format!("{others}{cut}")
}

fn note(header: &str, says: &str) -> (Pointer, String) {
    let place = Pointer::Header(Side::Request, header.to_owned());
    (place, says.to_owned())
}
