//! A DPoP proof is fresh.

use super::proof::{self, Proof};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-IAT",
    title: "The DPoP proof was made just now.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §4.3, §11.1",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: proof::STEPS,
    why: "Servers take a proof for seconds or a few minutes only, so that one that was overheard is soon worthless.",
    cause: "This machine’s clock is off, an old proof was sent again, or milliseconds were written.",
    fix: "Set the clock by NTP and make a new proof for every request; a server that wants to be sure gives a nonce.",
    leads_to: &["invalid_dpop_proof"],
    words: &["expired", "too old", "clock", "in the future"],
    check,
};

/// How old a proof may be; servers choose their own window, and few take more than this (RFC 9449 §11.1).
const OLD: i64 = 300;

/// How far clocks may lie apart.
const AHEAD: i64 = 60;

fn check(subject: &Subject<'_>) -> Check {
    let Some(proof) = Proof::of(subject) else {
        return Check::NotApplicable;
    };
    let finding = |says: String| Finding::new(proof.claim("/iat"), proof.owner, says);
    let Some(iat) = claims(&proof.token).time("iat") else {
        return Check::Found(vec![
            finding("The DPoP proof does not say when it was made.".to_owned())
                .expected("seconds since 1970, as a number")
                .got(shown(claims(&proof.token).0.get("iat"))),
        ]);
    };
    if subject.http().is_none() {
        return Check::NotYet("when the proof was sent is not known");
    }
    let age = subject.now.since(iat);
    let says = if age.0 > OLD * 1000 {
        format!("The DPoP proof was made {age} before it was sent.")
    } else if age.0 < -AHEAD * 1000 {
        "The DPoP proof was made in the future.".to_owned()
    } else {
        return Check::Pass;
    };
    Check::Found(vec![
        finding(says)
            .expected(format!("about {}", subject.now))
            .got(iat.to_string()),
    ])
}
