//! A request has one proof.

use super::proof;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-ONE",
    title: "The request has exactly one DPoP header.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §4.3",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: proof::STEPS,
    why: "A server refuses a request with several proofs, for it cannot tell which of them counts.",
    cause: "A header of the profile was added to the one that the step sets, or a proxy doubled it.",
    fix: "Send one DPoP header; remove the one among the step’s own headers.",
    leads_to: &["invalid_dpop_proof"],
    words: &["dpop header", "more than one", "multiple"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(http) = subject.http() else {
        return Check::NotApplicable;
    };
    // A comma joins two fields of one name (RFC 9110 §5.3); a proof itself has none.
    let count: usize = http
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("dpop"))
        .map(|(_, value)| value.wire().split(',').count())
        .sum();
    match count {
        0 => Check::NotApplicable,
        1 => Check::Pass,
        many => Check::Found(vec![
            Finding::new(
                Pointer::Header(Side::Request, "dpop".to_owned()),
                Party::You,
                "The request has more than one DPoP proof.",
            )
            .expected("one")
            .got(many.to_string()),
        ]),
    }
}
