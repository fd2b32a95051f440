//! A grant is not refreshed.

use super::{TXN_TOKEN, waits};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-REFRESH",
    title: "The answer to a request for an ID-JAG or a Transaction Token has no refresh token.",
    severity: Severity::Warning,
    kind: Kind::Safety,
    spec: "JAG §4.3.4; Transaction Tokens §11.4, §13.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "A refresh token would outlive the user’s session, which the grant is a short proof of.",
    cause: "One handler builds the answers of all grants.",
    fix: "Have the server leave refresh_token out; the client drops it.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(answer) = subject.granted() else {
        return waits(subject);
    };
    let asked = subject.form("requested_token_type");
    let issued = answer["issued_token_type"].as_str();
    let is = |kind| issued == Some(kind) || asked.as_deref() == Some(kind);
    // Who answers with another kind of token is told so by TX-ISSUED-TOKEN-TYPE-ASKED.
    let (name, severity) = if is(TXN_TOKEN) {
        ("a Transaction Token", Severity::Error)
    } else if is(urn::ID_JAG) {
        ("an ID-JAG", Severity::Warning)
    } else {
        return Check::NotApplicable;
    };
    Check::must(answer["refresh_token"].is_null(), || {
        Finding::new(
            Pointer::Json("/refresh_token".to_owned()),
            subject.server(),
            format!("The request for {name} was answered with a refresh token besides."),
        )
        .expected("nothing")
        .got("a refresh token")
        .severity(severity)
    })
}
