//! A refusal says what is too little.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "API-403-CODE",
    title: "A 403 of the API has an error code, insufficient_scope or actor_unauthorized.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 6750 §3.1; AP §8.3",
    revision: "RFC 6750",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::API,
    why: "Without a code nobody can tell whether a scope is missing, the agent is not allowed, or the user is not.",
    cause: "The API’s framework answers a plain 403.",
    fix: "Have the API send WWW-Authenticate with error=insufficient_scope (and the scope that is needed), or \
          actor_unauthorized.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(status) = subject.status() else {
        return Check::NotYet("no answer came");
    };
    if status != 403 {
        return Check::NotApplicable;
    }
    let code = subject.refusal().and_then(|refusal| refusal.error);
    Check::must(code.is_some(), || {
        Finding::new(
            Pointer::Header(Side::Response, "www-authenticate".to_owned()),
            subject.server(),
            "The API refuses with 403 and does not say what is missing.",
        )
        .expected("error=insufficient_scope, or actor_unauthorized")
        .got("no error code")
    })
}
