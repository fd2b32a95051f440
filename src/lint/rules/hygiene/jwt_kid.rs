//! The key that a token names is published.

use crate::{
    lint::prelude::*,
    protocol::{exchange::Purpose, jwt::token::Form},
};

/// The rule.
pub static RULE: Rule = Rule {
    code: "JWT-KID",
    title: "The kid of a token is in its issuer’s key set.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8725 §3.8; RFC 7515 §4.1.4",
    revision: "RFC 8725",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "Whoever takes the token looks for that key, and cannot check the signature without it.",
    cause: "The keys were rotated and a cache is stale, or the token is signed with a key of another environment.",
    fix: "Fetch the key set once more; if the key is still not there, the issuer has to publish it or sign with one \
          that is.",
    leads_to: &[
        "invalid_grant",
        "invalid_token",
        "invalid_request",
        "temporarily_unavailable",
    ],
    words: &["kid", "key", "signature", "jwks"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let mut found = unpublished(subject);
    let (mut looked, mut unknown) = (false, false);
    for seen in super::jwts(subject) {
        let (head, body) = (header(&seen.token), claims(&seen.token));
        let (Some(kid), Some(iss)) = (head.text("kid"), body.text("iss")) else {
            continue;
        };
        // A secret is no published key, no signature needs none, and a key that has verified the token is there.
        let keyless = |alg: &str| alg.starts_with("HS") || alg.eq_ignore_ascii_case("none");
        if head.text("alg").is_some_and(keyless) || seen.verified {
            looked |= seen.verified;
            continue;
        }
        // The access token of the sign-in is the IdP's own business: some do not publish its key.
        if seen.artifact == Some(Artifact::SsoAccessToken) {
            continue;
        }
        let issuers = [Party::Idp, Party::ResourceAs, Party::ActorIssuer];
        let Some(issuer) = issuers
            .into_iter()
            .find(|party| subject.issuer(*party).as_deref() == Some(iss))
        else {
            continue;
        };
        let Some(keys) = subject.keys.get(&issuer) else {
            unknown = true;
            continue;
        };
        looked = true;
        if let Some(why) = &seen.failed {
            found.push(
                Finding::new(
                    Pointer::Jose(seen.name, "/kid".to_owned()),
                    issuer,
                    format!("The key that the token names did not make its signature: {why}."),
                )
                .expected(format!(
                    "a signature made with the key {kid} of {}",
                    keys.url
                ))
                .got("another signature"),
            );
            continue;
        }
        if !keys.jwks.keys().any(|key| key["kid"] == kid) {
            let there: Vec<&str> = keys
                .jwks
                .keys()
                .filter_map(|key| key["kid"].as_str())
                .collect();
            found.push(
                Finding::new(
                    Pointer::Jose(seen.name, "/kid".to_owned()),
                    issuer,
                    format!("The token names a key that is not at {}.", keys.url),
                )
                .expected(if there.is_empty() {
                    "a key with an id".to_owned()
                } else {
                    there.join(" or ")
                })
                .got(kid),
            );
        }
    }
    match (found.is_empty(), looked, unknown) {
        (false, ..) => Check::Found(found),
        (true, _, true) => Check::NotYet("the issuer’s keys are not known"),
        (true, true, false) => Check::Pass,
        (true, false, false) => Check::NotApplicable,
    }
}

/// Says so where the issuer was asked for its keys and answered with none.
fn unpublished(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(record) = subject
        .tokens
        .iter()
        .find(|record| record.token.form == Form::Jws)
    else {
        return Vec::new();
    };
    let asked = subject
        .made
        .iter()
        .rev()
        .find(|made| made.purpose == Purpose::Keys);
    let Some((made, response)) = asked.and_then(|made| Some((made, made.exchange.response()?)))
    else {
        return Vec::new();
    };
    let keys = response.json().ok().filter(|_| response.status == 200);
    let count = keys
        .and_then(|json| Some(json["keys"].as_array()?.len()))
        .unwrap_or_default();
    if count > 0 {
        return Vec::new();
    }
    let url = &made.exchange.request.http().url;
    vec![
        Finding::new(
            Pointer::Jose(record.name.clone(), "/kid".to_owned()),
            subject.server(),
            format!("The key that the token names cannot be had: {url} gives no keys."),
        )
        .expected("a key set with at least one key")
        .got(format!("status {} and no keys", response.status)),
    ]
}
