//! A step adds its one actor and leaves the others alone.

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-APPEND",
    title: "A step adds the actor that was presented to the chain and leaves the rest unchanged.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "AP §3.6.3.1; RFC 8693 §4.1",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: chain::ISSUING,
    why: "The chain is the record of who acted. A server that rewrites it puts words into the mouth of others.",
    cause: "The server builds the chain anew from what it knows, or replaces the former actor by the new one.",
    fix: "Have the server copy the act of the subject token unchanged under the new actor.",
    leads_to: &["actor_unauthorized", "invalid_request", "invalid_grant"],
    words: &["actor", "chain"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let (Some(record), Some(actor)) = (chain::issued(subject), chain::actor(subject)) else {
        return Check::NotApplicable;
    };
    let act = claims(&record.token).0.get("act");
    // Of what is no object, ACT-OBJECT speaks, and of an actor without a name, ACT-SUB.
    let Some(act) = act.filter(|act| act.get("sub").is_some()) else {
        return Check::NotApplicable;
    };
    let prior = chain::before(subject);
    if prior
        .as_ref()
        .is_some_and(|token| token.claims.json.is_none())
    {
        return Check::NotYet("the token that was presented cannot be read");
    }
    let rest = prior.as_ref().and_then(|token| claims(token).0.get("act"));
    let name = claims(&actor).text("sub");
    let (after, before) = (
        chain::names(&record.token),
        prior.as_ref().map(chain::names).unwrap_or_default(),
    );
    // The same actor once more need not stand there twice.
    let again = rest == Some(act) && name.is_some() && before.first() == Some(&name);
    let named = name.is_none() || after.first() == Some(&name);
    if again || (named && act.get("act") == rest) {
        return Check::Pass;
    }
    if name.is_some() && !named && after.contains(&name) {
        // The right names in the wrong order are for ACT-NESTING.
        return Check::NotApplicable;
    }
    let expected: Vec<Option<&str>> = std::iter::once(name).chain(before).collect();
    let (pointer, says) = if named {
        (
            "/act/act",
            "The actors of before are not those of the token that was presented.",
        )
    } else {
        (
            "/act/sub",
            "The outermost actor is not the one that was presented.",
        )
    };
    Check::Found(vec![
        Finding::new(
            Pointer::Claim(record.name.clone(), pointer.to_owned()),
            chain::owner(subject, record),
            says,
        )
        .expected(chain::told(&expected))
        .got(chain::told(&after)),
    ])
}
