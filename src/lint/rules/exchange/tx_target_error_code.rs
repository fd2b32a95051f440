//! A refused target has a code of its own.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-TARGET-ERROR-CODE",
    title: "An audience or resource that is refused gives invalid_target.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 8693 §2.2.2",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "The code tells a client to ask for another target; under another code it looks for a fault in its own \
          request.",
    cause: "The server answers every refusal with invalid_request.",
    fix: "Have the server answer invalid_target; read this refusal as one of the audience or resource.",
    leads_to: &["invalid_request"],
    words: &["audience", "resource", "target"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.response().is_none() {
        return Check::NotYet("no answer came");
    }
    let Some(refusal) = subject.refusal() else {
        return Check::NotApplicable;
    };
    let Some(code) = refusal.error else {
        return Check::NotApplicable;
    };
    if code == "invalid_target" {
        return Check::Pass;
    }
    let says = refusal.description.unwrap_or_default();
    if !GENERAL.contains(&code.as_str()) || !refuses_target(subject, &says) {
        return Check::NotApplicable;
    }
    Check::Found(vec![
        Finding::new(
            Pointer::Json("/error".to_owned()),
            subject.server(),
            format!("The server seems to refuse the audience or resource, and calls that {code}."),
        )
        .expected("invalid_target")
        .got(code),
    ])
}

/// Codes that servers use for anything.
const GENERAL: &[&str] = &["invalid_request", "invalid_grant", "access_denied"];

/// Tells whether a description is about the target of this request and nothing else.
fn refuses_target(subject: &Subject<'_>, says: &str) -> bool {
    let lower = says.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let mut targets = [subject.forms("audience"), subject.forms("resource")].concat();
    targets.retain(|target| says.contains(target.as_str()));
    let names_it = !targets.is_empty() || has(&["audience", "resource", "target"]);
    let refuses = [
        "not allowed",
        "not permitted",
        "not registered",
        "not known",
        "not recogni",
        "unknown",
        "unsupported",
    ];
    // An aud inside a token, or a parameter that is missing, is another matter.
    let other = [
        "token",
        "assertion",
        "claim",
        "missing",
        "required",
        "client_id",
        "scope",
    ];
    names_it && has(&refuses) && !has(&other)
}
