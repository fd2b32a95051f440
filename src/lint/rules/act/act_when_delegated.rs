//! A token says who acts exactly when somebody acts for somebody else.

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-WHEN-DELEGATED",
    title: "A token has act when it is delegated, and has none when it is not.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "AP §3.5; RFC 8693 §1.1, §4.1",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: chain::ISSUING,
    why: "Without act a delegated token looks as if the user came in person. With an act that nobody vouched for, the \
          API takes a mere client for a checked actor. That sub differs from client_id alone is no delegation.",
    cause: "The server writes act into every token, or forgets it on the second hop.",
    fix: "Have the server issue act only for an actor that it validated, and keep it in every token that follows.",
    leads_to: &["actor_unauthorized", "403"],
    words: &["actor", "delegat"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = chain::issued(subject) else {
        return Check::NotApplicable;
    };
    if record.token.claims.json.is_none() {
        return Check::NotYet("the token that came cannot be read");
    }
    let act = claims(&record.token).0.get("act");
    let profiled = chain::is_profiled(subject);
    let finding = |says: String| {
        Finding::new(
            Pointer::Claim(record.name.clone(), "/act".to_owned()),
            chain::owner(subject, record),
            says,
        )
    };
    let actor = chain::actor(subject).is_some();
    let before = chain::before(subject);
    let inherited = match &before {
        None => Some(false),
        Some(token) if token.claims.json.is_some() => Some(claims(token).0.get("act").is_some()),
        Some(_) => None,
    };
    match (actor, inherited) {
        (false, None) => Check::NotYet("the token that was presented cannot be read"),
        (false, Some(false)) => Check::must(act.is_none(), || {
            let sub = act.and_then(|act| act.get("sub"));
            finding("The token names an actor, though none was presented.".to_owned())
                .expected("no act")
                .got(format!("act of {}", shown(sub)))
                // RFC 8693 leaves it to the server whom it calls an actor; the profile wants one validated (AP §3.5).
                .severity(if profiled {
                    Severity::Error
                } else {
                    Severity::Note
                })
        }),
        _ => Check::must(act.is_some(), || {
            let says = if actor {
                "An actor was presented, and the token does not name it: it looks as if the user came in person."
            } else {
                "The token that was presented names an actor, the one that came does not: the delegation is lost."
            };
            finding(says.to_owned())
                .expected("act")
                .got("nothing")
                // RFC 8693 only says what a delegated token looks like (§1.1); the profile demands it.
                .severity(if profiled {
                    Severity::Error
                } else {
                    Severity::Warning
                })
        }),
    }
}
