//! A DPoP proof says that it is one.

use super::proof::{self, Proof};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-TYP",
    title: "The DPoP proof’s typ is dpop+jwt.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §4.2, §4.3",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: proof::STEPS,
    why: "The typ keeps another JWT that the same key signed, such as a client assertion, from being replayed as a \
          proof.",
    cause: "A generic JWT library wrote its default typ, JWT, or none.",
    fix: "Set typ to dpop+jwt in the header of the proof.",
    leads_to: &["invalid_dpop_proof"],
    words: &["typ", "dpop+jwt"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(proof) = Proof::of(subject) else {
        return Check::NotApplicable;
    };
    Check::must(typ(&proof.token).as_deref() == Some("dpop+jwt"), || {
        Finding::new(
            proof.jose("/typ"),
            proof.owner,
            "The DPoP proof does not say that it is one.",
        )
        .expected("dpop+jwt")
        .got(shown(header(&proof.token).0.get("typ")))
    })
}
