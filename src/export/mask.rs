//! A walk as it may be shown: a copy with every secret in it masked, by name and by value.

use std::{borrow::Cow, sync::Arc};

use serde_json::Value as Json;

use crate::{
    flow::{Blocked, Made, Secrets, TokenRecord},
    lint::Finding,
    protocol::{
        exchange::{Answer, Exchange, Failure, Redirect, Request},
        http::{Body, Bytes, HttpRequest, Params, Response, Value, form_encode},
        jwt::{Part, Signature, Token},
        oauth::OAuthError,
        secret::Secret,
    },
    session::{Attempt, Outcome, Session, StepState, Vault, Walk},
};

/// Returns the walk as it is to be shown: masked, unless the user asked for the secrets.
pub fn view(session: &Session, reveal: bool) -> Cow<'_, Walk> {
    if reveal {
        Cow::Borrowed(&session.walk)
    } else {
        Cow::Owned(masked(session))
    }
}

/// Returns a copy of the walk without a secret in it: in place of each stands its name and fingerprint.
///
/// The requests in it have the headers that really went out, because a length could not be counted again.
pub fn masked(session: &Session) -> Walk {
    let mask = Mask(&session.vault);
    let mut walk = Walk {
        seed: [0; 32],
        secrets: Secrets::default(),
        ..session.walk.clone()
    };
    mask.option(&mut walk.listening);
    mask.option(&mut walk.deaf);
    for state in &mut walk.steps {
        mask.step(state);
    }
    for (_, held) in walk.bag.iter_mut() {
        mask.secret(&mut held.value);
        mask.option(&mut held.suspect);
    }
    for metadata in walk.bag.metadata_mut() {
        mask.json(&mut metadata.0);
    }
    for set in walk.keys.values_mut() {
        mask.text(&mut set.url);
        mask.json(&mut set.jwks.0);
    }
    walk
}

/// Returns the address of a request as it is shown: form-encoded, but what stands for a secret stays readable.
pub fn address(request: &HttpRequest) -> String {
    if request.query.0.is_empty() {
        request.url.clone()
    } else {
        format!("{}?{}", request.url, encoded(&request.query))
    }
}

/// Returns the body of a request as it is shown; `None` when there is none.
pub fn body(request: &HttpRequest) -> Option<String> {
    match &request.body {
        Body::Empty => None,
        Body::Form(params) => Some(encoded(params)),
        Body::Text(text) => Some(text.clone()),
    }
}

fn encoded(params: &Params) -> String {
    let pairs: Vec<String> = params
        .0
        .iter()
        .map(|(name, value)| format!("{}={}", form_encode(name), encode(&value.wire())))
        .collect();
    pairs.join("&")
}

/// Form-encodes a text around the marks of secrets.
fn encode(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, marked)) = rest.split_once('‹')
        && let Some((inner, after)) = marked.split_once('›')
    {
        out.push_str(&form_encode(before));
        out.push('‹');
        out.push_str(inner);
        out.push('›');
        rest = after;
    }
    out.push_str(&form_encode(rest));
    out
}

/// Masks in place.
struct Mask<'a>(&'a Vault);

impl Mask<'_> {
    fn text(&self, text: &mut String) {
        *text = self.0.mask(text);
    }

    fn option(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn secret(&self, secret: &mut Secret) {
        *secret = Secret::minted(secret.name(), self.0.shown(secret));
    }

    /// Names of members too: a server may put a secret anywhere.
    fn json(&self, json: &mut Json) {
        match json {
            Json::String(text) => self.text(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Json::Object(members) => {
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(name, mut value)| {
                        self.json(&mut value);
                        (self.0.mask(&name), value)
                    })
                    .collect();
            }
            Json::Number(number) => {
                let text = number.to_string();
                if let [(range, shown)] = self.0.found(&text).as_slice()
                    && *range == (0..text.len())
                {
                    *json = Json::String(shown.clone());
                }
            }
            Json::Null | Json::Bool(_) => {}
        }
    }

    fn step(&self, state: &mut StepState) {
        for attempt in &mut state.attempts {
            self.attempt(attempt);
        }
        for record in &mut state.given {
            self.record(record);
        }
        self.findings(&mut state.handed);
        self.findings(&mut state.drafted);
        state.going = None;
        state.draft = match state.draft.take() {
            Some(Err(mut blocked)) => {
                for why in &mut blocked {
                    if let Blocked::Invalid(_, says) = why {
                        self.text(says);
                    }
                }
                Some(Err(blocked))
            }
            _ => None,
        };
    }

    fn attempt(&self, attempt: &mut Attempt) {
        for made in &mut attempt.made {
            let Made { exchange, .. } = made;
            let mut copy = Exchange::clone(exchange);
            self.exchange(&mut copy);
            *exchange = Arc::new(copy);
        }
        for (_, says) in &mut attempt.notes {
            self.text(says);
        }
        match &mut attempt.outcome {
            Some(Outcome::Refused(error)) => self.error(error),
            Some(Outcome::Failed(why)) => why.iter_mut().for_each(|why| self.text(why)),
            Some(Outcome::Suspect(why)) => self.text(why),
            Some(Outcome::Unreachable(failure)) => self.failure(failure),
            Some(Outcome::Done | Outcome::Interrupted) | None => {}
        }
        for record in &mut attempt.tokens {
            self.record(record);
        }
        self.text(&mut attempt.says);
        self.findings(&mut attempt.findings);
    }

    fn findings(&self, findings: &mut [Finding]) {
        for finding in findings {
            self.text(&mut finding.says);
            self.option(&mut finding.expected);
            self.option(&mut finding.got);
            self.text(&mut finding.fix);
        }
    }

    fn exchange(&self, exchange: &mut Exchange) {
        match &mut exchange.request {
            Request::Http(request) => self.request(request),
            Request::Browser(asked) => {
                self.request(&mut asked.http);
                self.text(&mut asked.redirect_uri);
                self.text(&mut asked.state);
            }
        }
        match &mut exchange.outcome {
            Ok(Answer::Http(response)) => self.response(response),
            Ok(Answer::Redirect(redirect)) => self.redirect(redirect),
            Err(failure) => self.failure(failure),
        }
    }

    fn request(&self, request: &mut HttpRequest) {
        request.headers = request.wire_headers();
        self.text(&mut request.url);
        self.values(&mut request.headers);
        self.values(&mut request.query.0);
        match &mut request.body {
            Body::Empty => {}
            Body::Form(params) => self.values(&mut params.0),
            Body::Text(text) => self.text(text),
        }
    }

    fn values(&self, pairs: &mut [(String, Value)]) {
        for (_, value) in pairs {
            match value {
                Value::Plain(text) => self.text(text),
                Value::Secret(hidden) => {
                    self.text(&mut hidden.before);
                    self.secret(&mut hidden.secret);
                }
            }
        }
    }

    fn response(&self, response: &mut Response) {
        for (name, value) in &mut response.headers {
            self.text(name);
            self.text(value);
        }
        // What is not UTF-8 stays as it came, the text around it is masked.
        let mut body = Vec::with_capacity(response.body.0.len());
        for chunk in response.body.0.utf8_chunks() {
            body.extend_from_slice(self.0.mask(chunk.valid()).as_bytes());
            body.extend_from_slice(chunk.invalid());
        }
        response.body = Bytes(body);
        self.option(&mut response.cut);
    }

    fn redirect(&self, redirect: &mut Redirect) {
        redirect.url = Secret::minted(redirect.url.name(), self.0.mask_inside(&redirect.url));
        for hop in &mut redirect.hops {
            self.text(&mut hop.url);
        }
    }

    fn error(&self, error: &mut OAuthError) {
        self.option(&mut error.error);
        self.option(&mut error.description);
        self.option(&mut error.uri);
    }

    fn failure(&self, failure: &mut Failure) {
        match failure {
            Failure::Name(what)
            | Failure::Connect(what)
            | Failure::Tls(what)
            | Failure::Timeout(what)
            | Failure::Broken(what) => self.text(what),
            Failure::Aborted => {}
        }
    }

    fn record(&self, record: &mut TokenRecord) {
        self.token(&mut record.token);
        match &mut record.signature {
            Signature::Verified { alg, kid, from } => {
                self.text(alg);
                self.option(kid);
                self.text(from);
            }
            Signature::Failed { why } | Signature::NotChecked { why } => self.text(why),
        }
    }

    fn token(&self, token: &mut Token) {
        self.secret(&mut token.raw);
        for Part { text, json } in [&mut token.header, &mut token.claims] {
            self.option(text);
            if let Some(json) = json {
                self.json(json);
            }
        }
        for problem in &mut token.problems {
            self.text(problem);
        }
    }
}
