//! The assertion's issuer is one that the client names.

use super::{
    INSTANCE_FLOWS,
    assertion::{self},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-DESCRIPTOR",
    title: "The assertion’s issuer is in the client’s instance_issuers once, with exactly one source of keys.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "CIA §6.1.1, §8.2",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::REQUESTS,
    why: "The authorization server trusts an instance issuer only because the client says so in its own metadata.",
    cause: "The client metadata was not published, or names the issuer with another spelling.",
    fix: "Publish instance_issuers in the client metadata: one entry per issuer, each with one of jwks_uri, jwks and \
          spiffe_bundle_endpoint.",
    leads_to: &["invalid_grant", "invalid_client"],
    words: &["instance_issuers", "instance issuer", "descriptor"],
    check,
};

/// Where an issuer's keys may be found.
const SOURCES: &[&str] = &["jwks_uri", "jwks", "spiffe_bundle_endpoint"];

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = assertion::presented(subject) else {
        return Check::NotApplicable;
    };
    let Some(iss) = claims(&assertion.token).text("iss") else {
        // CIA-CLAIMS speaks of that.
        return Check::NotApplicable;
    };
    let client =
        assertion::client_id(subject, &assertion).and_then(|id| assertion::client(subject, &id));
    let Some(client) = client else {
        return Check::NotYet("the client’s metadata is not known");
    };
    let finding = |says: &str| Finding::new(assertion.claim("/iss"), Party::Client, says);
    let empty = Vec::new();
    let all = client["instance_issuers"].as_array().unwrap_or(&empty);
    if all.is_empty() {
        return Check::Found(vec![
            finding("The client’s metadata names no issuer of instance assertions.")
                .expected("instance_issuers with this issuer")
                .got(shown(client.get("instance_issuers"))),
        ]);
    }
    let ours: Vec<_> = all.iter().filter(|one| one["issuer"] == iss).collect();
    let one = match ours.as_slice() {
        [one] => one,
        [] => {
            let names: Vec<&str> = all
                .iter()
                .filter_map(|one| one["issuer"].as_str())
                .collect();
            let finding =
                finding("The client’s metadata does not name the issuer of the assertion.");
            return Check::Found(vec![match names.as_slice() {
                [name] => finding.differs(name, iss),
                names => finding
                    .expected(format!("one of {}", names.join(", ")))
                    .got(iss),
            }]);
        }
        many => {
            return Check::Found(vec![
                finding("The client’s metadata names the issuer of the assertion more than once.")
                    .expected("one entry")
                    .got(format!("{} entries", many.len())),
            ]);
        }
    };
    let sources: Vec<&str> = SOURCES
        .iter()
        .copied()
        .filter(|name| one.get(name).is_some())
        .collect();
    Check::must(sources.len() == 1, || {
        finding("The entry of the assertion’s issuer does not say in one way where its keys are.")
            .expected(format!("exactly one of {}", SOURCES.join(", ")))
            .got(if sources.is_empty() {
                "nothing".to_owned()
            } else {
                sources.join(", ")
            })
    })
}
