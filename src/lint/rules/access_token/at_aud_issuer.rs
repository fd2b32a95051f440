//! An access token is for an API, not for the server that issued it.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-AUD-ISSUER",
    title: "The access token’s aud is not the authorization server itself.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 9068 §3",
    revision: "RFC 9068",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ACCESS_TOKEN,
    why: "A token that is made out to its own issuer opens no API that checks the audience, and every API that does \
          not.",
    cause: "No API is configured at the server, so it names itself.",
    fix: "Configure the API at the authorization server, and ask for it with resource.",
    leads_to: &["invalid_token", "401"],
    words: &["audience", "aud"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::access_token(subject) else {
        return Check::NotApplicable;
    };
    let read = claims(&record.token);
    let audiences = read.list("aud");
    let Some(issuer) = read.text("iss").filter(|_| !audiences.is_empty()) else {
        return Check::NotApplicable;
    };
    // An audience beside the issuer is an API, and one that was asked for is no accident.
    let bare = |text: &str| text.trim_end_matches('/').to_owned();
    let itself = audiences
        .iter()
        .all(|audience| bare(audience) == bare(issuer));
    let asked = subject.profile.list(fields::AGENT_RESOURCE);
    let meant = asked.iter().any(|one| audiences.contains(&one.as_str()));
    Check::must(!itself || meant, || {
        Finding::new(
            Pointer::Claim(record.name.clone(), "/aud".to_owned()),
            Party::ResourceAs,
            "The access token is made out to the authorization server that issued it, not to an API.",
        )
        .expected(asked.first().map_or("the API", String::as_str))
        .got(shown(read.0.get("aud")))
    })
}
