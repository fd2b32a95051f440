//! client_id and the client assertion name one client.

use super::assertion;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-CLIENT-ID-PARAM",
    title: "A client_id beside a client assertion is the assertion’s sub.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7521 §4.2",
    revision: "RFC 7521",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "Two names for the caller in one request are a contradiction, which servers refuse.",
    cause: "The ids of the client at two servers were mixed.",
    fix: "Make client_id and sub the same, or leave client_id out.",
    leads_to: &["invalid_client", "invalid_request"],
    words: &["client_id", "client id"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    let named = claims(&token);
    let (Some(id), Some(sub)) = (subject.form("client_id"), named.text("sub")) else {
        return Check::NotApplicable;
    };
    Check::must(id == sub, || {
        Finding::new(
            Pointer::Form("client_id".to_owned()),
            Party::You,
            "The client_id names another client than the client assertion.",
        )
        .differs(sub, &id)
    })
}
