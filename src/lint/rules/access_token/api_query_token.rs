//! A token stays out of addresses.

use crate::lint::prelude::*;
use crate::protocol::{http::Params, secret::Secret};

/// The rule.
pub static RULE: Rule = Rule {
    code: "API-QUERY-TOKEN",
    title: "The token is in the Authorization header, not in the address.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "RFC 9700 §4.3.2; EMA §7.3",
    revision: "RFC 9700",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::API,
    why: "Addresses end up in logs, histories and Referer headers, and the token with them.",
    cause: "The call was copied from a link, or from code for web sockets.",
    fix: "Send the token in the Authorization header, and consider this one known.",
    leads_to: &["invalid_request", "invalid_token", "400"],
    words: &["query"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(http) = subject.http() else {
        return Check::NotApplicable;
    };
    let mut params = http.query.clone();
    if let Some((_, query)) = http.url.split_once('?') {
        params.0.extend(Params::decode(query).0);
    }
    let held: Vec<&str> = [Artifact::AccessToken, Artifact::IdJag, Artifact::IdToken]
        .into_iter()
        .filter_map(|artifact| Some(subject.before(artifact)?.fingerprint.as_str()))
        .collect();
    let is_token = |text: String| {
        let print = Secret::minted("parameter", text).fingerprint(&[]);
        held.contains(&print.as_str())
    };
    let findings = params
        .0
        .iter()
        .filter(|(name, value)| {
            let text = value.wire();
            !text.is_empty() && (name == "access_token" || is_token(text))
        })
        .map(|(name, _)| {
            Finding::new(
                Pointer::Query(name.clone()),
                Party::You,
                format!("The address of the call has a token in it, as {name}."),
            )
            .expected("the token in the Authorization header")
            .got("a token in the address")
        });
    Check::of(findings.collect())
}
