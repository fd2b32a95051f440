//! An instance assertion speaks of the instance alone.

use super::{
    INSTANCE_FLOWS,
    assertion::{self, Assertion},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-NO-ACT",
    title: "The instance assertion has no act.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "CIA §7.2",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::STEPS,
    why: "The assertion says who the instance is; a chain of actors in it would say that somebody else acts.",
    cause: "A delegated token was used again as an assertion.",
    fix: "Have the instance issuer mint a direct assertion about the instance.",
    leads_to: &["invalid_grant", "invalid_client"],
    words: &["act claim", "delegat"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = Assertion::of(subject) else {
        return Check::NotApplicable;
    };
    if assertion.token.claims.json.is_none() {
        return Check::NotYet("the instance assertion cannot be read");
    }
    let act = claims(&assertion.token).0.get("act");
    Check::must(act.is_none(), || {
        let sub = act.and_then(|act| act.get("sub"));
        Finding::new(
            assertion.claim("/act"),
            Party::InstanceIssuer,
            "The instance assertion is itself delegated.",
        )
        .expected("no act")
        .got(format!("act of {}", shown(sub)))
    })
}
