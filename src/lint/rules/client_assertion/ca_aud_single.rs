//! A client assertion is made out to one server.

use super::{NAME, TYP, assertion};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-AUD-SINGLE",
    title: "The client assertion has exactly one audience.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "draft-ietf-oauth-rfc7523bis §4",
    revision: "RFC 7523bis",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "With several audiences each of these servers can use the assertion at the others.",
    cause: "Issuer and token endpoint were both written, to please servers of both kinds.",
    fix: "Name one audience, and sign one assertion for each server.",
    leads_to: &["invalid_client", "401"],
    words: &["aud", "audience"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    let claims = claims(&token);
    let count = claims.list("aud").len();
    if count == 0 {
        return Check::NotApplicable;
    }
    Check::must(count == 1, || {
        let finding = Finding::new(
            Pointer::Claim(NAME.to_owned(), "/aud".to_owned()),
            Party::You,
            format!("The client assertion is made out to {count} audiences."),
        )
        .expected("one audience")
        .got(shown(claims.0.get("aud")));
        if typ(&token).as_deref() == Some(TYP) {
            finding
        } else {
            // RFC 7523 itself allows several; the typ of its successor, which does not, is missing.
            finding.severity(Severity::Warning)
        }
    })
}
