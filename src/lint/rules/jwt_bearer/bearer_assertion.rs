//! The ID-JAG goes into assertion.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-ASSERTION",
    title: "The ID-JAG is sent as assertion.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.4; RFC 7523 §2.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The JWT bearer grant reads assertion and nothing else; a subject_token belongs to token exchange.",
    cause: "The form of the first hop was used again.",
    fix: "Rename the parameter to assertion, and leave subject_token_type out.",
    leads_to: &["invalid_request", "invalid_grant"],
    words: &["assertion"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if !super::redeems(subject) {
        return Check::NotApplicable;
    }
    Check::must(subject.form("assertion").is_some(), || {
        let (name, says) = if subject.form("subject_token").is_some() {
            (
                "subject_token",
                "The ID-JAG is sent as subject_token, which the JWT bearer grant does not read.",
            )
        } else {
            ("assertion", "The request has no assertion.")
        };
        Finding::new(Pointer::Form(name.to_owned()), Party::You, says)
            .expected("assertion")
            .got(if name == "assertion" { "nothing" } else { name })
    })
}
