//! The code challenge is a hash.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-PKCE-PLAIN",
    title: "The method of the code challenge is S256.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 9700 §2.1.1; RFC 7636 §4.2, §4.3",
    revision: "RFC 9700",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::AUTHORIZE,
    why: "With plain, the challenge is the verifier itself: who sees the address of the sign-in can redeem the code. A \
          method that is left out means plain.",
    cause: "The parameter code_challenge_method was forgotten.",
    fix: "Send code_challenge_method=S256, and the SHA-256 of the verifier as the challenge.",
    leads_to: &["invalid_request", "invalid_grant"],
    words: &["code_challenge_method", "transform", "plain"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    match super::asked(subject, "code_challenge") {
        Ok(Some(_)) => {}
        Ok(None) => return Check::NotApplicable,
        Err(early) => return early,
    }
    let method = subject.query("code_challenge_method");
    Check::must(method.as_deref() == Some("S256"), || {
        let says = match &method {
            Some(_) => "The code challenge is not made with S256.",
            None => "The method of the code challenge is left out, which means plain.",
        };
        Finding::new(
            Pointer::Query("code_challenge_method".to_owned()),
            Party::You,
            says,
        )
        .expected("S256")
        .got(method.unwrap_or_else(|| "nothing".to_owned()))
    })
}
