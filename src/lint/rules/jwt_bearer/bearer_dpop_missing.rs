//! A bound ID-JAG is redeemed with a proof of its key.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-DPOP-MISSING",
    title: "When the ID-JAG has cnf.jkt, the request has a DPoP proof made with that key.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §9.8.1",
    revision: "JAG-05",
    since: Revision(2),
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The IdP bound the ID-JAG to a key so that only its holder can redeem it; the server has to refuse it \
          without the proof.",
    cause: "The header was forgotten at the second hop, or a new key was made in between.",
    fix: "Send a DPoP proof made with the same key as at the first hop.",
    leads_to: &["invalid_grant", "invalid_dpop_proof"],
    words: &["dpop", "proof", "cnf", "jkt"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(bound) = super::assertion(subject).and_then(|token| bound_key(&token)) else {
        return Check::NotApplicable;
    };
    let at = || Pointer::Header(Side::Request, "dpop".to_owned());
    if subject.sent_proof().is_none() {
        return Check::Found(vec![
            Finding::new(
                at(),
                // Bound to a key that nobody showed when it was asked for: that is the IdP's doing.
                if shown_before(subject) {
                    Party::You
                } else {
                    Party::Idp
                },
                "The ID-JAG is bound to a key, and the request has no DPoP proof.",
            )
            .expected(format!("a proof made with the key {bound}"))
            .got("nothing"),
        ]);
    }
    let key = subject.proof_key();
    Check::must(key.as_ref() == Some(&bound), || {
        let finding = Finding::new(
            at(),
            Party::You,
            "The DPoP proof was made with another key than the one that the ID-JAG is bound to.",
        );
        match &key {
            Some(key) => finding.differs(&bound, key),
            None => finding.expected(bound.clone()).got("a proof without a key"),
        }
    })
}

/// Tells whether a proof went with the request that the ID-JAG came of; of one that was handed in nobody knows.
fn shown_before(subject: &Subject<'_>) -> bool {
    let asked = subject.last_request("id-jag");
    asked.is_none_or(|request| request.header("dpop").is_some())
}
