//! A Transaction Token with an actor names its issuer.

use super::{TXN_FLOWS, token};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-ACT-ISS",
    title: "A Transaction Token with act has iss.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "AP §7.1",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: token::STEPS,
    why: "The claim iss is optional in a Transaction Token, but who vouches for the actor must be known.",
    cause: "The service leaves iss out, as the Transaction Token draft allows.",
    fix: "Have the Transaction Token Service write iss into every token with act.",
    leads_to: &["invalid_token", "401"],
    words: &["issuer"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = token::of(subject) else {
        return Check::NotApplicable;
    };
    let claims = claims(&record.token);
    if claims.0.get("act").is_none() {
        return Check::NotApplicable;
    }
    Check::must(
        claims.text("iss").is_some_and(|iss| !iss.is_empty()),
        || {
            Finding::new(
                Pointer::Claim(record.name.clone(), "/iss".to_owned()),
                Party::Tts,
                "The Transaction Token names an actor but not who vouches for it.",
            )
            .expected("the issuer of the Transaction Token")
            .got(shown(claims.0.get("iss")))
        },
    )
}
