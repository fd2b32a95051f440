//! A 401 says how to do better.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "API-401-CHALLENGE",
    title: "A 401 of the API has a WWW-Authenticate header with a scheme.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6750 §3; RFC 9449 §7.1",
    revision: "RFC 6750",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::API,
    why: "The challenge tells the scheme, the fault and, for MCP, where the API’s metadata is. Without it a client \
          can only guess.",
    cause: "The API’s framework, or a gateway before it, answers a plain 401.",
    fix: "Have the API send WWW-Authenticate with Bearer or DPoP, and the error.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(response) = subject.response() else {
        return Check::NotYet("no answer came");
    };
    if response.status != 401 {
        return Check::NotApplicable;
    }
    Check::must(!super::schemes(response).is_empty(), || {
        Finding::new(
            Pointer::Header(Side::Response, "www-authenticate".to_owned()),
            subject.server(),
            "The API answers 401 and does not say how it wants to be asked.",
        )
        .expected("a challenge such as Bearer error=\"invalid_token\"")
        .got(response.header("www-authenticate").unwrap_or("nothing"))
    })
}
