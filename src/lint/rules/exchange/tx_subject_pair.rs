//! An exchange says what is exchanged, and what kind of token that is.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-SUBJECT-PAIR",
    title: "subject_token and subject_token_type are both there.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8693 §2.1",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "A server does not guess what kind of token it was given: it validates by the type, and refuses without one.",
    cause: "The type was left out, or is sent under another name.",
    fix: "Send both subject_token and subject_token_type.",
    leads_to: &["invalid_request"],
    words: &["subject_token", "subject_token_type", "subject token"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.http().is_none() || subject.is_on_behalf_of() {
        return Check::NotApplicable;
    }
    let missing = ["subject_token", "subject_token_type"]
        .into_iter()
        .filter(|name| !subject.fills(name));
    Check::of(
        missing
            .map(|name| {
                Finding::new(
                    Pointer::Form(name.to_owned()),
                    Party::You,
                    format!("The exchange has no {name}."),
                )
                .expected(if name == "subject_token" {
                    "the token that is exchanged"
                } else {
                    "the type of the subject token"
                })
                .got("nothing")
            })
            .collect(),
    )
}
