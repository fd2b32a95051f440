//! A failed Basic authentication is a 401 with a challenge.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-ERROR-BASIC-401",
    title: "invalid_client after an Authorization header is a 401 with WWW-Authenticate.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §5.2",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "Clients and proxies handle a refused login by its status; with 400 they take it for a malformed request.",
    cause: "The server answers every error with 400.",
    fix: "Answer 401 with a WWW-Authenticate field of the scheme that the client used.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(response) = subject.response() else {
        return Check::NotYet("no answer came");
    };
    let refused = subject.refusal().and_then(|refusal| refusal.error);
    let Some(sent) = subject.sent_header("authorization") else {
        return Check::NotApplicable;
    };
    if refused.as_deref() != Some("invalid_client") {
        return Check::NotApplicable;
    }
    let scheme = sent.split(' ').next().unwrap_or_default();
    let mut findings = Vec::new();
    if response.status != 401 {
        let says =
            "The client was refused after an Authorization header, with another status than 401.";
        findings.push(
            Finding::new(Pointer::Status, subject.server(), says)
                .expected("401")
                .got(response.status.to_string()),
        );
    }
    let challenge = response.header("www-authenticate");
    let offers = challenge.is_some_and(|text| {
        text.to_ascii_lowercase()
            .contains(&scheme.to_ascii_lowercase())
    });
    if !offers {
        let at = Pointer::Header(Side::Response, "www-authenticate".to_owned());
        let says = "The refusal has no challenge of the scheme that the client used.";
        findings.push(
            Finding::new(at, subject.server(), says)
                .expected(scheme)
                .got(challenge.unwrap_or("nothing")),
        );
    }
    Check::of(findings)
}
