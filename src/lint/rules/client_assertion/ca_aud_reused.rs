//! Each server gets a client assertion of its own.

use super::{assertion, earlier};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-AUD-REUSED",
    title: "A client assertion is sent to one server only.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "draft-ietf-oauth-rfc7523bis §4; RFC 7523 §3 (3)",
    revision: "RFC 7523bis",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "A server that gets an assertion which another takes, too, can pose as the client there.",
    cause: "One assertion was made and kept for the whole walk.",
    fix: "Sign an assertion for each server, made out to that server alone.",
    leads_to: &["invalid_client", "401"],
    words: &["aud", "audience", "jti"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    let here = subject.http().map(|http| http.url.as_str());
    let before = earlier(subject)
        .find(|(_, request, other)| Some(request.url.as_str()) != here && other.raw == token.raw);
    match before {
        None => Check::Pass,
        Some((step, request, _)) => Check::Found(vec![
            Finding::new(
                Pointer::Form("client_assertion".to_owned()),
                Party::You,
                format!(
                    "This client assertion was sent to another server before, at the step {step}."
                ),
            )
            .expected("an assertion for this server alone")
            .got(format!("the one sent to {}", request.url)),
        ]),
    }
}
