//! An exchange says what it issued.

use super::waits;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-ISSUED-TOKEN-TYPE",
    title: "The answer of a token exchange has issued_token_type.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8693 §2.2.1",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "What an exchange issues stands in access_token whatever it is; only issued_token_type tells what came.",
    cause: "The endpoint ran another grant, or its answer is built by a handler that knows nothing of exchanges.",
    fix: "Check grant_type and the endpoint; have the server add issued_token_type.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(answer) = subject.granted() else {
        return waits(subject);
    };
    let named = answer["issued_token_type"].as_str();
    Check::must(named.is_some_and(|named| !named.is_empty()), || {
        let asked = subject.form("requested_token_type");
        Finding::new(
            Pointer::Json("/issued_token_type".to_owned()),
            subject.server(),
            "The answer does not say what kind of token was issued.",
        )
        .expected(
            asked
                .as_deref()
                .unwrap_or("the type of the token that was issued"),
        )
        .got(shown(answer.get("issued_token_type")))
    })
}
