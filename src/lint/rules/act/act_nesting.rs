//! The newest actor is the outermost.

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-NESTING",
    title: "The newest actor stands outermost in act, the oldest deepest.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8693 §4.1; AP §3.5",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: chain::ISSUING,
    why: "Only the outermost actor counts when access is decided. In the wrong order, the right of an actor of the past \
          is given to the one that acts now.",
    cause: "The server appends the new actor at the bottom of the chain, as some drawings show it.",
    fix: "Have the server put the new actor outside, and the chain of before into its act.",
    leads_to: &["actor_unauthorized", "403", "invalid_request"],
    words: &["actor", "take over"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = chain::issued(subject) else {
        return Check::NotApplicable;
    };
    let after = chain::names(&record.token);
    if after.is_empty() {
        return Check::NotApplicable;
    }
    let expected: Vec<Option<&str>>;
    let (actor, before) = (chain::actor(subject), chain::before(subject));
    let prior = before.as_ref().map(chain::names).unwrap_or_default();
    if let Some(actor) = &actor {
        let Some(name) = claims(actor).text("sub") else {
            return Check::NotYet("the actor token cannot be read");
        };
        let name = Some(name);
        if after[0] == name {
            return Check::Pass;
        }
        if !after.contains(&name) {
            // That is for ACT-APPEND.
            return Check::NotApplicable;
        }
        expected = std::iter::once(name).chain(prior).collect();
    } else {
        if prior.len() < 2 {
            return Check::NotApplicable;
        }
        if !after.iter().eq(prior.iter().rev()) || after == prior {
            return Check::Pass;
        }
        expected = prior;
    }
    Check::Found(vec![
        Finding::new(
            Pointer::Claim(record.name.clone(), "/act".to_owned()),
            chain::owner(subject, record),
            "The chain of actors is upside down: the one that acts now is not the outermost.",
        )
        .expected(chain::told(&expected))
        .got(chain::told(&after)),
    ])
}
