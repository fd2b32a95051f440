//! An actor speaks for itself when it is presented.

use super::super::instance::assertion;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-ACTORTOKEN-ACT",
    title: "The actor token has no act of its own.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "AP §6.3; CIA §7.2",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "Two chains would have to be merged, and nobody could tell who acted for whom.",
    cause: "The agent presents a token that it got for a user, in place of one about itself.",
    fix: "Present a token about the actor itself: its client assertion, its workload credential or its own access \
          token.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["actor_token", "actor token"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(token) = subject.sent_token("actor_token") else {
        return Check::NotApplicable;
    };
    if assertion::presented(subject).is_some_and(|presented| presented.param == "actor_token") {
        // CIA-NO-ACT speaks of that one.
        return Check::NotApplicable;
    }
    if token.claims.json.is_none() {
        return Check::NotYet("the actor token cannot be read");
    }
    let act = claims(&token).0.get("act");
    Check::must(act.is_none(), || {
        let sub = act.and_then(|act| act.get("sub"));
        Finding::new(
            Pointer::Claim("actor-token".to_owned(), "/act".to_owned()),
            subject.actors_side(),
            "The actor token is itself delegated: it does not speak for the actor alone.",
        )
        .expected("no act")
        .got(format!("act of {}", shown(sub)))
    })
}
