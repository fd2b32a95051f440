//! A token for a user names the instance that acts.

use super::{
    INSTANCE_FLOWS,
    assertion::{self},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-AT-DELEGATED",
    title: "A token for a user keeps the user in sub and names the instance in act.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "CIA §8.6.1, §8.6.2",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::REQUESTS,
    why: "The API decides by the user and by the instance that acts; where act is wrong, it decides about somebody \
          else.",
    cause: "The server copies client_id into act, or puts the instance into sub.",
    fix: "Have the server fill act with iss, sub and sub_profile of the assertion, and sub with the user.",
    leads_to: &["actor_unauthorized"],
    words: &["actor"],
    check,
};

/// The grants by which a client acts for a user (CIA §8.6.1).
const GRANTS: &[&str] = &[
    urn::AUTHORIZATION_CODE,
    urn::JWT_BEARER,
    urn::TOKEN_EXCHANGE,
];

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = assertion::presented(subject) else {
        return Check::NotApplicable;
    };
    let grant = subject.form("grant_type").unwrap_or_default();
    if !GRANTS.contains(&grant.as_str()) {
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
    let server = subject.server();
    let at = |pointer: &str| Pointer::Claim(record.name.clone(), pointer.to_owned());
    let instance = claims(&assertion.token);
    let Some(act) = json.get("act").filter(|act| act.is_object()) else {
        return Check::Found(vec![
            Finding::new(
                at("/act"),
                server,
                "The access token does not name the instance that acts for the user.",
            )
            .expected(format!("act of {}", shown(instance.0.get("sub"))))
            .got(shown(json.get("act"))),
        ]);
    };
    let mut found = Vec::new();
    for name in ["iss", "sub", "sub_profile"] {
        let (want, here) = (instance.0.get(name), act.get(name));
        if want.is_none() || want == here {
            continue;
        }
        let finding = Finding::new(
            at(&format!("/act/{name}")),
            server,
            format!("The actor’s {name} is not that of the instance assertion."),
        );
        found.push(
            match (
                want.and_then(|want| want.as_str()),
                here.and_then(|here| here.as_str()),
            ) {
                (Some(want), Some(here)) => finding.differs(want, here),
                _ => finding.expected(shown(want)).got(shown(here)),
            },
        );
    }
    let sub = json["sub"].as_str();
    // The instance may be the subject of an exchange, too (CIA §8.6.1).
    let asked = subject
        .sent_token("subject_token")
        .and_then(|token| claims(&token).text("sub").map(str::to_owned));
    let is_user = sub.is_none() || sub == asked.as_deref();
    if !is_user && (sub == instance.text("sub") || sub == subject.client_id().as_deref()) {
        found.push(
            Finding::new(
                at("/sub"),
                server,
                "The access token’s subject is not the user but who acts for the user.",
            )
            .expected("the user")
            .got(shown(json.get("sub"))),
        );
    }
    Check::of(found)
}
