//! A client assertion ends, and has not ended yet.

use super::{NAME, assertion, sent_at};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-EXP",
    title: "The client assertion has an exp, and it lies ahead.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7523 §3 (4)",
    revision: "RFC 7523",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "An assertion without an end could be used for ever by whoever finds it; one that has ended proves nothing.",
    cause: "This machine’s clock is behind, or the assertion was made long before it was sent.",
    fix: "Set the clock, and sign the assertion when the request is sent.",
    leads_to: &["invalid_client", "401"],
    words: &["exp", "expired", "expiration"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    let claims = claims(&token);
    let sent = sent_at(subject);
    let at = Pointer::Claim(NAME.to_owned(), "/exp".to_owned());
    match claims.time("exp") {
        None => Check::Found(vec![
            Finding::new(
                at,
                Party::You,
                "The client assertion does not say when it ends.",
            )
            .expected("a number of seconds since 1970")
            .got(shown(claims.0.get("exp"))),
        ]),
        Some(end) => Check::must(end > sent, || {
            Finding::new(
                at,
                Party::You,
                "The client assertion had ended when it was sent.",
            )
            .expected(format!("later than {sent}"))
            .got(end.in_words(sent))
        }),
    }
}
