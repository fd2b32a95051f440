//! The verifier belongs to the challenge.

use crate::lint::prelude::*;
use crate::{lint::subject::query_of, protocol::digest::pkce_s256};

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-PKCE-MISMATCH",
    title: "The verifier that is sent with the code hashes to the challenge that was sent to get it.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7636 §4.5, §4.6",
    revision: "RFC 7636",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["redeem-code"],
    why: "It is the whole point of PKCE: only the client that began the sign-in can end it.",
    cause: "The verifier is of another run, or the challenge was encoded in another way.",
    fix: "Keep challenge and verifier in one record of the run, and begin the sign-in again.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["code_verifier", "verifier", "pkce", "challenge"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(asked) = subject.authorization() else {
        return Check::NotYet("the authorization request that this code came of is not known");
    };
    let Some(challenge) = query_of(asked, "code_challenge") else {
        return Check::NotApplicable;
    };
    let plain = query_of(asked, "code_challenge_method").is_none_or(|method| method == "plain");
    let at = Pointer::Form("code_verifier".to_owned());
    let Some(verifier) = subject.form("code_verifier") else {
        return Check::Found(vec![
            Finding::new(
                at,
                Party::You,
                "A code challenge was sent, and the code is redeemed without the verifier.",
            )
            .expected("the verifier of that challenge")
            .got("nothing"),
        ]);
    };
    if plain {
        // Here the challenge is the verifier, so neither is shown.
        return Check::must(verifier == challenge, || {
            Finding::new(
                at,
                Party::You,
                "The verifier is not the challenge that was sent.",
            )
        });
    }
    let hash = pkce_s256(&verifier);
    Check::must(hash == challenge, || {
        Finding::new(
            at,
            Party::You,
            "The verifier does not hash to the challenge that was sent.",
        )
        .expected(format!("a verifier whose S256 is {challenge}"))
        .got(format!("one whose S256 is {hash}"))
    })
}
