//! The access token is bound to the instance's key.

use super::{
    INSTANCE_FLOWS,
    assertion::{self},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-AT-BOUND",
    title: "The access token is bound to the key in the assertion’s cnf.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "CIA §8.5",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::REQUESTS,
    why: "A token for one instance that every other process can use as well says nothing about who uses it.",
    cause: "The server ignored the assertion: it does not implement the draft.",
    fix: "Do not use the token; ask the server whether it supports instance assertions.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = assertion::presented(subject) else {
        return Check::NotApplicable;
    };
    let Some(cnf) = claims(&assertion.token)
        .0
        .get("cnf")
        .filter(|cnf| cnf.is_object())
    else {
        return Check::NotApplicable;
    };
    if !subject.is_sent() {
        return Check::NotYet("no answer came");
    }
    let (Some(granted), Some(record)) = (subject.granted(), assertion::access_token(subject))
    else {
        return Check::NotApplicable;
    };
    let server = subject.server();
    // A token bound by mTLS stays a Bearer token (RFC 8705 §3).
    let typed = granted["token_type"].as_str().unwrap_or_default();
    if cnf.get("jkt").is_some() && !typed.eq_ignore_ascii_case("dpop") {
        return Check::Found(vec![
            Finding::new(
                Pointer::Json("/token_type".to_owned()),
                server,
                "The access token is not bound to the instance: whoever has it can use it.",
            )
            .expected("DPoP")
            .got(shown(granted.get("token_type"))),
        ]);
    }
    if record.token.claims.json.is_none() {
        return Check::NotYet("the access token cannot be read");
    }
    let bound = claims(&record.token).0.get("cnf");
    let member = |name: &str| {
        let here = bound.and_then(|bound| bound.get(name));
        (here == cnf.get(name)).then_some(()).ok_or(here)
    };
    for name in ["jkt", "x5t#S256"] {
        if let Err(here) = member(name) {
            return Check::Found(vec![
                Finding::new(
                    Pointer::Claim(record.name.clone(), format!("/cnf/{name}")),
                    server,
                    "The access token is not bound to the key of the instance assertion.",
                )
                .expected(shown(cnf.get(name)))
                .got(shown(here)),
            ]);
        }
    }
    Check::Pass
}
