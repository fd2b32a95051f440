//! A chain that is too long is refused, not cut.

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-DEPTH",
    title: "No actor of before is missing at the end of the chain.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "AP §3.5",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: chain::ISSUING,
    why: "A chain that was cut hides who started it, and nobody downstream can tell.",
    cause: "The server keeps only so many actors and drops the oldest.",
    fix: "Have the server answer invalid_request to a chain deeper than its limit, and keep at least four actors.",
    leads_to: &["invalid_request"],
    words: &["depth", "too deep", "chain"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let prior = chain::before(subject);
    let before = prior.as_ref().map(chain::names).unwrap_or_default();
    if before.is_empty() {
        return Check::NotApplicable;
    }
    if !subject.is_sent() {
        return Check::NotYet("no answer came");
    }
    let Some(record) = chain::issued(subject) else {
        return Check::NotApplicable;
    };
    let actor = chain::actor(subject);
    let mut expected = before;
    if let Some(actor) = &actor {
        expected.insert(0, claims(actor).text("sub"));
    }
    let after = chain::names(&record.token);
    let is_cut = !after.is_empty() && after.len() < expected.len() && expected.starts_with(&after);
    // The same actor once more may be written once (ACT-APPEND).
    let again = actor.is_some() && expected.get(1..) == Some(&after[..]);
    if after.is_empty() {
        // No chain at all is for ACT-WHEN-DELEGATED.
        return Check::NotApplicable;
    }
    Check::must(!is_cut || again, || {
        Finding::new(
            Pointer::Claim(
                record.name.clone(),
                format!("/act{}", "/act".repeat(after.len())),
            ),
            chain::owner(subject, record),
            "The oldest actors are missing: the chain was cut without a word.",
        )
        .expected(chain::told(&expected))
        .got(chain::told(&after))
    })
}
