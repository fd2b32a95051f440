//! A client assertion comes with its type.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-TYPE-PARAM",
    title: "client_assertion comes with client_assertion_type, which is the jwt-bearer URN of client assertions.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7523 §2.2; RFC 7521 §4.2",
    revision: "RFC 7523",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "The type tells the server how to read the assertion; under another it finds no client authentication at all.",
    cause: "The URN of the jwt-bearer grant was written instead, which differs in one word.",
    fix: "Send client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer beside client_assertion.",
    leads_to: &["invalid_client", "invalid_request"],
    words: &["client_assertion_type", "assertion type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let kind = subject.form("client_assertion_type");
    let at = |name: &str| Pointer::Form(name.to_owned());
    match (subject.fills("client_assertion"), kind) {
        (false, None) => Check::NotApplicable,
        (false, Some(_)) => Check::Found(vec![
            Finding::new(
                at("client_assertion"),
                Party::You,
                "The type of a client assertion is sent, but no client assertion.",
            )
            .expected("a signed JWT")
            .got("nothing")
            .fix("Send client_assertion, or take client_assertion_type out."),
        ]),
        (true, None) => Check::Found(vec![
            Finding::new(
                at("client_assertion_type"),
                Party::You,
                "A client assertion is sent without its type.",
            )
            .expected(urn::CLIENT_ASSERTION)
            .got("nothing"),
        ]),
        // A SAML assertion of the client has a type of its own (RFC 7522 §2.2).
        (true, Some(kind)) if kind == SAML => Check::NotApplicable,
        (true, Some(kind)) => Check::must(kind == urn::CLIENT_ASSERTION, || {
            let says = if kind == urn::JWT_BEARER {
                "The type of the client assertion is the URN of a grant."
            } else {
                "The type of the client assertion is not the one of a JWT."
            };
            Finding::new(at("client_assertion_type"), Party::You, says)
                .differs(urn::CLIENT_ASSERTION, &kind)
        }),
    }
}

const SAML: &str = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
