//! A proof was sent, and the token is bound.

use super::proof;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-IGNORED",
    title: "An access token that was asked for with a DPoP proof comes as DPoP.",
    severity: Severity::Warning,
    kind: Kind::Safety,
    spec: "RFC 9449 §5",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "The token looks protected and is not: whoever has it can use it.",
    cause: "The server does not know DPoP, or does not for this client, and ignored the header.",
    fix: "Ask the server whether it does DPoP for this client; drop the token where the binding matters.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.http().and_then(proof::in_request).is_none() {
        return Check::NotApplicable;
    }
    if !subject.is_sent() {
        return Check::NotYet("no answer came");
    }
    let Some(granted) = subject.granted() else {
        return Check::NotApplicable;
    };
    // An ID-JAG or a Transaction Token is no access token and comes as N_A (RFC 8693 §2.2.1).
    let other = granted["issued_token_type"]
        .as_str()
        .is_some_and(|issued| issued != urn::ACCESS_TOKEN);
    let typed = granted["token_type"].as_str().unwrap_or_default();
    if other || typed.eq_ignore_ascii_case("n_a") {
        return Check::NotApplicable;
    }
    Check::must(typed.eq_ignore_ascii_case("dpop"), || {
        let finding = Finding::new(
            Pointer::Json("/token_type".to_owned()),
            subject.server(),
            "A DPoP proof was sent, and the access token that came is not bound to its key.",
        )
        .expected("DPoP")
        .got(shown(granted.get("token_type")));
        // RFC 9449 §5 leaves it to the client whether it takes such a token; the profile may have said no.
        if subject.text(fields::DPOP_MODE) == Some("required") {
            finding.severity(Severity::Error)
        } else {
            finding
        }
    })
}
