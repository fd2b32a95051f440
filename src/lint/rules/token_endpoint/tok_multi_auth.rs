//! A client proves itself in one way only.

use super::ways;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-MULTI-AUTH",
    title: "A token request has one way of client authentication only.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §2.3",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "With two proofs a server cannot know which one counts, and must refuse the request.",
    cause: "A secret is sent by Basic or in the form beside a client assertion: an override was added to what the \
          profile sends.",
    fix: "Keep the way that the client is registered with and take the others out.",
    leads_to: &["invalid_request", "invalid_client"],
    words: &[
        "multiple",
        "more than one",
        "authentication method",
        "client authentication",
    ],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let ways = ways(subject);
    let Some(((first, _), rest)) = ways.split_first() else {
        return Check::NotApplicable;
    };
    Check::of(
        rest.iter()
            .map(|(way, at)| {
                Finding::new(
                    at.clone(),
                    Party::You,
                    format!("The client authenticates in two ways: {first} and {way}."),
                )
                .expected("one way of client authentication")
                .got(format!("{first} and {way}"))
            })
            .collect(),
    )
}
