//! A token exchange names its grant.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-GRANT-TYPE",
    title: "The grant_type of a token exchange is urn:ietf:params:oauth:grant-type:token-exchange.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8693 §2.1",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "By the grant type the server chooses what to do with the request; under another it looks for other \
          parameters.",
    cause: "The jwt-bearer grant of the second hop was sent to the first.",
    fix: "Send grant_type=urn:ietf:params:oauth:grant-type:token-exchange.",
    leads_to: &[
        "unsupported_grant_type",
        "invalid_request",
        "unauthorized_client",
    ],
    words: &["grant_type", "grant type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.http().is_none() || subject.is_on_behalf_of() {
        return Check::NotApplicable;
    }
    let sent = subject.form("grant_type");
    Check::must(sent.as_deref() == Some(urn::TOKEN_EXCHANGE), || {
        let at = Pointer::Form("grant_type".to_owned());
        match sent {
            Some(sent) => Finding::new(
                at,
                Party::You,
                "A token exchange is asked for under another grant type.",
            )
            .differs(urn::TOKEN_EXCHANGE, &sent),
            None => Finding::new(at, Party::You, "The request names no grant type.")
                .expected(urn::TOKEN_EXCHANGE)
                .got("nothing"),
        }
    })
}
