//! A refresh token is asked for where one is needed.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-OFFLINE-ACCESS",
    title: "The scope of the sign-in holds offline_access, where the refresh token is to be exchanged.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "OIDC §11; JAG §4.5",
    revision: "OIDC Core",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["authorize", "device-authorize"],
    why: "Most servers give a refresh token only when they are asked for one.",
    cause: "Only openid was asked for.",
    fix: "Add offline_access to sso.scope, or set agent.subject to id_token.",
    leads_to: &[],
    words: &["offline_access", "refresh"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if super::subject_kind(subject) != "refresh_token" {
        return Check::NotApplicable;
    }
    let (scope, at) = match super::scope(subject) {
        Ok(scope) => scope,
        Err(early) => return early,
    };
    let scope = scope.unwrap_or_default();
    let asked = scope.split(' ').any(|word| word == "offline_access");
    Check::must(asked, || {
        Finding::new(
            at,
            Party::You,
            "The refresh token is to be exchanged, and the sign-in does not ask for one.",
        )
        .expected("offline_access")
        .got(if scope.is_empty() { "nothing" } else { &scope })
    })
}
