//! Token requests are form posts.

use crate::{lint::prelude::*, protocol::http::FORM};

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-POST-FORM",
    title: "A token request is a POST with the content type application/x-www-form-urlencoded.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §3.2, §4.1.3",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "A token endpoint reads its parameters from a form body only: what stands in JSON or in the address is not \
          there for it.",
    cause: "A JSON content type set by hand, as other APIs want it.",
    fix: "Send the parameters form-encoded by POST.",
    leads_to: &["invalid_request", "unsupported_grant_type", "405", "415"],
    words: &[
        "content type",
        "content-type",
        "form-urlencoded",
        "method not allowed",
    ],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(http) = subject.http() else {
        return Check::NotApplicable;
    };
    let mut findings = Vec::new();
    if http.method != "POST" {
        findings.push(
            Finding::new(
                Pointer::Url,
                Party::You,
                "A token endpoint takes POST only.",
            )
            .expected("POST")
            .got(&http.method),
        );
    }
    let kind = subject.sent_header("content-type");
    let bare = kind.as_deref().and_then(|kind| kind.split(';').next());
    if !bare.is_some_and(|bare| bare.trim().eq_ignore_ascii_case(FORM)) {
        findings.push(
            Finding::new(
                Pointer::Header(Side::Request, "content-type".to_owned()),
                Party::You,
                "The parameters are not announced as a form.",
            )
            .expected(FORM)
            .got(kind.as_deref().unwrap_or("nothing")),
        );
    }
    Check::of(findings)
}
