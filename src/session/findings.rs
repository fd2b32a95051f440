//! What the rules say of a walk: asked when a draft is made, when tokens are handed in, and when an attempt has ended.

use super::{Attempt, Outcome, Session, StepState, headless};
use crate::{
    flow::{Made, StepId, TokenRecord, Want},
    lint::{
        self, Finding, Past, Revision, Subject,
        ledger::Ledger,
        verdict::{Ending, Judgement, Seen},
    },
    protocol::{
        exchange::{Exchange, Request},
        http::{HttpRequest, Response},
        time::Timestamp,
    },
};

/// What is looked at.
#[derive(Clone, Copy)]
struct Look<'a> {
    request: Option<&'a Request>,
    made: &'a [Made],
    tokens: &'a [TokenRecord],
    now: Timestamp,
}

impl Session {
    /// Runs the rules on a draft: our own mistakes are seen before a secret leaves.
    pub(super) fn examine_draft(&self, id: StepId, now: Timestamp) -> Vec<Finding> {
        let Some(Ok(draft)) = &self.step(id).draft else {
            return Vec::new();
        };
        // What waits for a secret is not what will be sent.
        if draft
            .wants
            .iter()
            .any(|want| matches!(want, Want::Secret(..)))
        {
            return Vec::new();
        }
        let look = Look {
            request: Some(&draft.request),
            made: &[],
            tokens: &[],
            now,
        };
        self.examine(id, look, None)
    }

    /// Runs the rules on the tokens that were handed in for a step.
    pub(super) fn examine_given(&self, id: StepId, now: Timestamp) -> Vec<Finding> {
        let look = Look {
            request: None,
            made: &[],
            tokens: &self.step(id).given,
            now,
        };
        self.examine(id, look, None)
    }

    /// Runs the rules on an attempt that has ended.
    pub(super) fn examine_attempt(&self, id: StepId, attempt: &Attempt) -> Vec<Finding> {
        let Some(main) = attempt.main() else {
            return Vec::new();
        };
        let look = Look {
            request: Some(&main.request),
            made: &attempt.made,
            tokens: &attempt.tokens,
            now: attempt.ended.unwrap_or(attempt.started),
        };
        self.examine(id, look, Some((id, attempt.number)))
    }

    fn examine(&self, id: StepId, look: Look<'_>, but: Option<(StepId, u32)>) -> Vec<Finding> {
        let Some(step) = self.flow.step(id) else {
            return Vec::new();
        };
        let past = self.past(but);
        lint::findings(&Subject {
            flow: self.flow.id.0,
            step: Some(step.info()),
            request: look.request,
            made: look.made,
            tokens: look.tokens,
            past: &past,
            profile: &self.profile,
            bag: &self.walk.bag,
            keys: &self.walk.keys,
            now: look.now,
            revision: Revision::of(&self.profile),
        })
    }

    /// Returns every attempt of the walk but one, oldest first; what was handed in stands where it was handed in.
    fn past(&self, but: Option<(StepId, u32)>) -> Vec<Past<'_>> {
        let mut past: Vec<(Timestamp, Past<'_>)> = Vec::new();
        for state in &self.walk.steps {
            let step = state.id;
            if let Some(first) = state.given.first() {
                let (made, tokens) = (&[][..], &state.given[..]);
                past.push((first.gained, Past { step, made, tokens }));
            }
            for attempt in &state.attempts {
                if attempt.ended.is_some() && but != Some((step, attempt.number)) {
                    let (made, tokens) = (&attempt.made[..], &attempt.tokens[..]);
                    past.push((attempt.started, Past { step, made, tokens }));
                }
            }
        }
        past.sort_by_key(|(when, _)| *when);
        past.into_iter().map(|(_, past)| past).collect()
    }

    /// Returns the verdict over a walk that was to go through a step, or over what was sent so far; `None` when all is
    /// well.
    pub fn verdict(&self, through: Option<StepId>) -> Option<Judgement> {
        let last = through.or_else(|| self.walk.steps.last().map(|state| state.id))?;
        // While a person walks, a step that was not sent yet is no failure.
        let sent = |id: &StepId| through.is_some() || self.step(*id).outcome().is_some();
        let stop = headless::ended_at(self, last).filter(sent);
        let mut seen: Vec<Seen<'_>> = Vec::new();
        for state in &self.walk.steps {
            let stops = stop == Some(state.id);
            if let Some(step) = self.flow.step(state.id)
                && let Some(ending) = Self::ending(state, stops)
            {
                let exchange = state.last().and_then(Attempt::main);
                seen.push(Seen {
                    step: step.info(),
                    ending,
                    findings: state.findings().collect(),
                    request: exchange.map(|exchange| exchange.request.http()),
                    status: exchange.and_then(|exchange| Some(exchange.response()?.status)),
                    broken: exchange.is_some_and(Exchange::broke_off),
                    page: exchange
                        .and_then(Exchange::response)
                        .is_some_and(Response::is_page),
                    retry: exchange
                        .and_then(Exchange::response)
                        .and_then(|response| response.header("retry-after")),
                    lost: exchange.and_then(|exchange| exchange.outcome.as_ref().err()),
                    ahead: exchange.and_then(ahead),
                });
            }
            if stops || state.id == last {
                break;
            }
        }
        let mut verdict = lint::verdict::judge(&seen)?;
        if let Some(stop) = stop {
            verdict.because.extend(done_before(self.step(stop)));
        }
        Some(verdict)
    }

    /// Lays out what became of each claim in this walk.
    pub fn ledger(&self) -> Ledger {
        lint::ledger::ledger(&self.past(None), &self.profile, &self.walk.bag)
    }

    /// How a step ended; `None` for one that was never sent, unless the walk stops there.
    fn ending(state: &StepState, stops: bool) -> Option<Ending<'_>> {
        let done = !state.given.is_empty() || state.is_fresh();
        match state.outcome() {
            Some(Outcome::Suspect(why)) => Some(Ending::Suspect(why)),
            _ if done => Some(Ending::Done),
            _ if !stops => state.outcome().map(|_| Ending::Done),
            Some(Outcome::Refused(error)) => Some(Ending::Refused(error)),
            Some(Outcome::Failed(why)) => Some(Ending::Failed(why)),
            Some(Outcome::Unreachable(failure)) => Some(Ending::Unreachable(failure)),
            Some(Outcome::Interrupted) => Some(Ending::Interrupted),
            Some(Outcome::Done) => Some(Ending::Done),
            None => match &state.draft {
                Some(Err(blocked)) => Some(Ending::Blocked(blocked)),
                _ => Some(Ending::Blocked(&[])),
            },
        }
    }
}

/// Parameters and headers that are new in every walk.
const FRESH: &[&str] = &[
    "state",
    "nonce",
    "code",
    "code_verifier",
    "code_challenge",
    "device_code",
    "client_assertion",
    "client_instance_assertion",
    "subject_token",
    "actor_token",
    "assertion",
    "refresh_token",
    "request_context",
    "request_details",
    "dpop",
    "txn-token",
    "mcp-session-id",
];

/// Says in what the request differs that went wrong from one of the same step that was done before.
fn done_before(state: &StepState) -> Option<String> {
    let (now, before) = state.attempts.split_last()?;
    let good = |attempt: &&Attempt| attempt.outcome == Some(Outcome::Done);
    let earlier = before.iter().rev().find(good)?;
    if good(&now) {
        return None;
    }
    let (then, now) = (earlier.main()?.request.http(), now.main()?.request.http());
    let (then, now) = (parts(then), parts(now));
    let mut names: Vec<&str> = Vec::new();
    for (name, value) in now.iter().chain(&then) {
        let same =
            |all: &[(&str, String)]| all.iter().any(|(other, own)| other == name && own == value);
        if !(names.contains(name) || same(&now) && same(&then)) {
            names.push(name);
        }
    }
    let when = earlier.started;
    Some(if names.is_empty() {
        format!("The same request was done at {when}.")
    } else {
        format!(
            "It was done at {when}; since then another {} is sent.",
            names.join(", ")
        )
    })
}

/// The parts of a request that stay what they are from walk to walk, by name.
fn parts(http: &HttpRequest) -> Vec<(&str, String)> {
    let mut parts = vec![("address", http.url.clone())];
    let params = http
        .form()
        .into_iter()
        .chain([&http.query])
        .flat_map(|params| &params.0);
    for (name, value) in params.chain(&http.headers) {
        let text = value.wire();
        match name.as_str() {
            "authorization" if text.starts_with("Basic ") => {
                parts.push(("client id or secret", text));
            }
            "authorization" => {}
            // The listener takes another port each time.
            "redirect_uri" => parts.push((name, without_port(&text))),
            name if FRESH.contains(&name) => {}
            name => parts.push((name, text)),
        }
    }
    parts
}

/// Returns an address of this machine without its port (RFC 8252 §7.3).
fn without_port(uri: &str) -> String {
    let here = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
    match here
        .iter()
        .find_map(|start| Some((start, uri.strip_prefix(start)?)))
    {
        Some((start, rest)) => format!(
            "{start}{}",
            rest.trim_start_matches(|c: char| c.is_ascii_digit())
        ),
        None => uri.to_owned(),
    }
}

/// How far a server's `Date` lies ahead of our clock, in seconds.
fn ahead(exchange: &Exchange) -> Option<i64> {
    let date = Timestamp::from_http_date(exchange.response()?.header("date")?)?;
    let here =
        exchange.times.start.0 + i64::try_from(exchange.times.end / 1000).unwrap_or_default();
    Some((date.0 - here) / 1000)
}

impl StepState {
    /// Returns what was found at the step: in what was handed in, in its newest attempt, and before that in its draft.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        let attempt = self.last().filter(|attempt| attempt.ended.is_some());
        let sent = attempt.map_or(&[][..], |attempt| &attempt.findings);
        let drafted = if attempt.is_none() && self.given.is_empty() {
            &self.drafted[..]
        } else {
            &[]
        };
        self.handed.iter().chain(sent).chain(drafted)
    }
}
