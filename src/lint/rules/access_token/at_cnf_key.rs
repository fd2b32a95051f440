//! The access token is bound to the key of the proof.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-CNF-KEY",
    title: "The access token’s cnf.jkt is the thumbprint of the key in the DPoP proof.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "RFC 9449 §6.1, §7.1",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &[
        "jwt-bearer",
        "exchange",
        "exchange-2",
        "exchange-3",
        "call-api",
        "mcp-initialize",
        "mcp-tools",
    ],
    why: "The API compares the two. A token that is bound to another key is of no use here, and of use to whoever has \
          that key.",
    cause: "A new key was made in the middle of the walk.",
    fix: "Use one DPoP key for the whole walk.",
    leads_to: &["invalid_token", "invalid_dpop_proof", "401"],
    words: &["jkt", "thumbprint", "dpop", "proof"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let calls = at::API.contains(&subject.step_id());
    let presented = subject
        .presented()
        .map(|(_, token)| token)
        .filter(|_| calls);
    let own = super::access_token(subject).map(|record| &record.token);
    let Some(bound) = presented.as_ref().or(own).and_then(bound_key) else {
        return Check::NotApplicable;
    };
    let Some(key) = subject.proof_key() else {
        return Check::NotApplicable;
    };
    Check::must(key == bound, || {
        if calls {
            Finding::new(
                Pointer::Header(Side::Request, "dpop".to_owned()),
                Party::You,
                "The proof was made with another key than the one that the access token is bound to.",
            )
            .differs(&bound, &key)
        } else {
            Finding::new(
                Pointer::Claim("access-token".to_owned(), "/cnf/jkt".to_owned()),
                subject.server(),
                "The access token is bound to another key than the one that the proof was made with.",
            )
            .differs(&key, &bound)
        }
    })
}
