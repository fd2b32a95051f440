//! A JWT access token has the claims that every one has.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-CLAIMS",
    title: "A JWT access token has iss, exp, aud, sub, client_id, iat and jti.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9068 §2.2",
    revision: "RFC 9068",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ACCESS_TOKEN,
    why: "An API that follows RFC 9068 needs each of them: who issued it, about whom, for which client and API, and \
          until when.",
    cause: "The server has names of its own for some (cid, azp, scp), or leaves them out.",
    fix: "Switch the authorization server to RFC 9068 access tokens, or teach the API that server’s names.",
    leads_to: &["invalid_token", "401"],
    words: &["missing claim", "required claim"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::access_token(subject) else {
        return Check::NotApplicable;
    };
    let read = claims(&record.token).0;
    // Without the typ the token does not claim to follow RFC 9068.
    let severity = if typ(&record.token).as_deref() == Some("at+jwt") {
        Severity::Error
    } else {
        Severity::Note
    };
    let missing = super::CLAIMS
        .iter()
        .filter(|name| read.get(**name).is_none());
    Check::of(
        missing
            .map(|name| {
                let mut names = ["cid", "azp"].into_iter();
                let own = names.find(|own| *name == "client_id" && read.get(own).is_some());
                let says = match own {
                    Some(own) => format!("The access token has {own} where RFC 9068 has {name}."),
                    None => format!("The access token has no {name}."),
                };
                Finding::new(
                    Pointer::Claim(record.name.clone(), format!("/{name}")),
                    Party::ResourceAs,
                    says,
                )
                .expected(*name)
                .got(own.unwrap_or("nothing"))
                .severity(severity)
            })
            .collect(),
    )
}
