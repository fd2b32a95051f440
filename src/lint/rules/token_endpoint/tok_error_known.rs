//! An error code is one that a text defines.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-ERROR-KNOWN",
    title: "The error code of a refused token request is one that a text defines.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "RFC 6749 §5.2, §8.5",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "A client acts on the codes that it knows; one of the vendor’s own tells a person something, and a program \
          nothing.",
    cause: "The vendor has codes of its own, or wrote a known one in another way.",
    fix: "Look the code up in the vendor’s documentation; the description beside it usually says more.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.response().is_none() {
        return Check::NotYet("no answer came");
    }
    let Some(code) = subject.refusal().and_then(|refusal| refusal.error) else {
        return Check::NotApplicable;
    };
    Check::must(KNOWN.contains(&code.as_str()), || {
        let bare = |code: &str| -> String {
            let letters = code.chars().filter(char::is_ascii_alphanumeric);
            letters.collect::<String>().to_ascii_lowercase()
        };
        let finding =
            |says: String| Finding::new(Pointer::Json("/error".to_owned()), subject.server(), says);
        match KNOWN.iter().find(|known| bare(known) == bare(&code)) {
            Some(known) => finding(format!("The error code {code} is written in its own way."))
                .differs(known, &code)
                .fix(format!("Have the server spell it {known}.")),
            None => finding(format!(
                "The error code {code} is defined in no text that is known here."
            ))
            .got(code),
        }
    })
}

/// RFC 6749 §5.2 and what others added (FACTS §0.4); the last four are of the device grant (RFC 8628 §3.5).
const KNOWN: &[&str] = &[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "invalid_dpop_proof",
    "use_dpop_nonce",
    "insufficient_user_authentication",
    "actor_unauthorized",
    "use_attestation_challenge",
    "use_fresh_attestation",
    "invalid_client_attestation",
    "unsupported_token_type",
    "invalid_authorization_details",
    "authorization_pending",
    "slow_down",
    "access_denied",
    "expired_token",
];
