//! A refused subject token has two codes.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-SUBJECT-ERROR-CODE",
    title: "A subject or actor token that is refused gives invalid_request, as RFC 8693 has it.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "RFC 8693 §2.2.2; JAG §4.3.4.3; Actor Profile §9",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "The texts differ: RFC 8693 demands invalid_request, JAG and the Actor Profile show invalid_grant. Either \
          means that the subject or actor token was not accepted.",
    cause: "The server follows the other text.",
    fix: "Read either code as a refusal of the subject or actor token, and check that token: who issued it, for \
          whom, until when.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.response().is_none() {
        return Check::NotYet("no answer came");
    }
    let Some(refusal) = subject.refusal() else {
        return Check::NotApplicable;
    };
    match refusal.error.as_deref() {
        Some("invalid_request") => Check::Pass,
        // A refresh token as subject is treated as in a refresh, whose code this is (JAG §4.3.3).
        Some("invalid_grant")
            if subject.form("subject_token_type").as_deref() == Some(urn::REFRESH_TOKEN) =>
        {
            Check::Pass
        }
        Some("invalid_grant") => Check::Found(vec![
            Finding::new(
                Pointer::Json("/error".to_owned()),
                subject.server(),
                "invalid_grant in a token exchange means that the subject or actor token was not accepted; RFC 8693 \
                 calls that invalid_request, JAG invalid_grant.",
            )
            .expected("invalid_request or invalid_grant")
            .got("invalid_grant"),
        ]),
        _ => Check::NotApplicable,
    }
}
