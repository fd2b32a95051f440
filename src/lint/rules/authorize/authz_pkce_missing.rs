//! The sign-in is tied to this client by PKCE.

use crate::lint::prelude::*;
use crate::profile::{Auth, Side as Client};

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-PKCE-MISSING",
    title: "The authorization request carries a code challenge.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9700 §2.1.1; RFC 8252 §8.1",
    revision: "RFC 9700",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::AUTHORIZE,
    why: "Without a challenge, whoever gets hold of the code can redeem it; for a client without a secret nothing else \
          stands in the way.",
    cause: "An old library, or the parameter was taken out by hand.",
    fix: "Send code_challenge and code_challenge_method=S256.",
    leads_to: &["invalid_request"],
    words: &["code_challenge", "pkce", "challenge"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let challenge = match super::asked(subject, "code_challenge") {
        Ok(challenge) => challenge,
        Err(early) => return early,
    };
    Check::must(challenge.is_some(), || {
        let finding = Finding::new(
            Pointer::Query("code_challenge".to_owned()),
            Party::You,
            "The authorization request has no code challenge: a stolen code can be redeemed by anybody who may \
             speak for this client.",
        )
        .expected("a code challenge")
        .got("nothing");
        // A MUST for public clients, a recommendation for those that prove themselves when they redeem the code.
        match subject.profile.client(Client::Sso).auth {
            Auth::None => finding,
            _ => finding.severity(Severity::Warning),
        }
    })
}
