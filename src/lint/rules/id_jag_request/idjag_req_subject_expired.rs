//! The subject token still lives.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-SUBJECT-EXPIRED",
    title: "The subject token has not expired.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.3.3, §4.4.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The IdP exchanges only a token that is still good. Some ID Tokens live for ten minutes and less.",
    cause: "The walk was slow, or the token was kept from an earlier one.",
    fix: "Renew the user’s tokens with the refresh token, or sign in again.",
    leads_to: &["invalid_request", "invalid_grant"],
    words: &["expired", "lifetime"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(token) = subject.sent_token("subject_token") else {
        return Check::NotApplicable;
    };
    // What has no end that can be read, such as a refresh token, is for the IdP alone to judge.
    let Some(end) = claims(&token).time("exp") else {
        return Check::NotApplicable;
    };
    // What counts is the moment of sending.
    let now = subject
        .exchange()
        .map_or(subject.now, |sent| sent.times.start);
    Check::must(now < end, || {
        Finding::new(
            Pointer::Claim("subject-token".to_owned(), "/exp".to_owned()),
            Party::You,
            "The subject token has expired.",
        )
        .expected(format!("an end after {now}"))
        .got(end.in_words(now))
    })
}
