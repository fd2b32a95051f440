//! Dialogues of the engine: a command in, effects out, an event in, state out; no network, no clock, no waiting.

#[expect(
    clippy::unnecessary_wraps,
    reason = "rows of a table are outcomes, good and bad"
)]
mod answers;
mod clients;
mod discovery;
mod dpop;
mod going;
mod law;
mod sign_in;
mod verdict;

use std::sync::Arc;

use jagwalk::{
    export::report::report,
    flow::{Ink, StepId},
    profile::{FieldPath, FieldValue, Profile, SecretSource},
    protocol::{
        exchange::{Exchange, Purpose, Request, Timings},
        http::HttpRequest,
        jwt::Signature,
        secret::Secret,
        time::{Lifetime, Timestamp},
    },
    session::{
        Command, Effect, Event, Outcome, SendId, Session,
        headless::{self, End},
    },
};
use serde_json::Value;

use crate::scripted::{self, NOW, SEED};

/// What is sent, in the words of the steps; keys by their server.
fn which(request: &Request) -> &'static str {
    let http = request.http();
    let idp = http.url.starts_with(scripted::IDP);
    if matches!(request, Request::Browser(_)) {
        "authorize"
    } else if http.url.contains("/.well-known/") {
        if idp {
            "discover-idp"
        } else {
            "discover-resource-as"
        }
    } else if http.url.ends_with("/jwks") {
        if idp { "keys of idp" } else { "keys of as" }
    } else {
        match scripted::field(http, "grant_type").as_deref() {
            Some("authorization_code") => "redeem-code",
            Some(grant) if grant.ends_with("token-exchange") => "id-jag",
            Some(_) => "jwt-bearer",
            None => "call-api",
        }
    }
}

/// The usual profile with other values: `path` as `--set` takes it.
fn profile(settings: &[(&str, &str)]) -> Profile {
    let mut profile = scripted::profile();
    for (path, value) in settings {
        profile.edit_at(path, value).expect("the field takes it");
    }
    profile
}

fn with_secret(mut profile: Profile, path: &str, source: SecretSource) -> Profile {
    let field = FieldPath::find(path).expect("the field is there");
    profile.set(field, FieldValue::Secret(source));
    profile
}

fn with_key(profile: Profile, path: &str, key: &str) -> Profile {
    with_secret(
        profile,
        path,
        SecretSource::Inline(Secret::typed(path, key)),
    )
}

/// A whole walk; returns it with everything that was sent, in order.
fn walk(
    profile: Profile,
    mut twist: impl FnMut(&Request) -> Option<scripted::Outcome>,
) -> (Session, Vec<Request>) {
    let mut session = scripted::fresh(profile);
    let mut sent = Vec::new();
    scripted::drive(
        &mut session,
        Command::SendThrough(scripted::last()),
        |request| {
            sent.push(request.clone());
            twist(request)
        },
    );
    (session, sent)
}

/// A walk in which one request is answered otherwise, each time.
fn twisted(step: &'static str, outcome: &scripted::Outcome) -> Session {
    walk(scripted::profile(), |request| {
        (which(request) == step).then(|| outcome.clone())
    })
    .0
}

/// Sends one more step and returns what went out.
fn again(session: &mut Session, command: Command) -> Vec<&'static str> {
    let mut sent = Vec::new();
    scripted::drive(session, command, |request| {
        sent.push(which(request));
        None
    });
    sent
}

fn ink(secs: i64) -> Ink {
    Ink {
        now: NOW.plus_secs(secs),
        seed: SEED,
    }
}

fn id(step: &'static str) -> StepId {
    StepId(step)
}

fn end(session: &Session) -> End {
    headless::end(session, scripted::last())
}

fn json(session: &Session) -> Value {
    report(session, scripted::last(), end(session), false)
}

/// The report of one step.
fn step_json(session: &Session, step: &str) -> Value {
    let report = json(session);
    let steps = report["steps"].as_array().expect("a list").clone();
    steps
        .into_iter()
        .find(|json| json["id"] == step)
        .expect("every step is reported")
}

fn says(session: &Session, step: &'static str) -> String {
    session
        .step(id(step))
        .last()
        .map(|attempt| attempt.says.clone())
        .unwrap_or_default()
}

fn status(session: &Session, step: &'static str) -> &'static str {
    session.status(id(step)).id()
}

fn notice(session: &Session) -> &str {
    session
        .notice
        .as_ref()
        .map_or("", |notice| notice.says.as_str())
}

fn signature(session: &Session, step: &'static str, token: &str) -> Signature {
    let attempt = session.step(id(step)).last().expect("it ran");
    let record = attempt.tokens.iter().find(|record| record.name == token);
    record.expect("the token came").signature.clone()
}

fn purposes(session: &Session, step: &'static str) -> Vec<&'static str> {
    let attempt = session.step(id(step)).last().expect("it ran");
    attempt.made.iter().map(|made| made.purpose.id()).collect()
}

/// The one request among the effects.
#[track_caller]
fn sending(effects: &[Effect]) -> (SendId, Purpose, Request) {
    match effects {
        [
            Effect::Send {
                send,
                purpose,
                request,
                after: Lifetime(0),
            },
        ] => (*send, *purpose, request.clone()),
        other => panic!("expected one request, received {other:?}"),
    }
}

fn answered(send: SendId, request: Request, outcome: scripted::Outcome, at: Timestamp) -> Event {
    let times = Timings {
        start: at,
        first_byte: Some(1_000),
        end: 2_000,
    };
    Event::Answered {
        send,
        exchange: Arc::new(Exchange {
            request,
            outcome,
            times,
        }),
    }
}

/// The draft that the panel shows.
#[track_caller]
fn drafted(session: &Session, step: &'static str) -> Request {
    match &session.step(id(step)).draft {
        Some(Ok(draft)) => draft.request.clone(),
        other => panic!("{step} has no draft: {other:?}"),
    }
}

/// The request of that step among those sent.
#[track_caller]
fn sent<'a>(requests: &'a [Request], step: &str) -> &'a HttpRequest {
    requests
        .iter()
        .find(|request| which(request) == step)
        .unwrap_or_else(|| panic!("{step} was not sent"))
        .http()
}

/// The names and values of a form, as they go.
fn form(request: &HttpRequest) -> Vec<(String, String)> {
    let form = request.form().expect("a form");
    form.0
        .iter()
        .map(|(name, value)| (name.clone(), value.wire()))
        .collect()
}

fn has_outcome(session: &Session, step: &'static str, wanted: fn(&Outcome) -> bool) -> bool {
    session.step(id(step)).outcome().is_some_and(wanted)
}
