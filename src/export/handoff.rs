//! A text for the other side's administrator: what to change and where, with exact strings, times and request ids.
//!
//! It is always masked: it goes to another company.

use std::fmt::Write as _;

use crate::{
    flow::Step,
    lint::{
        self, Finding,
        verdict::{Judgement, fact_of},
    },
    profile::{FieldPath, fields},
    protocol::{
        exchange::{Answer, Exchange},
        http::Response,
        party::Party,
        visible::visible_lines,
    },
    session::{Attempt, Session},
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
    let owner = verdict.owner;
    let mut line = |text: &str| {
        let _ = writeln!(page, "{}", visible_lines(&session.vault.mask(text)));
    };
    line(&match issuer(session, owner) {
        _ if owner == Party::You => "For yourself: what is wrong is on your own side.".to_owned(),
        Some(issuer) => format!("For the administrator of the {}: {issuer}", owner.name()),
        None => format!("For whoever is responsible for: {}", owner.name()),
    });
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
    line(&format!("  {}", verdict.fix));
    if let Some(console) = console(session, owner) {
        line(&format!("  {}", console.says));
    }
    if let Some(rule) = verdict.code.and_then(|code| lint::find(code.0)) {
        line(&format!("  Written in {}: {}", rule.spec, rule.title));
    }
    line("");
    line("Where to find it in the log");
    for state in &session.walk.steps {
        let Some(step) = session.flow.step(state.id) else {
            continue;
        };
        let concerns =
            step.info().to == owner || state.id == verdict.step || stops(state.outcome());
        if let Some(exchange) = state.last().and_then(Attempt::main).filter(|_| concerns) {
            seen(&mut line, step, exchange);
        }
    }
    page
}

fn stops(outcome: Option<&crate::session::Outcome>) -> bool {
    !matches!(outcome, None | Some(crate::session::Outcome::Done))
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
        format!("  at        {}", finding.at),
        format!("  expected  {expected}"),
        format!("  received  {got}"),
    ];
    if let Some(near) = finding.near {
        let class = near.class.says().unwrap_or("another text");
        lines.push(format!(
            "  They part at character {}: {class}.",
            near.first + 1
        ));
    }
    Some(lines)
}

fn seen(line: &mut impl FnMut(&str), step: &dyn Step, exchange: &Exchange) {
    let request = exchange.request.http();
    let info = step.info();
    line(&format!("  {} ({})", info.title, info.id));
    line(&format!("    {} {}", request.method, request.url));
    line(&format!("    sent {}", exchange.times.start));
    match &exchange.outcome {
        Ok(Answer::Http(response)) => answered(line, response),
        Ok(Answer::Redirect(_)) => line("    answered by a redirect"),
        Err(failure) => line(&format!("    {failure}")),
    }
}

fn answered(line: &mut impl FnMut(&str), response: &Response) {
    line(&format!("    status {}", response.status));
    for (name, value) in &response.headers {
        let name = name.to_ascii_lowercase();
        if name == "date" || REQUEST_IDS.contains(&name.as_str()) {
            line(&format!("    {name}: {value}"));
        }
    }
}

fn issuer(session: &Session, owner: Party) -> Option<String> {
    let field = match owner {
        Party::Idp => fields::IDP_ISSUER,
        Party::ResourceAs => fields::RESOURCE_AS_ISSUER,
        Party::Api => fields::API_URL,
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
