//! A server that is to bind tokens says with which algorithms.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-DPOP-ALGS",
    title: "Where the profile binds tokens with DPoP, the server lists the algorithm of the proofs.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 9449 §5.1; RFC 9728 §2",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &[
        "discover-idp",
        "discover-resource-as",
        "discover-as",
        "discover-api",
    ],
    why: "A server that does not list DPoP may ignore the proof and hand out a token that anybody can use.",
    cause: "The server has no DPoP, or does not know the type of the key.",
    fix: "Choose an algorithm that the server lists in dpop.alg; where it lists none, check that the tokens really \
          carry cnf.",
    leads_to: &["invalid_dpop_proof"],
    words: &["dpop", "alg", "proof"],
    check,
};

const MEMBER: &str = "dpop_signing_alg_values_supported";

fn check(subject: &Subject<'_>) -> Check {
    if !matches!(subject.text(fields::DPOP_MODE), Some("on" | "required")) {
        return Check::NotApplicable;
    }
    let Some(metadata) = subject.granted() else {
        return Check::NotYet("no metadata came");
    };
    let alg = subject.text(fields::DPOP_ALG).unwrap_or("ES256");
    let name = subject.server().name();
    let (owner, says) = match metadata[MEMBER].as_array() {
        Some(algs) if algs.iter().any(|one| one == alg) => return Check::Pass,
        Some(_) => (
            Party::You,
            format!("The {name} does not list {alg}, which the proofs are signed with."),
        ),
        None => (
            subject.server(),
            format!("The {name} does not say that it knows DPoP."),
        ),
    };
    Check::Found(vec![
        Finding::new(Pointer::Json(format!("/{MEMBER}")), owner, says)
            .expected(alg)
            .got(shown(metadata.get(MEMBER))),
    ])
}
