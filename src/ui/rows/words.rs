//! Words that panels share: outcomes, answers, ends of tokens, numbers of steps.

use unicode_width::UnicodeWidthStr;

use super::{Cx, Row, size, took};
use crate::{
    flow::{Artifact, Blocked, StepId},
    lint::verdict::{Confidence, Judgement},
    protocol::{
        exchange::{Answer, Exchange, Failure, Via},
        oauth::OAuthError,
        party::Party,
        time::{Lifetime, Timestamp},
    },
    session::{Attempt, Outcome, Session, Status},
    ui::theme::Role,
};

/// A token that ends within this time is marked.
const SOON: Lifetime = Lifetime(60_000);

/// Says how many of a thing there are: `1 header`, `12 headers`.
pub fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// Returns the width that names of one block are padded to: that of the widest, but no more than a third of a row.
pub fn pad<'a>(names: impl Iterator<Item = &'a str>, width: u16) -> usize {
    names
        .map(UnicodeWidthStr::width)
        .max()
        .unwrap_or_default()
        .min(usize::from(width / 3))
}

/// Returns the time of day in UTC: `10:14:07`.
pub fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    match text.strip_suffix(" UTC").and_then(|text| text.get(11..)) {
        Some(clock) => clock.to_owned(),
        None => text,
    }
}

/// Returns the number of a step in its flow, from 1.
pub fn number(session: &Session, id: StepId) -> usize {
    session
        .steps()
        .position(|step| step.info().id == id)
        .map_or(0, |at| at + 1)
}

/// Says why there is nothing to show: what is missing, a row each.
pub fn why_not(cx: &Cx, lead: &str) -> Vec<Row> {
    match cx.session.status(cx.step) {
        Status::Blocked(blocked) => {
            let mut rows = vec![Row::text(Role::Muted, format!("{lead}:"))];
            rows.extend(blocked.iter().map(|why| blocked_row(cx, why).at_depth(1)));
            rows
        }
        Status::Skipped(why) => vec![Row::text(
            Role::StepSkipped,
            format!("The step is left out. {}", cx.text(&why)),
        )],
        _ => vec![Row::text(Role::Muted, format!("{lead}."))],
    }
}

/// Returns the row of a reason that holds a step back.
pub fn blocked_row(cx: &Cx, why: &Blocked) -> Row {
    let mut row = Row::text(Role::FieldInvalid, cx.text(&why.to_string()));
    match why {
        Blocked::Needs(artifact) if Artifact::GIVEABLE.contains(artifact) => {
            row.goes = Some(super::Goes::Artifact(*artifact));
        }
        Blocked::Needs(_) => {}
        Blocked::Missing(path) | Blocked::Invalid(path, _) => {
            row.field = crate::profile::FieldPath::find(path);
        }
    }
    row
}

/// Says what became of an exchange in few words: `200 OK · 118 bytes · 143 ms`.
pub fn came(cx: &Cx, exchange: &Exchange) -> (Role, String) {
    let dot = cx.glyphs.dot;
    let time = took(exchange.times.end);
    match &exchange.outcome {
        Ok(Answer::Http(response)) => {
            let role = if response.status < 400 {
                Role::Text
            } else {
                Role::StepRefused
            };
            let phrase = phrase(response.status);
            (
                role,
                format!(
                    "{} {phrase} {dot} {} {dot} {time}",
                    response.status,
                    size(response.body_size)
                ),
            )
        }
        Ok(Answer::Redirect(arrived)) => (Role::Text, format!("{} {dot} {time}", via(arrived.via))),
        Err(failure) => (
            Role::StepFailed,
            format!("{} {dot} {time}", failed(failure)),
        ),
    }
}

/// Says why there is no answer in two or three words.
pub fn failed(failure: &Failure) -> &'static str {
    match failure {
        Failure::Name(_) => "name not found",
        Failure::Connect(_) => "no connection",
        Failure::Tls(_) => "TLS failed",
        Failure::Timeout(_) => "no answer in time",
        Failure::Aborted => "cancelled",
        Failure::Broken(_) => "unreadable answer",
    }
}

/// Says how a redirect reached us.
pub fn via(via: Via) -> &'static str {
    match via {
        Via::Listener => "redirect caught on loopback",
        Via::Paste => "redirect pasted",
        Via::PasteCode => "bare code pasted",
        Via::Follow => "redirect, followed",
    }
}

/// Says how an attempt ended, in the words of the rail.
pub fn outcome(attempt: &Attempt, to: Party) -> (Role, String) {
    match &attempt.outcome {
        None => (Role::StepWaiting, "waiting".to_owned()),
        Some(Outcome::Done) => (Role::StepDone, "done".to_owned()),
        Some(Outcome::Refused(error)) => (Role::StepRefused, refused(error, to)),
        Some(Outcome::Failed(_) | Outcome::Suspect(_)) => {
            (Role::StepRefused, attempt.rejected().to_owned())
        }
        Some(Outcome::Unreachable(_)) => (Role::StepFailed, "not reachable".to_owned()),
        Some(Outcome::Interrupted) => (Role::StepSkipped, "cancelled".to_owned()),
    }
}

/// Says in two or three words who refused: a server that has nothing there refuses nothing.
pub fn refused(error: &OAuthError, by: Party) -> String {
    match error {
        OAuthError {
            status: Some(404),
            error: None,
            ..
        } => format!("not found at {}", by.name()),
        _ => format!("refused by {}", by.name()),
    }
}

/// Says when something ends: `ends in 9 min 41 s`, `ended 3 min ago`.
pub fn ends(expires: Option<Timestamp>, now: Timestamp) -> (Role, String) {
    let Some(end) = expires else {
        return (Role::Muted, "no end known".to_owned());
    };
    let left = end.since(now);
    if left.0 <= 0 {
        (
            Role::TimePast,
            format!("ended {} ago", whole(Lifetime(left.0.saturating_neg()))),
        )
    } else if left <= SOON {
        (Role::TimeSoon, format!("ends in {}", whole(left)))
    } else {
        (Role::Text, format!("ends in {}", whole(left)))
    }
}

/// A span without its milliseconds: a countdown goes by seconds.
fn whole(span: Lifetime) -> Lifetime {
    if span.0 < 1000 {
        Lifetime::from_secs(i64::from(span.0 > 0))
    } else {
        span
    }
}

/// Returns a name with its first letter large.
pub fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// Says whose side a verdict is on and how sure that is, as a sentence begins; reports keep to their own words
/// (INTERFACE §3).
pub fn side(verdict: &Judgement) -> String {
    let whose = match verdict.owner {
        Party::You => "Yours to fix".to_owned(),
        Party::Client => "The client’s registration".to_owned(),
        Party::Unknown => "Unclear whose side".to_owned(),
        other => format!("The {}", other.name()),
    };
    let sure = match verdict.confidence {
        Confidence::Guess => "a guess",
        Confidence::Likely => "likely",
        Confidence::Certain => "certain",
    };
    format!("{whose}, {sure}")
}

/// Returns the reason phrase of a status (RFC 9110 §15); HTTP/2 and many servers send none.
pub fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => match status / 100 {
            1 => "Informational",
            2 => "Successful",
            3 => "Redirection",
            4 => "Client Error",
            5 => "Server Error",
            _ => "unknown status",
        },
    }
}

/// Returns a text that ends as a sentence does.
pub fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?', '…']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
