//! An actor token comes with its type, and a type with its token.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-ACTOR-PAIR",
    title: "actor_token_type is sent with actor_token, and not without it.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8693 §2.1",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "The type tells how the actor token is validated; a type alone names an actor who is not there.",
    cause: "Only one of the two was added.",
    fix: "Send actor_token and actor_token_type together, or neither.",
    leads_to: &["invalid_request"],
    words: &["actor_token", "actor_token_type", "actor token"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let (missing, there) = match (
        subject.fills("actor_token"),
        subject.fills("actor_token_type"),
    ) {
        (false, false) => return Check::NotApplicable,
        (true, true) => return Check::Pass,
        (true, false) => ("actor_token_type", "actor_token"),
        (false, true) => ("actor_token", "actor_token_type"),
    };
    Check::Found(vec![
        Finding::new(
            Pointer::Form(missing.to_owned()),
            Party::You,
            format!("The exchange has {there}, but no {missing}."),
        )
        .expected(format!("{missing} beside {there}"))
        .got("nothing"),
    ])
}
