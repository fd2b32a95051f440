//! A text for the other side's administrator: what to change and where, with exact strings, times and request ids.
//!
//! It is always masked: it goes to another company.

use std::fmt::Write as _;

use crate::{
    flow::{Step, StepInfo},
    lint::{
        self, Finding, Revision, Subject,
        place::in_words,
        subject::{self, shown},
        verdict::{Judgement, fact_of},
    },
    profile::{FieldPath, fields},
    protocol::{
        exchange::{Answer, Exchange, Purpose},
        http::Response,
        jwt::Token,
        oauth::OAuthError,
        page,
        party::Party,
        time::Timestamp,
        visible::visible_lines,
    },
    session::{Attempt, Outcome, Session},
};

/// Headers in which servers say under which id their log has a request.
const REQUEST_IDS: &[&str] = &[
    "x-okta-request-id",
    "x-request-id",
    "x-correlation-id",
    "x-amzn-requestid",
    "x-amzn-trace-id",
    "x-ms-request-id",
    "x-auth0-requestid",
    "x-b3-traceid",
    "traceparent",
    "cf-ray",
    "request-id",
];

/// Other headers that tell an administrator something.
const TOLD: &[&str] = &["date", "retry-after", "www-authenticate", "server", "via"];

/// Where in a vendor's console a thing is changed (FACTS §4).
struct Console {
    vendor: &'static str,
    server: Party,
    says: &'static str,
}

const CONSOLES: &[Console] = &[
    Console {
        vendor: "okta",
        server: Party::Idp,
        says: "Okta Admin Console: the AI agent, its keys, and its managed connection to the authorization server. The \
               ID-JAG is minted by the organisation’s own server (/oauth2/v1/token), not by a custom one.",
    },
    Console {
        vendor: "okta",
        server: Party::ResourceAs,
        says: "Okta Admin Console: the custom authorization server (/oauth2/{id}), its access policy (which has to \
               include the agent) and a rule there that allows the JWT bearer grant.",
    },
    Console {
        vendor: "auth0",
        server: Party::ResourceAs,
        says: "Auth0 Dashboard: the application’s credentials and its cross-app access settings. The issuer ends with a \
               slash, and the audience of the ID-JAG must have it.",
    },
    Console {
        vendor: "keycloak",
        server: Party::ResourceAs,
        says: "Keycloak Admin Console: the realm’s identity provider for this issuer, the client (confidential, JWT \
               authorization grant allowed) and the user’s link to that identity provider. An assertion may live at \
               most 300 seconds.",
    },
    Console {
        vendor: "ping",
        server: Party::Idp,
        says: "PingFederate administrative console: the token exchange processor policy and the OAuth Token Exchange SP \
               connection that issues the ID-JAG.",
    },
    Console {
        vendor: "ping",
        server: Party::ResourceAs,
        says: "PingFederate administrative console: the OAuth assertion grant IdP connection for this issuer.",
    },
    Console {
        vendor: "xaa-dev",
        server: Party::ResourceAs,
        says: "xaa.dev: the client id at the resource authorization server is {client_id}-at-{resource_id}; clients \
               authenticate with client_secret_post only.",
    },
];

/// Writes the hand-off of a verdict; masked, whatever the screen shows.
pub fn handoff(session: &Session, verdict: &Judgement) -> String {
    let mut page = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(page, "{}", visible_lines(&session.vault.mask(text)));
    };
    line(&reader(session, verdict));
    line("");
    line("What happens");
    line(&format!("  {}", verdict.says));
    let found = found(session, verdict);
    let compared = found.and_then(|finding| Some((finding, strings(finding)?)));
    for fact in &verdict.because {
        // What is shown as two strings below need not be said in a line before.
        let again = compared
            .as_ref()
            .is_some_and(|(finding, _)| *fact == fact_of(finding));
        if !again {
            line(&format!("  - {fact}"));
        }
    }
    for says in compared.into_iter().flat_map(|(_, lines)| lines) {
        line(&says);
    }
    line("");
    line(&format!("What to change ({})", verdict.confidence.id()));
    line(&format!("  {}", asked_of(verdict)));
    if let Some(console) = console(session, verdict.owner) {
        line(&format!("  {}", console.says));
    }
    if let Some(rule) = verdict.code.and_then(|code| lint::find(code.0)) {
        line(&format!("  Written in {}: {}", rule.spec, rule.title));
    }
    let (about, before) = requests(session, verdict);
    let heading = match about.len() {
        1 => "The request that this is about",
        _ => "The requests that this is about",
    };
    let before_it = format!("Earlier requests to the {}", verdict.owner.name());
    for (heading, requests, whole) in [(heading, about, true), (&before_it, before, false)] {
        if requests.is_empty() {
            continue;
        }
        line("");
        line(heading);
        for (step, attempt) in requests {
            seen(&mut line, session, step, attempt, whole);
        }
    }
    page
}

/// Whom it speaks to, in a line.
fn reader(session: &Session, verdict: &Judgement) -> String {
    let server = session.flow.step(verdict.step).map(|step| step.info().to);
    let there = |party: Option<Party>| match party {
        Some(party) => match issuer(session, party) {
            Some(issuer) => format!("the {} ({issuer})", party.name()),
            None => format!("the {}", party.name()),
        },
        None => "the server".to_owned(),
    };
    match verdict.owner {
        Party::You => "For yourself: what is wrong is on your own side.".to_owned(),
        Party::User => "For yourself and whoever signs in.".to_owned(),
        Party::Client => format!("For whoever registers clients at {}", there(server)),
        Party::Network => format!(
            "For whoever runs the network between here and {}",
            there(server)
        ),
        Party::Unknown => format!(
            "For the administrator of {}; whose side it is on is not known yet",
            there(server)
        ),
        owner => format!("For the administrator of {}", there(Some(owner))),
    }
}

/// What to do, as its reader has to hear it.
fn asked_of(verdict: &Judgement) -> String {
    if matches!(verdict.owner, Party::You | Party::User) {
        return verdict.fix.clone();
    }
    if let Some(asks) = verdict.asks {
        return asks.to_owned();
    }
    // The administrator who would be asked is the one who reads it.
    let bare = verdict
        .fix
        .split_once(" administrator ")
        .filter(|(before, _)| before.starts_with("Have ") && !before.contains(','))
        .map_or(verdict.fix.as_str(), |(_, rest)| rest);
    let mut letters = bare.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// The requests that decided, and those before them at the same server.
fn requests<'a>(session: &'a Session, verdict: &Judgement) -> (Requests<'a>, Requests<'a>) {
    // Where the walk stops; what went wrong further on, in an earlier try, is another story.
    let stop = session
        .walk
        .steps
        .iter()
        .find(|state| stops(state.outcome()));
    let all = session.walk.steps.iter().filter_map(|state| {
        let step = session.flow.step(state.id)?;
        let attempt = state.last()?;
        let stopped = stop.is_some_and(|stop| stop.id == state.id);
        let decides = state.id == verdict.step || stopped;
        let server = step.info().to == verdict.owner;
        attempt.main()?;
        (decides || server).then_some((decides, step, attempt))
    });
    let (about, before): (Vec<_>, Vec<_>) = all.partition(|(decides, ..)| *decides);
    let bare = |all: Vec<(bool, &'a dyn Step, &'a Attempt)>| {
        let pairs = all.into_iter().map(|(_, step, attempt)| (step, attempt));
        pairs.collect()
    };
    (bare(about), bare(before))
}

/// Steps with the attempt that counts.
type Requests<'a> = Vec<(&'a dyn Step, &'a Attempt)>;

fn stops(outcome: Option<&Outcome>) -> bool {
    !matches!(outcome, None | Some(Outcome::Done))
}

fn found<'a>(session: &'a Session, verdict: &Judgement) -> Option<&'a Finding> {
    let code = verdict.code?;
    let mut findings = session.step(verdict.step).findings();
    findings.find(|finding| finding.code == code)
}

/// The two strings one above the other, as they are compared; `None` where there are not two.
fn strings(finding: &Finding) -> Option<Vec<String>> {
    let (expected, got) = (finding.expected.as_ref()?, finding.got.as_ref()?);
    let mut lines = vec![
        format!("  at        {}", in_words(&finding.at)),
        format!("  expected  {expected}"),
        format!("  received  {got}"),
    ];
    let near = finding
        .near
        .and_then(|near| Some((near.first + 1, near.says(expected, got)?)));
    if let Some((first, says)) = near {
        lines.push(format!("  They part at character {first}: {says}."));
    }
    Some(lines)
}

fn seen(
    line: &mut impl FnMut(&str),
    session: &Session,
    step: &dyn Step,
    attempt: &Attempt,
    whole: bool,
) {
    let Some(exchange) = attempt.main() else {
        return;
    };
    let request = exchange.request.http();
    let info = step.info();
    line(&format!("  {} ({})", info.title, info.id));
    // Metadata may stand at several addresses, and all were asked.
    let forms = attempt.made.iter();
    for made in forms.filter(|made| whole && made.purpose == Purpose::Metadata) {
        let http = made.exchange.request.http();
        let came = match made.exchange.response() {
            Some(response) => response.status.to_string(),
            None => "no answer".to_owned(),
        };
        line(&format!("    {} {}: {came}", http.method, http.url));
    }
    line(&format!("    {} {}", request.method, request.url));
    line(&format!("    sent {}", exchange.times.start));
    match &exchange.outcome {
        Ok(Answer::Http(response)) => answered(line, response),
        Ok(Answer::Redirect(_)) => line("    answered by a redirect"),
        Err(failure) => line(&format!("    {failure}")),
    }
    if whole {
        for (name, value) in asked(session, info, exchange) {
            line(&format!("    {name}: {value}"));
        }
    }
}

fn answered(line: &mut impl FnMut(&str), response: &Response) {
    line(&format!("    status {}", response.status));
    for (name, value) in &response.headers {
        let name = name.to_ascii_lowercase();
        if TOLD.contains(&name.as_str()) || REQUEST_IDS.contains(&name.as_str()) {
            line(&format!("    {name}: {value}"));
        }
    }
    // What an OAuth error says is told above; of anything else the first words help to find who wrote it.
    let error = OAuthError::of(response);
    let granted = (200..300).contains(&response.status) && !response.is_page();
    if error.error.is_none() && !granted {
        let words = page::words(response);
        if !words.is_empty() {
            let kind = response.content_type();
            let kind = kind.map_or(String::new(), |kind| format!(" ({kind})"));
            line(&format!("    it says{kind}: {words}"));
        }
    }
}

/// Parameters by which an administrator finds a registration, a policy or a connection.
const TELLING: &[&str] = &[
    "response_type",
    "grant_type",
    "requested_token_type",
    "subject_token_type",
    "actor_token_type",
    "audience",
    "resource",
    "scope",
    "authorization_details",
    "redirect_uri",
    "code_challenge_method",
    "prompt",
    "acr_values",
];

/// Parameters that carry a token whose claims an administrator compares with what is registered.
const TOKENS: &[&str] = &["subject_token", "actor_token", "assertion"];

/// Members of such a token: nothing that says who the user is.
const CLAIMS: &[&str] = &["iss", "aud", "client_id", "scope", "resource", "jti", "exp"];

/// What was asked for, and as whom.
fn asked(session: &Session, step: &'static StepInfo, exchange: &Exchange) -> Vec<(String, String)> {
    let subject = Subject {
        flow: session.flow.id.0,
        step: Some(step),
        request: Some(&exchange.request),
        made: &[],
        tokens: &[],
        past: &[],
        profile: &session.profile,
        bag: &session.walk.bag,
        keys: &session.walk.keys,
        now: exchange.times.start,
        revision: Revision::of(&session.profile),
    };
    let mut lines = Vec::new();
    let client = subject.client_id().or_else(|| subject.query("client_id"));
    if let Some(client) = client {
        let way = way(&subject).map_or(String::new(), |way| format!(", {way}"));
        lines.push(("client".to_owned(), format!("{client}{way}")));
    }
    for name in TELLING {
        let value = subject.form(name).or_else(|| subject.query(name));
        lines.extend(value.map(|value| ((*name).to_owned(), value)));
    }
    let sent = TOKENS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), subject.sent_token(name)?)));
    let presented = subject
        .presented()
        .map(|(scheme, token)| (format!("{scheme} token"), token));
    for (name, token) in sent.chain(presented) {
        let told = told(&token);
        if !told.is_empty() {
            lines.push((name, told.join(", ")));
        }
    }
    lines
}

/// How the client authenticated, where it asked a token endpoint (RFC 6749 §2.3, OIDC §9).
fn way(subject: &Subject<'_>) -> Option<String> {
    if let Some(assertion) = subject.client_assertion() {
        let header = subject::header(&assertion);
        let key = match (header.text("kid"), header.text("alg")) {
            (Some(kid), Some(alg)) => format!(" (kid {kid}, {alg})"),
            (None, Some(alg)) => format!(" (no kid, {alg})"),
            _ => String::new(),
        };
        let name = match header.text("alg") {
            Some(alg) if alg.starts_with("HS") => "client_secret_jwt",
            _ => "private_key_jwt",
        };
        let audience = shown(subject::claims(&assertion).0.get("aud"));
        return Some(format!("by {name}{key}, made out to {audience}"));
    }
    subject.http()?.form()?;
    Some(
        if subject.basic().is_some() {
            "by client_secret_basic"
        } else if subject.fills("client_secret") {
            "by client_secret_post"
        } else if subject.proves_itself() {
            return None;
        } else {
            "without authentication"
        }
        .to_owned(),
    )
}

/// What a token says of itself, in a few words; nothing of one that is no JWT.
fn told(token: &Token) -> Vec<String> {
    let (header, claims) = (subject::header(token), subject::claims(token));
    let head = ["typ", "kid"].map(|name| Some((name, header.0.get(name)?)));
    let body = CLAIMS
        .iter()
        .map(|name| Some((*name, claims.0.get(*name)?)));
    head.into_iter()
        .chain(body)
        .flatten()
        .map(|(name, value)| match (name, value.as_i64()) {
            ("exp", Some(secs)) => format!("exp {}", Timestamp::from_secs(secs)),
            _ => format!("{name} {}", shown(Some(value))),
        })
        .collect()
}

fn issuer(session: &Session, owner: Party) -> Option<String> {
    let field = match owner {
        Party::Idp => fields::IDP_ISSUER,
        Party::ResourceAs => fields::RESOURCE_AS_ISSUER,
        Party::Api => fields::API_URL,
        Party::Tts => fields::TTS_ISSUER,
        Party::ActorIssuer => fields::ACTOR_ISSUER_ISSUER,
        _ => return None,
    };
    session.profile.text(field).map(str::to_owned)
}

fn console(session: &Session, owner: Party) -> Option<&'static Console> {
    let field: FieldPath = match owner {
        Party::Idp => fields::IDP_VENDOR,
        Party::ResourceAs => fields::RESOURCE_AS_VENDOR,
        _ => return None,
    };
    let vendor = session.profile.text(field)?;
    CONSOLES
        .iter()
        .find(|console| console.server == owner && console.vendor == vendor)
}
