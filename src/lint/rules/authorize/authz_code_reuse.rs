//! A code is used once.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-CODE-REUSE",
    title: "The code was not sent to the token endpoint before.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §4.1.2, §10.5",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["redeem-code"],
    why: "A second use looks like theft: the server has to refuse it, and should revoke what the first one gave.",
    cause: "The step was sent again after a failure.",
    fix: "Send the user through the sign-in again for a new code.",
    leads_to: &["invalid_grant"],
    words: &["code", "already", "used", "redeemed"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(code) = subject.form("code") else {
        return Check::NotApplicable;
    };
    let attempts = subject
        .past
        .iter()
        .filter(|past| past.step.0 == "redeem-code");
    // One that was never answered may not have reached the server.
    let used = attempts
        .filter_map(|past| main(past.made))
        .filter(|exchange| exchange.response().is_some())
        .filter_map(|exchange| exchange.request.http().form())
        .any(|form| form.get("code").is_some_and(|sent| sent.wire() == code));
    Check::must(!used, || {
        Finding::new(
            Pointer::Form("code".to_owned()),
            Party::You,
            "This code was sent to the token endpoint before.",
        )
    })
}
