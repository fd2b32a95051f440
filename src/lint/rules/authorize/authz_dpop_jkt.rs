//! The code is redeemed with the key that it was asked for with.

use crate::lint::prelude::*;
use crate::{
    lint::subject::query_of,
    protocol::{keys::thumbprint, secret::Secret},
};

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-DPOP-JKT",
    title: "The key of the DPoP proof is the one that dpop_jkt named.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §10; CIA §8.4",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["redeem-code"],
    why: "dpop_jkt binds the code to a key from the start; a code with another key, or without any, has to be refused.",
    cause: "The key was made anew between the two steps.",
    fix: "Keep one DPoP key for the whole run.",
    leads_to: &["invalid_grant", "invalid_dpop_proof"],
    words: &["dpop_jkt", "thumbprint", "jkt", "dpop"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(asked) = subject.authorization() else {
        return Check::NotYet("the authorization request that this code came of is not known");
    };
    let Some(bound) = query_of(asked, "dpop_jkt") else {
        return Check::NotApplicable;
    };
    let at = Pointer::Header(Side::Request, "dpop".to_owned());
    let Some(proof) = subject.sent_header("dpop") else {
        return Check::Found(vec![
            Finding::new(
                at,
                Party::You,
                "The code is bound to a key, and the token request has no proof of one.",
            )
            .expected(format!("a proof by the key {bound}"))
            .got("nothing"),
        ]);
    };
    let proof = Token::parse(&Secret::minted("dpop-proof", proof));
    let Some(key) = header(&proof).0.get("jwk").and_then(thumbprint) else {
        return Check::NotYet("the proof’s key cannot be read");
    };
    Check::must(key == bound, || {
        Finding::new(
            at,
            Party::You,
            "The code is bound to another key than the one of the proof.",
        )
        .differs(&bound, &key)
    })
}
