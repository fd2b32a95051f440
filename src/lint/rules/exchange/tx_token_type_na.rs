//! What is no access token has no way of use.

use super::{TXN_TOKEN, waits};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-TOKEN-TYPE-NA",
    title: "token_type is N_A where what was issued is no access token.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8693 §2.2.1; JAG §4.3.4; Transaction Tokens §11.4",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "token_type tells how a token is shown to an API. A grant shown as Bearer would be handed to an API that \
          has no business with it.",
    cause: "The server prints Bearer into every answer.",
    fix: "Have the server answer N_A; a client goes by issued_token_type.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(answer) = subject.granted() else {
        return waits(subject);
    };
    let Some(issued) = answer["issued_token_type"].as_str() else {
        return Check::NotYet("the answer does not say what kind of token was issued");
    };
    // A JWT of no further kind may well be an access token.
    if !NO_ACCESS_TOKENS.contains(&issued) {
        return Check::NotApplicable;
    }
    let kind = answer["token_type"].as_str();
    Check::must(
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("N_A")),
        || {
            Finding::new(
                Pointer::Json("/token_type".to_owned()),
                subject.server(),
                "What was issued is no access token, and the answer says how to use it as one.",
            )
            .expected("N_A")
            .got(shown(answer.get("token_type")))
        },
    )
}

/// Token types that are shown to no API (RFC 8693 §3, JAG §4.3, Transaction Tokens §11.1).
const NO_ACCESS_TOKENS: &[&str] = &[
    urn::ID_JAG,
    urn::REFRESH_TOKEN,
    urn::ID_TOKEN,
    urn::SAML2,
    "urn:ietf:params:oauth:token-type:saml1",
    TXN_TOKEN,
];
