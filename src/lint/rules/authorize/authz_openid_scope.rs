//! What asks for an ID Token is an OpenID request.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-OPENID-SCOPE",
    title: "The scope of the sign-in holds openid, where an ID Token is needed afterwards.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "OIDC §3.1.2.1",
    revision: "OIDC Core",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["authorize", "device-authorize"],
    why: "Without openid it is a plain OAuth request, and no ID Token comes that could be exchanged.",
    cause: "Only scopes of the API were asked for.",
    fix: "Add openid to sso.scope.",
    leads_to: &["invalid_scope"],
    words: &["openid", "scope"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if super::subject_kind(subject) != "id_token" {
        return Check::NotApplicable;
    }
    let (scope, at) = match super::scope(subject) {
        Ok(scope) => scope,
        Err(early) => return early,
    };
    let scope = scope.unwrap_or_default();
    Check::must(scope.split(' ').any(|word| word == "openid"), || {
        Finding::new(
            at,
            Party::You,
            "The sign-in does not ask for openid, so no ID Token will come of it.",
        )
        .expected("openid")
        .got(if scope.is_empty() { "nothing" } else { &scope })
    })
}
