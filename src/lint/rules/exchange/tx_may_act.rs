//! Who acts is who may.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-MAY-ACT",
    title: "Where the subject token has may_act, the actor is the one that it names.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8693 §4.4",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "may_act is the user’s or issuer’s word on who may act; a server has to refuse everybody else.",
    cause: "The token of another agent was sent as actor token.",
    fix: "Send the actor token of the party that may_act names.",
    leads_to: &["invalid_request", "invalid_grant", "actor_unauthorized"],
    words: &["may_act", "actor", "not authorized to act"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(user) = subject.sent_token("subject_token") else {
        return Check::NotApplicable;
    };
    let Some(allowed) = claims(&user).0.get("may_act") else {
        return Check::NotApplicable;
    };
    if !subject.fills("actor_token") {
        return Check::NotApplicable;
    }
    let Some(actor) = subject
        .sent_token("actor_token")
        .filter(|actor| actor.claims.json.is_some())
    else {
        return Check::NotYet("the actor token cannot be read");
    };
    let (actor, allowed) = (claims(&actor), Claims(allowed));
    let wrong = ["iss", "sub"].into_iter().filter_map(|name| {
        let allowed = allowed.text(name)?;
        let got = actor.text(name);
        (got != Some(allowed)).then_some((name, allowed, got))
    });
    Check::of(
        wrong
            .map(|(name, allowed, got)| {
                let finding = Finding::new(
                    Pointer::Claim("actor-token".to_owned(), format!("/{name}")),
                    Party::You,
                    format!("The subject token lets another party act: its may_act names another {name}."),
                );
                match got {
                    Some(got) => finding.differs(allowed, got),
                    None => finding.expected(allowed).got("nothing"),
                }
            })
            .collect(),
    )
}
