//! A DPoP proof is for the method of its request.

use super::proof::{self, Proof};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-HTM",
    title: "The DPoP proof’s htm is the method of the request.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §4.2, §4.3",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: proof::STEPS,
    why: "A proof is good for one request; its htm keeps it from being used for another kind of request.",
    cause: "The proof of another request was used again, or the method stands in lower case.",
    fix: "Make a new proof for every request, with its method in capital letters.",
    leads_to: &["invalid_dpop_proof"],
    words: &["htm claim", "'htm'", "http method"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(proof) = Proof::of(subject) else {
        return Check::NotApplicable;
    };
    let finding = |says: &str| Finding::new(proof.claim("/htm"), proof.owner, says);
    let Some(htm) = claims(&proof.token).text("htm") else {
        return Check::Found(vec![
            finding("The DPoP proof does not name the method that it is for.")
                .expected("the method of the request")
                .got(shown(claims(&proof.token).0.get("htm"))),
        ]);
    };
    let Some(http) = subject.http() else {
        return Check::NotYet("the request that the proof was made for is not known");
    };
    Check::must(htm == http.method, || {
        finding("The DPoP proof is for another method than that of the request.")
            .differs(&http.method, htm)
    })
}
