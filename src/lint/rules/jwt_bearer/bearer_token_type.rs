//! An access token says how it is used.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-TOKEN-TYPE",
    title: "token_type is Bearer or DPoP.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §5.1, §7.1; RFC 9449 §5",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The client must not use a token whose type it does not know. N_A says that something is no access token at \
          all, and belongs to token exchange.",
    cause: "The handler of token exchanges answered the JWT bearer grant.",
    fix: "Have the resource authorization server answer with Bearer, or with DPoP when it bound the token.",
    leads_to: &["invalid_token"],
    words: &["token_type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(answer) = subject.granted() else {
        return Check::NotApplicable;
    };
    // An answer without one is for TOK-JSON.
    let Some(kind) = answer["token_type"].as_str() else {
        return Check::NotApplicable;
    };
    let known = ["bearer", "dpop"]
        .iter()
        .any(|known| kind.eq_ignore_ascii_case(known));
    Check::must(known, || {
        Finding::new(
            Pointer::Json("/token_type".to_owned()),
            subject.server(),
            "The access token is of a type that nobody can use.",
        )
        .expected("Bearer or DPoP")
        .got(kind)
    })
}
