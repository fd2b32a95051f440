//! The answer can be told from a forged one.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-STATE-MISSING",
    title: "The authorization request carries state, or PKCE or a nonce stand in for it.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 6749 §4.1.1, §10.12; RFC 9700 §2.1",
    revision: "RFC 9700",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::AUTHORIZE,
    why: "Otherwise anybody can send the user’s browser here with a code of their own, and the user works in a \
          stranger’s account.",
    cause: "A minimal client, or the parameter was taken out by hand.",
    fix: "Send a state that is used once.",
    leads_to: &["invalid_request"],
    words: &["state"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let state = match super::asked(subject, "state") {
        Ok(state) => state,
        Err(early) => return early,
    };
    let has = |name: &str| subject.query(name).is_some();
    let openid = subject
        .query("scope")
        .is_some_and(|scope| scope.split(' ').any(|word| word == "openid"));
    let covered = has("code_challenge") || (openid && has("nonce"));
    Check::must(state.is_some() || covered, || {
        Finding::new(
            Pointer::Query("state".to_owned()),
            Party::You,
            "The authorization request has no state, and neither PKCE nor a nonce stand in for it.",
        )
        .expected("a state that is used once")
        .got("nothing")
    })
}
