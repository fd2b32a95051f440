//! No access token comes through the browser.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-IMPLICIT",
    title: "The response type does not ask for an access token in the redirect.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 9700 §2.1.2",
    revision: "RFC 9700",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::AUTHORIZE,
    why: "A token in an address stays in the history of the browser and in logs, and cannot be bound to the client.",
    cause: "A sample for single-page programs of years ago.",
    fix: "Ask for response_type=code.",
    leads_to: &["unsupported_response_type", "unauthorized_client"],
    words: &["response_type", "implicit"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let kind = match super::asked(subject, "response_type") {
        Ok(Some(kind)) => kind,
        Ok(None) => return Check::NotApplicable,
        Err(early) => return early,
    };
    Check::must(!kind.split(' ').any(|word| word == "token"), || {
        Finding::new(
            Pointer::Query("response_type".to_owned()),
            Party::You,
            "The request asks for an access token in the redirect.",
        )
        .expected("code")
        .got(&kind)
    })
}
