//! A bound token says so inside and outside.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-CNF-TYPE",
    title: "token_type is DPoP exactly when the access token has cnf.jkt.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "RFC 9449 §5, §6.1",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["jwt-bearer", "exchange", "exchange-2", "exchange-3"],
    why: "token_type tells the client to send proofs, cnf tells the API to demand them. With one and not the other, \
          either the API refuses the token, or nobody checks the key.",
    cause: "DPoP is configured by half at the authorization server.",
    fix: "Have the authorization server bind the token and answer with token_type DPoP, or do neither.",
    leads_to: &["invalid_token", "invalid_dpop_proof", "401"],
    words: &["dpop", "cnf", "bound"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::access_token(subject) else {
        return Check::NotApplicable;
    };
    let Some(answer) = subject.granted() else {
        return Check::NotApplicable;
    };
    let Some(kind) = answer["token_type"].as_str() else {
        return Check::NotApplicable;
    };
    let says_dpop = kind.eq_ignore_ascii_case("dpop");
    let bound = bound_key(&record.token).is_some();
    Check::must(says_dpop == bound, || {
        if says_dpop {
            Finding::new(
                Pointer::Claim(record.name.clone(), "/cnf".to_owned()),
                subject.server(),
                "The answer calls the access token DPoP, and the token is bound to no key.",
            )
            .expected("cnf with jkt")
            .got(shown(claims(&record.token).0.get("cnf")))
        } else {
            Finding::new(
                Pointer::Json("/token_type".to_owned()),
                subject.server(),
                "The access token is bound to a key, and the answer does not call it DPoP.",
            )
            .expected("DPoP")
            .got(kind)
        }
    })
}
