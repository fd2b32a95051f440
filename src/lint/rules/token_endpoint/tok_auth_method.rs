//! The client proves itself in a way that the server lists.

use super::{proves_itself_otherwise, ways};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-AUTH-METHOD",
    title: "The way of client authentication is one of token_endpoint_auth_methods_supported.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 8414 §2",
    revision: "RFC 8414",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "A server refuses a proof of a kind that it does not take, and calls that a failed authentication.",
    cause: "The profile uses another way than the client is registered with.",
    fix: "Use the way that the client is registered with at this server.",
    leads_to: &["invalid_client", "401"],
    words: &[
        "authentication method",
        "auth method",
        "token_endpoint_auth_method",
        "client authentication",
    ],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.http().is_none() {
        return Check::NotApplicable;
    }
    let Some(metadata) = subject.metadata(subject.server()) else {
        return Check::NotYet("the server’s metadata is not known");
    };
    let Some(listed) = metadata.list("token_endpoint_auth_methods_supported") else {
        // The text then means client_secret_basic alone, but servers that leave the list out take more than that.
        return Check::NotApplicable;
    };
    let mut used = ways(subject);
    if used.is_empty() {
        if proves_itself_otherwise(subject) {
            return Check::NotApplicable;
        }
        used.push(("none", Pointer::Form("client_id".to_owned())));
    }
    let unlisted = used.into_iter().filter(|(way, _)| !listed.contains(way));
    Check::of(
        unlisted
            .map(|(way, at)| {
                let says = format!("The client authenticates with {way}, which the server does not list.");
                let finding = Finding::new(at, Party::You, says)
                    .expected(listed.join(", "))
                    .got(way);
                let finding = match subject.side() {
                    Some(side) => finding.fix(format!(
                        "Set {} to the way that the client is registered with; the server lists {}.",
                        subject.profile.client(side).auth_field.0,
                        listed.join(", ")
                    )),
                    None => finding,
                };
                if way == "none" {
                    // Servers that take public clients often list only ways of authentication, and none is not one.
                    finding.severity(Severity::Note)
                } else {
                    finding
                }
            })
            .collect(),
    )
}
