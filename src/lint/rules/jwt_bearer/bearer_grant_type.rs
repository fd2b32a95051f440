//! The ID-JAG is redeemed with the JWT bearer grant.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-GRANT-TYPE",
    title: "grant_type is the JWT bearer URN.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.4; RFC 7523 §2.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The second hop is no token exchange: the ID-JAG is itself the grant. Only an ID-JAG that is bound to a key \
          may come with the jwt-dpop grant instead, where a server knows it.",
    cause: "The token exchange of the first hop was repeated at the second server, as one tutorial draws it.",
    fix: "Send grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer with the ID-JAG as assertion.",
    leads_to: &[
        "unsupported_grant_type",
        "invalid_request",
        "unauthorized_client",
    ],
    words: &["grant_type", "grant type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if !super::redeems(subject) {
        return Check::NotApplicable;
    }
    let grant = subject.form("grant_type");
    let bound = || {
        let key = super::assertion(subject).and_then(|token| bound_key(&token));
        key.is_some() && subject.sent_proof().is_some()
    };
    let right = match grant.as_deref() {
        Some(urn::JWT_BEARER) => true,
        Some(JWT_DPOP) => bound(),
        _ => false,
    };
    Check::must(right, || {
        let at = Pointer::Form("grant_type".to_owned());
        let says = match grant.as_deref() {
            Some(urn::TOKEN_EXCHANGE) => {
                "The ID-JAG is sent in a token exchange; the resource authorization server redeems it with the JWT \
                 bearer grant."
            }
            Some(JWT_DPOP) => {
                "The jwt-dpop grant is for an ID-JAG that is bound to a key, sent with a proof of that key."
            }
            Some(_) => "The request uses another grant than the one that redeems an ID-JAG.",
            None => "The request names no grant.",
        };
        let finding = Finding::new(at, Party::You, says);
        match &grant {
            Some(grant) => finding.differs(urn::JWT_BEARER, grant),
            None => finding.expected(urn::JWT_BEARER).got("nothing"),
        }
    })
}

/// JAG §9.8.1 uses it in an example.
const JWT_DPOP: &str = "urn:ietf:params:oauth:grant-type:jwt-dpop";
