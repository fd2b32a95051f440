//! The metadata of an API is about the API that was asked for.

use crate::lint::prelude::*;
use crate::protocol::{exchange::Exchange, oauth::challenge_param};

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-PRM-RESOURCE-MATCH",
    title: "The API’s metadata names as resource the very identifier that it was asked for.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "RFC 9728 §3.3",
    revision: "RFC 9728",
    since: Revision::FIRST,
    flows: &["xaa", "mcp"],
    steps: &["discover-api"],
    why: "The metadata tells where to get tokens. Metadata about another resource can lead a client to ask for, and \
          hand over, tokens that belong elsewhere; the text has it thrown away.",
    cause: "A gateway rewrites host or path, or the API was told an inner address as its own.",
    fix: "Set the public address of the API as its resource identifier, exactly as clients call it.",
    leads_to: &["invalid_target"],
    words: &["resource"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some((exchange, metadata)) = super::resource_metadata(subject) else {
        return Check::NotYet("no metadata of the API came");
    };
    let Some(asked) = identifier(subject, exchange) else {
        return Check::NotYet("the identifier that was asked for is not known");
    };
    let at = Pointer::Json("/resource".to_owned());
    let Some(named) = metadata["resource"].as_str() else {
        return Check::Found(vec![
            Finding::new(at, Party::Api, "The API’s metadata names no resource.")
                .expected(asked)
                .got(shown(metadata.get("resource"))),
        ]);
    };
    // A lone slash after the host is dropped before the well-known part goes in (§3.1): both lead here.
    let holds =
        named == asked || named.strip_suffix('/') == Some(asked.as_str()) && is_bare(&asked);
    Check::must(holds, || {
        Finding::new(
            at,
            Party::Api,
            "The API’s metadata is about another resource than the one that was asked for.",
        )
        .differs(&asked, named)
        // The profile names this very identifier: then it is known whose metadata it is, and only the address that was
        // called is another.
        .severity(
            if subject
                .profile
                .list(fields::AGENT_RESOURCE)
                .iter()
                .any(|own| own == named)
            {
                Severity::Note
            } else {
                Severity::Error
            },
        )
    })
}

/// The address that the API was called at when it pointed here, else the one that this address was made from.
fn identifier(subject: &Subject<'_>, metadata: &Exchange) -> Option<String> {
    let address = metadata.request.http().address();
    let before = subject.past.iter().flat_map(|past| past.made);
    let called = before.chain(subject.made).find_map(|made| {
        let response = made.exchange.response()?;
        let challenge = response.header("www-authenticate")?;
        let named = challenge_param(challenge, "resource_metadata")?;
        (named == address).then(|| made.exchange.request.http().address())
    });
    called.or_else(|| {
        let (host, path) = address.split_once(super::PRM)?;
        Some(format!("{host}{path}"))
    })
}

fn is_bare(identifier: &str) -> bool {
    identifier
        .split_once("://")
        .is_some_and(|(_, rest)| !rest.contains('/'))
}
