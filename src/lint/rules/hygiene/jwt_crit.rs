//! Nothing in a token is critical that nobody here knows.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "JWT-CRIT",
    title: "No token marks a header as critical that we do not understand.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7515 §4.1.11",
    revision: "RFC 7515",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "crit says that who does not understand the named headers must refuse the token; to go on would be to guess.",
    cause: "An extension header of the issuer.",
    fix: "Have the issuer leave it out for this client, or take the token to a receiver that knows it.",
    leads_to: &["invalid_grant", "invalid_client", "invalid_token"],
    words: &["crit", "header"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let jwts = super::jwts(subject);
    if jwts.is_empty() {
        return Check::NotApplicable;
    }
    let found = jwts.iter().filter_map(|seen| {
        let crit = header(&seen.token).0.get("crit")?;
        let names = crit.as_array().filter(|names| !names.is_empty());
        let says = match names {
            Some(_) => "The token has critical headers that are not understood here.",
            None => "The token’s crit is no list of names.",
        };
        Some(
            Finding::new(
                Pointer::Jose(seen.name.clone(), "/crit".to_owned()),
                seen.maker,
                says,
            )
            .expected("no crit")
            .got(shown(Some(crit))),
        )
    });
    Check::of(found.collect())
}
