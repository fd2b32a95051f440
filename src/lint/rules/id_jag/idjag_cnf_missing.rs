//! A proof that was sent binds the ID-JAG.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-CNF-MISSING",
    title: "When the request carries a DPoP proof, the ID-JAG has a cnf with its key.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "JAG §9.8.1",
    revision: "JAG-05",
    since: Revision(2),
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The answer does not say whether the key was bound; only the ID-JAG does. Without cnf it is a bearer token, \
          good for whoever holds it.",
    cause: "The IdP does not know DPoP and passes over the header.",
    fix: "Have DPoP switched on at the IdP, or know that this ID-JAG is not bound.",
    leads_to: &["invalid_grant"],
    words: &["cnf", "dpop", "bound"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    if subject.sent_proof().is_none() {
        return Check::NotApplicable;
    }
    Check::must(bound_key(&record.token).is_some(), || {
        // An IdP that says it takes proofs breaks its word, and a profile may insist. Of every other, only the client's
        // own check tells that nothing was bound.
        let advertised = subject.metadata(Party::Idp).is_some_and(|metadata| {
            metadata
                .0
                .get("dpop_signing_alg_values_supported")
                .is_some()
        });
        let required = subject.text(fields::DPOP_MODE) == Some("required");
        Finding::new(
            Pointer::Claim(record.name.clone(), "/cnf".to_owned()),
            Party::Idp,
            "A DPoP proof was sent, and the ID-JAG is bound to no key.",
        )
        .expected("cnf with the thumbprint of the proof’s key")
        .got(shown(claims(&record.token).0.get("cnf")))
        .severity(if advertised || required {
            Severity::Error
        } else {
            Severity::Warning
        })
    })
}
