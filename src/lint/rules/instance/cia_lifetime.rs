//! An instance assertion lives for minutes.

use super::{
    INSTANCE_FLOWS,
    assertion::{self, Assertion},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-LIFETIME",
    title: "The instance assertion lives for five minutes at most.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "CIA §7.2",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::STEPS,
    why: "Whoever overhears a long-lived assertion has long to try it, and instances come and go.",
    cause: "The platform’s default for workload tokens was kept.",
    fix: "Have a new assertion minted for each request, good for five minutes or less.",
    leads_to: &["invalid_grant"],
    words: &["lifetime", "expires"],
    check,
};

const MOST: i64 = 300;

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = Assertion::of(subject) else {
        return Check::NotApplicable;
    };
    let claims = claims(&assertion.token);
    let (Some(iat), Some(exp)) = (claims.time("iat"), claims.time("exp")) else {
        // CIA-CLAIMS speaks of that.
        return Check::NotApplicable;
    };
    let life = exp.since(iat);
    Check::must(life.0 <= MOST * 1000, || {
        Finding::new(
            assertion.claim("/exp"),
            Party::InstanceIssuer,
            format!("The instance assertion lives for {life}."),
        )
        .expected("5 min at most")
        .got(life.to_string())
    })
}
