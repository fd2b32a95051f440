//! A JWT access token says that it is one.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-TYP",
    title: "The typ of a JWT access token is at+jwt.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9068 §2.1, §4",
    revision: "RFC 9068",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ACCESS_TOKEN,
    why: "The typ keeps an ID Token or an ID-JAG from being taken for an access token by an API that checks only the \
          signature.",
    cause: "The authorization server is older than RFC 9068, or its JWT settings were left as they were.",
    fix: "Switch the authorization server to RFC 9068 access tokens.",
    leads_to: &["invalid_token", "401"],
    words: &["typ"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::access_token(subject) else {
        return Check::NotApplicable;
    };
    let read = claims(&record.token).0;
    // Only a token with every claim of RFC 9068 claims to follow it; many servers have a format of their own.
    let claimed = super::CLAIMS.iter().all(|name| read.get(name).is_some());
    Check::must(typ(&record.token).as_deref() == Some("at+jwt"), || {
        Finding::new(
            Pointer::Jose(record.name.clone(), "/typ".to_owned()),
            Party::ResourceAs,
            if claimed {
                "The access token has the claims of RFC 9068, but not its typ."
            } else {
                "The access token is a JWT, and its typ does not say that it is an access token."
            },
        )
        .expected("at+jwt")
        .got(shown(header(&record.token).0.get("typ")))
        .severity(if claimed {
            Severity::Error
        } else {
            Severity::Note
        })
    })
}
