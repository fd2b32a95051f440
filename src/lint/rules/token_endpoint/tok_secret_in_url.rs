//! No credential stands in the address.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-SECRET-IN-URL",
    title: "No credential is sent in the address of a token request.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §2.3.1",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "Addresses are written into logs, histories and proxies; a credential in one is known to all who read them.",
    cause: "The query was built where the body belongs.",
    fix: "Send the credential in the body or in a header, and replace the one that was shown.",
    leads_to: &["invalid_request", "invalid_client"],
    words: &["query string", "in the uri", "in the url"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(http) = subject.http() else {
        return Check::NotApplicable;
    };
    let mut findings: Vec<Finding> = CREDENTIALS
        .iter()
        .filter(|name| subject.query(name).is_some())
        .map(|name| {
            Finding::new(
                Pointer::Query((*name).to_owned()),
                Party::You,
                format!("The address carries {name}."),
            )
            .expected("in the body or a header")
            .got("in the address")
        })
        .collect();
    let url = url::Url::parse(&http.url);
    if url.is_ok_and(|url| url.password().is_some()) {
        findings.push(
            Finding::new(
                Pointer::Url,
                Party::You,
                "The address carries a user name and a password.",
            )
            .expected("in the body or a header")
            .got("in the address"),
        );
    }
    Check::of(findings)
}

/// Parameters that are credentials, or as good as one.
const CREDENTIALS: &[&str] = &[
    "client_secret",
    "client_assertion",
    "password",
    "code",
    "code_verifier",
    "device_code",
    "refresh_token",
    "access_token",
    "assertion",
    "subject_token",
    "actor_token",
];
