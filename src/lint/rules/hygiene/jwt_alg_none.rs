//! Every JWT is signed.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "JWT-ALG-NONE",
    title: "No token says alg none.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8725 §3.1, §3.2",
    revision: "RFC 8725",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "A token that is not signed can be written by anybody.",
    cause: "Test code, or a sample that was taken over.",
    fix: "Sign the token, and pin the algorithms that are accepted.",
    leads_to: &[
        "invalid_grant",
        "invalid_client",
        "invalid_request",
        "invalid_token",
    ],
    words: &["alg", "none", "unsigned", "signature"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let mut found = Vec::new();
    let jwts = super::jwts(subject);
    for seen in &jwts {
        let alg = header(&seen.token).text("alg");
        if alg.is_some_and(|alg| alg.eq_ignore_ascii_case("none")) {
            found.push(
                Finding::new(
                    Pointer::Jose(seen.name.clone(), "/alg".to_owned()),
                    seen.maker,
                    "The token says of itself that it is not signed.",
                )
                .expected("a signature algorithm")
                .got(alg.unwrap_or_default()),
            );
        }
    }
    if jwts.is_empty() {
        return Check::NotApplicable;
    }
    Check::of(found)
}
