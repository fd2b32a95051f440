//! The ID-JAG is bound to the key of the proof.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-CNF-KEY",
    title: "The ID-JAG’s cnf.jkt is the thumbprint of the key in the DPoP proof.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "JAG §9.8.1; RFC 9449 §6.1",
    revision: "JAG-05",
    since: Revision(2),
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "Only the holder of that key can redeem the ID-JAG; bound to another key it is worth nothing here, and may \
          be worth something elsewhere.",
    cause: "The key was changed in the middle of a walk, or the IdP computed the thumbprint over more than the \
          required members.",
    fix: "Use one DPoP key for the whole walk; the thumbprint is SHA-256 over the members that RFC 7638 names, \
          sorted.",
    leads_to: &["invalid_grant", "invalid_dpop_proof"],
    words: &["jkt", "thumbprint", "dpop", "cnf"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let (Some(key), Some(bound)) = (subject.proof_key(), bound_key(&record.token)) else {
        return Check::NotApplicable;
    };
    Check::must(key == bound, || {
        Finding::new(
            Pointer::Claim(record.name.clone(), "/cnf/jkt".to_owned()),
            Party::Idp,
            "The ID-JAG is bound to another key than the one that the DPoP proof was made with.",
        )
        .differs(&key, &bound)
    })
}
