//! The report of a run as JSON (INTERFACE §3): for scripts and for CI.

use serde_json::{Value as Json, json};

use super::{TOOL, curl::curl, mask};
use crate::{
    flow::{Made, Step, StepId, TokenRecord},
    lint::{self, Finding},
    protocol::{
        exchange::{Answer, Exchange, Login, Purpose, Redirect, Request, Via},
        http::Response,
        jwt::{Part, Signature},
    },
    session::{Session, Status, StepState, Walk, headless::End},
};

/// Makes the report of a walk that was to go through a step; masked, unless `reveal` asks for the secrets.
pub fn report(session: &Session, through: StepId, end: End, reveal: bool) -> Json {
    let walk = mask::view(session, reveal);
    let steps: Vec<Json> = session
        .steps()
        .map(|step| step_json(session, &walk, step, through, reveal))
        .collect();
    json!({
        "schema": 1,
        "tool": TOOL,
        "flow": session.flow.id.0,
        "profile": session.profile.name,
        "outcome": end.id(),
        "verdict": verdict(session, through, end, reveal),
        "steps": steps,
    })
}

/// The verdict of the rules; `null` when all is well (INTERFACE §3).
fn verdict(session: &Session, through: StepId, end: End, reveal: bool) -> Json {
    let judged = session
        .verdict(Some(through))
        .filter(|_| end != End::Interrupted);
    let Some(verdict) = judged else {
        return Json::Null;
    };
    let masked = |text: &String| {
        if reveal {
            text.clone()
        } else {
            session.vault.mask(text)
        }
    };
    let because: Vec<String> = verdict.because.iter().map(masked).collect();
    json!({
        "step": verdict.step,
        "owner": verdict.owner.id(),
        "confidence": verdict.confidence.id(),
        "code": verdict.code,
        "says": masked(&verdict.says),
        "because": because,
        "fix": masked(&verdict.fix),
    })
}

/// A finding (INTERFACE §3); where two strings part, and why it counts less than the text says, are added.
pub fn finding(finding: &Finding) -> Json {
    let rule = lint::find(finding.code.0);
    let mut json = json!({
        "code": finding.code,
        "severity": finding.severity.id(),
        "at": finding.at.to_string(),
        "says": finding.says,
        "expected": finding.expected,
        "got": finding.got,
        "owner": finding.owner.id(),
        "fix": finding.fix,
        "spec": rule.map(|rule| rule.spec),
        "revision": rule.map(|rule| rule.revision),
    });
    if let Some(near) = finding.near {
        json["near"] = json!(near);
    }
    if let Some(habit) = &finding.habit {
        json["habit"] = json!(habit);
    }
    json
}

/// Returns the word for where a step stands; what comes after the last step of the run was never asked for.
pub(super) fn status_id(session: &Session, id: StepId, through: StepId) -> &'static str {
    let place = |id: StepId| session.flow.steps().position(|step| step.info().id == id);
    match session.status(id) {
        Status::Blocked(_) if place(id) > place(through) => "not-run",
        status => status.id(),
    }
}

/// Returns what is to be said of a step: what happened, or why nothing did.
pub(super) fn says(session: &Session, walk: &Walk, id: StepId, reveal: bool) -> Option<String> {
    let masked = |text: String| {
        if reveal {
            text
        } else {
            session.vault.mask(&text)
        }
    };
    match session.status(id) {
        Status::Skipped(why) => Some(masked(why)),
        Status::Blocked(blocked) => {
            let why: Vec<String> = blocked.iter().map(ToString::to_string).collect();
            Some(masked(format!("Not sent: {}.", why.join("; "))))
        }
        _ => {
            let attempt = state(walk, id)?.last()?;
            Some(attempt.says.clone()).filter(|says| !says.is_empty())
        }
    }
}

/// Returns a step's state in a walk, the session's own or a masked copy.
pub(super) fn state(walk: &Walk, id: StepId) -> Option<&StepState> {
    walk.steps.iter().find(|state| state.id == id)
}

/// Returns the tokens of a step: what was handed in, and what came that it does not replace.
pub(super) fn tokens(state: &StepState) -> impl Iterator<Item = &TokenRecord> {
    let replaced = |record: &TokenRecord| {
        state
            .given
            .iter()
            .any(|given| given.artifact == record.artifact)
    };
    let came = state.last().into_iter().flat_map(|attempt| &attempt.tokens);
    state
        .given
        .iter()
        .chain(came.filter(move |record| !replaced(record)))
}

fn step_json(
    session: &Session,
    walk: &Walk,
    step: &dyn Step,
    through: StepId,
    reveal: bool,
) -> Json {
    let info = step.info();
    let shown = state(walk, info.id);
    let attempt = shown.and_then(StepState::last);
    let main = attempt.and_then(|attempt| attempt.main());
    // The command needs the real request: what its variables hold is counted from that.
    let sent = session
        .step(info.id)
        .last()
        .and_then(|attempt| attempt.main());
    let tokens: Vec<Json> = shown.into_iter().flat_map(tokens).map(token).collect();
    json!({
        "id": info.id.0,
        "title": info.title,
        "stage": session.flow.stage_of(info.id).map(|stage| stage.title),
        "from": info.from.id(),
        "to": info.to.id(),
        "status": status_id(session, info.id, through),
        "says": says(session, walk, info.id, reveal),
        "attempts": shown.map_or(0, tries),
        "ms": attempt.map(|attempt| millis(attempt.micros())),
        "request": main.map(request),
        "response": main.map(response),
        "exchanges": attempt.map_or_else(Vec::new, |attempt| attempt.made.iter().map(exchange).collect()),
        "curl": sent.map(|exchange| curl(exchange.request.http(), &session.vault, !reveal).text),
        "tokens": tokens,
        "findings": shown.into_iter().flat_map(StepState::findings).map(finding).collect::<Vec<_>>(),
    })
}

/// How often the step was tried: its attempts, and what a server asked to repeat within them.
fn tries(state: &StepState) -> usize {
    let made = state.attempts.iter().flat_map(|attempt| &attempt.made);
    let again = made.filter(|made| made.purpose == Purpose::Retry).count();
    state.attempts.len() + again
}

/// Milliseconds with one decimal.
#[allow(clippy::cast_precision_loss)] // nobody waits that long
pub(super) fn millis(micros: u64) -> f64 {
    (micros as f64 / 100.0).round() / 10.0
}

fn exchange(made: &Made) -> Json {
    let mut json = json!({
        "purpose": made.purpose.id(),
        "request": request(&made.exchange),
        "response": response(&made.exchange),
        "ms": millis(made.exchange.times.end),
    });
    if let Err(failure) = &made.exchange.outcome {
        json["failure"] = Json::from(failure.to_string());
    }
    json
}

fn request(exchange: &Exchange) -> Json {
    let http = exchange.request.http();
    // A browser sends headers of its own, which we never see.
    let ours = match &exchange.request {
        Request::Http(_) => true,
        Request::Browser(asked) => asked.login == Login::Follow,
    };
    let headers: Vec<(String, String)> = if ours {
        let headers = http.wire_headers().into_iter();
        headers.map(|(name, value)| (name, value.wire())).collect()
    } else {
        Vec::new()
    };
    json!({
        "method": http.method,
        "url": mask::address(http),
        "headers": headers,
        "body": mask::body(http),
    })
}

fn response(exchange: &Exchange) -> Json {
    match &exchange.outcome {
        Ok(Answer::Http(response)) => http_response(response),
        Ok(Answer::Redirect(redirect)) => redirect_json(redirect),
        Err(_) => Json::Null,
    }
}

fn http_response(response: &Response) -> Json {
    let mut json = json!({
        "status": response.status,
        "headers": response.headers,
        "body": response.text(),
    });
    if let Some(why) = &response.cut {
        json["cut"] = json!({ "why": why, "body_size": response.body_size });
    }
    json
}

/// Returns the address of a redirect, as the walk at hand has it: masked or not.
pub(super) fn redirect_address(redirect: &Redirect) -> String {
    redirect.url.reveal().to_owned()
}

fn redirect_json(redirect: &Redirect) -> Json {
    let hops: Vec<Json> = redirect
        .hops
        .iter()
        .map(|hop| json!({ "url": hop.url, "status": hop.status }))
        .collect();
    json!({
        "status": null,
        "redirect": redirect_address(redirect),
        "via": match redirect.via {
            Via::Listener => "listener",
            Via::Paste | Via::PasteCode => "paste",
            Via::Follow => "follow",
        },
        "hops": hops,
    })
}

fn token(record: &TokenRecord) -> Json {
    let mut json = json!({
        "name": record.name,
        "kind": record.kind().id(),
        "fingerprint": record.fingerprint,
        "header": part(&record.token.header),
        "claims": part(&record.token.claims),
        "signature": record.signature.id(),
    });
    if let Signature::Failed { why } | Signature::NotChecked { why } = &record.signature {
        json["signature_note"] = Json::from(why.as_str());
    }
    json
}

/// The JSON of a part, else its text, else null.
fn part(part: &Part) -> Json {
    match (&part.json, &part.text) {
        (Some(json), _) => json.clone(),
        (None, Some(text)) => Json::from(text.as_str()),
        (None, None) => Json::Null,
    }
}
