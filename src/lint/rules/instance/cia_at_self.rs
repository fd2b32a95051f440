//! A token of an instance for itself names the instance.

use super::{
    INSTANCE_FLOWS,
    assertion::{self},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-AT-SELF",
    title: "With client_credentials the instance is the subject of the token, and nobody acts for it.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "CIA §8.6.3",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::REQUESTS,
    why: "An instance that acts for itself is the subject. With the client in sub the API cannot tell instances apart; \
          with act it would see a delegation that is none.",
    cause: "The server put the client id into sub, as it does for every other client.",
    fix: "Have the server put the instance into sub and the client into client_id, and leave act out.",
    leads_to: &["actor_unauthorized"],
    words: &["subject"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = assertion::presented(subject) else {
        return Check::NotApplicable;
    };
    if subject.form("grant_type").as_deref() != Some("client_credentials") {
        return Check::NotApplicable;
    }
    if !subject.is_sent() {
        return Check::NotYet("no answer came");
    }
    let Some(record) = assertion::access_token(subject) else {
        return Check::NotApplicable;
    };
    let Some(json) = record.token.claims.json.as_ref() else {
        return Check::NotYet("the access token cannot be read");
    };
    let at = |pointer: &str| Pointer::Claim(record.name.clone(), pointer.to_owned());
    let mut found = Vec::new();
    let instance = claims(&assertion.token).text("sub");
    let sub = json.get("sub");
    if let Some(instance) =
        instance.filter(|instance| sub.and_then(|sub| sub.as_str()) != Some(instance))
    {
        let says = if sub.and_then(|sub| sub.as_str()) == subject.client_id().as_deref() {
            "The token’s subject is the client, not the instance that asked."
        } else {
            "The token’s subject is not the instance that asked."
        };
        found.push(
            Finding::new(at("/sub"), subject.server(), says)
                .expected(instance)
                .got(shown(sub)),
        );
    }
    if let Some(act) = json.get("act") {
        found.push(
            Finding::new(
                at("/act"),
                subject.server(),
                "The token names an actor, though the instance acts for itself.",
            )
            .expected("no act")
            .got(format!("act of {}", shown(act.get("sub")))),
        );
    }
    Check::of(found)
}
