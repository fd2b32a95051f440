//! The answer for what it is: status, body laid out from its own text, headers; or the redirect; or why there is none.

use super::{Panel, no_badge};
use crate::{
    protocol::{
        exchange::{Answer, Exchange, Failure, Purpose, Redirect, Via},
        http::Response,
        pointer::{Pointer, Side},
    },
    session::{Attempt, Outcome, What},
    ui::{
        rows::{
            CopyText, Cx, Row, copy_of,
            json::{is_json, json_rows},
            lines, size, took, value_spans, words, wrap,
        },
        theme::Role,
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "answer",
    title: "Answer",
    rows,
    badge: no_badge,
};

/// More bytes than this of a body are not laid out.
const SHOWN: usize = 256 * 1024;

/// More bytes than this are not even looked at.
const TAKEN: usize = 4 * 1024 * 1024;

/// Of a body that is no text, this much is shown.
const SHOWN_BINARY: usize = 2 * 1024;

/// Headers that say most, in this order.
const FIRST: &[&str] = &[
    "content-type",
    "location",
    "www-authenticate",
    "retry-after",
    "date",
    "cache-control",
    "x-okta-request-id",
    "x-request-id",
    "request-id",
    "x-ms-request-id",
    "x-correlation-id",
    "x-amzn-requestid",
    "cf-ray",
    "traceparent",
];

fn attempt<'a>(cx: &Cx<'a>) -> Option<(usize, &'a Attempt)> {
    let attempts = &cx.session.step(cx.step).attempts;
    let at = cx.attempt.unwrap_or(attempts.len().saturating_sub(1));
    Some((at, attempts.get(at)?))
}

fn rows(cx: &Cx) -> Vec<Row> {
    let Some((at, attempt)) = attempt(cx) else {
        let rows = match &cx.session.step(cx.step).going {
            Some(_) => waiting(cx),
            None => words::why_not(cx, "There is no answer yet"),
        };
        return wrap(rows, cx.width);
    };
    let count = cx.session.step(cx.step).attempts.len();
    let number = format!("attempt {} of {count}", at + 1);
    let Some(exchange) = attempt.main() else {
        return wrap(waiting(cx), cx.width);
    };
    let mut rows = vec![status(cx, exchange, &number)];
    rows.extend(verdict(cx, attempt));
    rows.push(Row::blank());
    match &exchange.outcome {
        Ok(Answer::Http(response)) => {
            rows.extend(body(cx, response, 0));
            rows.push(Row::blank());
            rows.extend(headers(cx, response, 0));
        }
        Ok(Answer::Redirect(arrived)) => rows.extend(redirect(cx, arrived)),
        Err(failure) => rows.extend(failure_rows(cx, failure, &attempt.says)),
    }
    for made in attempt.made.iter().filter(|made| made.purpose != Purpose::Main) {
        rows.extend(aside(cx, made.purpose, &made.exchange));
    }
    wrap(rows, cx.width)
}

fn waiting(cx: &Cx) -> Vec<Row> {
    let Some(going) = &cx.session.step(cx.step).going else {
        return vec![Row::text(Role::Muted, "There is no answer.")];
    };
    let says = match &going.what {
        What::Preparing(_) => "Secrets are read and the listener is bound.".to_owned(),
        What::Sending(purpose, request) => {
            format!("Waiting for {} ({}).", cx.value(&request.http().url), purpose.id())
        }
    };
    vec![Row::text(Role::StepWaiting, says), Row::text(Role::Muted, format!("since {}", going.since))]
}

fn status(cx: &Cx, exchange: &Exchange, number: &str) -> Row {
    let dot = format!(" {} ", cx.glyphs.dot);
    let mut spans = Vec::new();
    let mut facts = Vec::new();
    match &exchange.outcome {
        Ok(Answer::Http(response)) => {
            let role = if response.status < 400 { Role::StepDone } else { Role::StepRefused };
            spans.push((role, format!("{} {}", response.status, words::phrase(response.status))));
            facts.push(response.content_type().map_or_else(|| "no content type".to_owned(), |kind| cx.value(&kind)));
            facts.push(size(response.body_size));
        }
        Ok(Answer::Redirect(arrived)) => spans.push((Role::StepDone, words::via(arrived.via).to_owned())),
        Err(failure) => spans.push((Role::StepFailed, words::failed(failure).to_owned())),
    }
    facts.push(took(exchange.times.end));
    facts.push(number.to_owned());
    for fact in facts {
        spans.push((Role::Muted, dot.clone()));
        spans.push((Role::Text, fact));
    }
    let mut row = Row::new(spans)
        .pointing(Pointer::Status)
        .noted(Some(format!("It was sent {}.", exchange.times.start)));
    // The row of the status copies the body, as far as that is handy.
    row.copy = exchange
        .response()
        .filter(|response| response.body.0.len() <= SHOWN)
        .map(|response| cx.copy("body", &response.text()));
    row
}

/// Says what we make of a bad answer; what we make of a good one stands at the foot of the screen.
fn verdict(cx: &Cx, attempt: &Attempt) -> Vec<Row> {
    if matches!(attempt.outcome, Some(Outcome::Done)) {
        return Vec::new();
    }
    let role = match &attempt.outcome {
        Some(Outcome::Failed(_) | Outcome::Suspect(_) | Outcome::Unreachable(_)) => Role::FindingError,
        _ => Role::Muted,
    };
    let mut rows = Vec::new();
    if !attempt.says.is_empty() {
        rows.push(Row::text(role, cx.value(&attempt.says)));
    }
    if let Some(Outcome::Failed(reasons)) = &attempt.outcome {
        for reason in reasons.iter().filter(|reason| !attempt.says.contains(reason.as_str())) {
            rows.push(Row::text(role, format!("{} {}", cx.glyphs.failed, cx.value(reason))));
        }
    }
    rows
}

/// Says why there is no answer, unless that was said already, and what to look at.
fn failure_rows(cx: &Cx, failure: &Failure, said: &str) -> Vec<Row> {
    let says = failure.to_string();
    let mut rows = Vec::new();
    if !said.contains(&says) {
        rows.push(Row::text(Role::FindingError, cx.value(&says)));
    }
    let hint = match failure {
        Failure::Name(_) => "Is the host right, and does this machine resolve it?",
        Failure::Connect(_) => "Is the server up, and is the port right? A proxy or firewall may stand between.",
        Failure::Tls(_) => "A private CA goes into network.ca_file of the profile.",
        Failure::Timeout(_) => "The limit is network.timeout of the profile.",
        Failure::Aborted | Failure::Broken(_) => return rows,
    };
    rows.push(Row::text(Role::Muted, hint));
    rows
}

/// Shows a body for what it is.
fn body(cx: &Cx, response: &Response, depth: u16) -> Vec<Row> {
    let bytes = &response.body.0;
    let mut rows = Vec::new();
    let mut say = |says: String| rows.push(Row::text(Role::FindingWarning, says).at_depth(depth));
    let kept = bytes.len() as u64;
    if let Some(why) = &response.cut {
        say(format!("The body is not whole: {} {} of {} are kept.", words::sentence(&cx.value(why)), size(kept), size(response.body_size)));
    }
    if bytes.is_empty() {
        rows.push(Row::text(Role::Muted, "The body is empty.").at_depth(depth));
        return rows;
    }
    let invalid = std::str::from_utf8(&bytes[..bytes.len().min(SHOWN * 2)]).err();
    let broken = invalid.is_some_and(|error| error.error_len().is_some());
    let binary = bytes.iter().take(SHOWN).any(|byte| *byte == 0);
    // What is far beyond any screen is not even looked at.
    let taken = bytes.len().min(TAKEN);
    let text = String::from_utf8_lossy(&bytes[..taken]);
    let whole = response.cut.is_none() && taken == bytes.len();
    let kind = response.content_type().unwrap_or_default();
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let wants_json = kind == "application/json" || kind.ends_with("+json");
    if is_json(&text, whole) {
        if !wants_json {
            let what = if kind.is_empty() { "without a content type".to_owned() } else { format!("as {}", cx.value(&kind)) };
            say(format!("It is JSON, but it came {what}."));
        }
        if broken {
            say("It is not valid UTF-8; what does not fit is shown as \u{fffd}.".to_owned());
        }
        let place = |path: &str| Some(Pointer::Json(path.to_owned())).filter(|_| depth == 0);
        rows.extend(json_rows(cx, &text, depth, &place));
        if taken < bytes.len() {
            let more = size((bytes.len() - taken) as u64);
            let says = format!("{} {more} more not shown.", cx.glyphs.cut);
            rows.push(Row::text(Role::FindingWarning, says).at_depth(depth));
        }
        return rows;
    }
    let html = start.get(..200.min(start.len())).is_some_and(looks_like_html) || kind.contains("html");
    if html {
        say("It is an HTML page, not an answer for a program; a login page, a proxy or a wrong address may be behind it.".to_owned());
    } else if wants_json && !binary {
        let why = response.json().err().unwrap_or_else(|| "It does not parse.".to_owned());
        say(cx.value(&why));
    }
    let mut limit = SHOWN;
    if binary || (broken && !html && !kind.starts_with("text/")) {
        say(format!("It is no text (it has {}); its beginning is shown with marks.", if binary { "zero bytes" } else { "bytes that are not UTF-8" }));
        limit = SHOWN_BINARY;
    } else if broken {
        say("It is not valid UTF-8; what does not fit is shown as \u{fffd}.".to_owned());
    }
    rows.extend(lines(cx, &response.text(), depth, Role::Text, limit));
    rows
}

fn looks_like_html(start: &str) -> bool {
    let start = start.to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.starts_with(tag))
}

fn headers(cx: &Cx, response: &Response, depth: u16) -> Vec<Row> {
    let rank = |name: &str| {
        let name = name.to_ascii_lowercase();
        FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len())
    };
    let mut sorted: Vec<&(String, String)> = response.headers.iter().collect();
    sorted.sort_by_key(|(name, _)| rank(name));
    let shown: Vec<String> = sorted.iter().map(|(name, _)| cx.value(name)).collect();
    let pad = words::pad(shown.iter().map(String::as_str), cx.width);
    let mut rows = vec![Row::heading(cx.glyphs, depth, words::count(sorted.len(), "header"))];
    for ((name, value), shown) in sorted.into_iter().zip(shown) {
        let at = Pointer::Header(Side::Response, name.to_ascii_lowercase());
        rows.push(
            Row::pair(&shown, pad, Role::FieldValue, cx.value(value))
                .at_depth(depth + 1)
                .copying(cx.copy(name, value))
                .pointing(at),
        );
    }
    rows
}

fn redirect(cx: &Cx, arrived: &Redirect) -> Vec<Row> {
    let (address, params) = cx.redirect(&arrived.url);
    let mut rows = vec![
        Row::new(vec![(Role::Muted, "to ".to_owned()), (Role::Link, address)])
            .pointing(Pointer::Url)
            .copying(CopyText::from(arrived.url.clone())),
    ];
    if arrived.via == Via::PasteCode {
        let says = "Only the code was pasted, so state and iss could not be compared.";
        rows.push(Row::text(Role::FindingWarning, says));
    }
    rows.push(Row::heading(cx.glyphs, 0, words::count(params.0.len(), "parameter")));
    let names: Vec<String> = params.0.iter().map(|(name, _)| cx.value(name)).collect();
    let pad = words::pad(names.iter().map(String::as_str), cx.width);
    let asked = attempt(cx).and_then(|(_, attempt)| attempt.main());
    for ((name, value), shown) in params.0.iter().zip(&names) {
        let mut row = Row::pair(shown, pad, Role::FieldValue, "");
        row.spans.pop();
        row.spans.extend(value_spans(cx, value));
        if name == "state"
            && let Some(crate::protocol::exchange::Request::Browser(asked)) = asked.map(|exchange| &exchange.request)
        {
            let same = value.wire() == asked.state;
            let (role, says) = if same { (Role::Muted, "as it was sent") } else { (Role::FindingError, "not the one that was sent") };
            row.spans.push((role, format!("  {} {says}", cx.glyphs.note)));
        }
        let note = of_answer(name).map(str::to_owned);
        rows.push(row.at_depth(1).noted(note).copying(copy_of(cx, name, value)).pointing(Pointer::Query(name.clone())));
    }
    if !arrived.hops.is_empty() {
        rows.push(Row::blank());
        rows.push(Row::heading(cx.glyphs, 0, format!("the way there {} {}", cx.glyphs.dot, words::count(arrived.hops.len(), "hop"))));
        for hop in &arrived.hops {
            let spans = vec![(Role::Text, format!("{} ", hop.status)), (Role::Link, cx.value(&hop.url))];
            rows.push(Row::new(spans).at_depth(1).copying(cx.copy("address", &hop.url)));
        }
    }
    rows
}

/// Says what a parameter of the redirect is.
fn of_answer(name: &str) -> Option<&'static str> {
    Some(match name {
        "code" => "The authorization code: good once, for a short time, with the verifier only (RFC 6749 §4.1.2).",
        "state" => "Must be the value that was sent, or the answer belongs to another sign-in (RFC 6749 §10.12).",
        "iss" => "Who answers; must be the IdP’s issuer (RFC 9207 §2).",
        "error" => "Why the IdP refused (RFC 6749 §4.1.2.1).",
        "error_description" => "The IdP’s own words (RFC 6749 §4.1.2.1).",
        "session_state" => "The user’s session at the IdP (OIDC Session Management §2).",
        _ => return None,
    })
}

/// Shows a side exchange, folded.
fn aside(cx: &Cx, purpose: Purpose, exchange: &Exchange) -> Vec<Row> {
    let (role, came) = words::came(cx, exchange);
    let mut heading = Row::heading(cx.glyphs, 0, format!("{} ", purpose.id())).shut();
    heading.spans.push((Role::Link, cx.value(&exchange.request.http().address())));
    heading.spans.push((role, format!("  {came}")));
    let mut rows = vec![Row::blank(), heading];
    match &exchange.outcome {
        Ok(Answer::Http(response)) => {
            rows.extend(body(cx, response, 1));
            rows.extend(headers(cx, response, 1));
        }
        Ok(Answer::Redirect(_)) => {}
        Err(failure) => rows.push(Row::text(Role::FindingError, cx.value(&failure.to_string())).at_depth(1)),
    }
    rows
}
