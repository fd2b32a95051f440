//! The code is redeemed for the address it was sent to.

use crate::lint::prelude::*;
use crate::lint::subject::query_of;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-REDIRECT-MISMATCH",
    title: "The redirect URI of the token request is the one of the authorization request.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §4.1.3",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["redeem-code"],
    why: "The server compares the two so that a code that was led to another address is worth nothing there.",
    cause: "The port changed between the two steps, or only one of the two was overridden.",
    fix: "Send the redirect URI of the authorization request again, unchanged.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["redirect"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(asked) = subject.authorization() else {
        return Check::NotYet("the authorization request that this code came of is not known");
    };
    let Some(there) = query_of(asked, "redirect_uri") else {
        return Check::NotApplicable;
    };
    let here = subject.form("redirect_uri");
    Check::must(here.as_ref() == Some(&there), || {
        let at = Pointer::Form("redirect_uri".to_owned());
        match &here {
            Some(here) => Finding::new(
                at,
                Party::You,
                "The token request has another redirect URI than the authorization request.",
            )
            .differs(&there, here),
            None => Finding::new(
                at,
                Party::You,
                "The authorization request had a redirect URI, and the token request has none.",
            )
            .expected(there)
            .got("nothing"),
        }
    })
}
