//! A verifier has its challenge.

use crate::lint::prelude::*;
use crate::lint::subject::query_of;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-PKCE-DOWNGRADE",
    title: "Where a verifier is sent, a challenge was sent before.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9700 §2.1.1",
    revision: "RFC 9700",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["redeem-code"],
    why: "A challenge that got lost on the way to the server is how PKCE is switched off from outside; servers have to \
          refuse the verifier then.",
    cause: "The challenge was lost in a redirect, or taken out by hand.",
    fix: "Begin the sign-in again, with code_challenge in the request.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["code_verifier", "challenge", "pkce"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.form("code_verifier").is_none() {
        return Check::NotApplicable;
    }
    let Some(asked) = subject.authorization() else {
        return Check::NotYet("the authorization request that this code came of is not known");
    };
    if super::is_wrapped(asked) {
        return Check::NotYet(super::WRAPPED);
    }
    Check::must(query_of(asked, "code_challenge").is_some(), || {
        Finding::new(
            Pointer::Form("code_verifier".to_owned()),
            Party::You,
            "A verifier is sent, but no challenge was: the code is not bound to this client.",
        )
    })
}
