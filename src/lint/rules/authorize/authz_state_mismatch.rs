//! The answer belongs to this sign-in.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-STATE-MISMATCH",
    title: "The state that comes back is the state that was sent.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "RFC 6749 §4.1.2, §10.12",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::AUTHORIZE,
    why: "An answer with another state belongs to another sign-in, or somebody else made it: its code may sign in \
          somebody else.",
    cause: "An older browser tab, a proxy that rewrites the address, or an attack.",
    fix: "Drop the answer and send the user through the sign-in again.",
    leads_to: &[],
    words: &["state"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(sent) = subject.query("state") else {
        return Check::NotApplicable;
    };
    let answer = match super::answer(subject) {
        Ok(answer) => answer,
        Err(early) => return early,
    };
    let at = Pointer::Query("state".to_owned());
    Check::must(answer.state.as_ref() == Some(&sent), || {
        match &answer.state {
            Some(came) => Finding::new(
                at,
                Party::User,
                "The answer carries another state than the one that was sent: it belongs to \
                 another sign-in.",
            )
            .differs(&sent, came),
            None => Finding::new(
                at,
                Party::Idp,
                "The answer carries no state, though one was sent.",
            )
            .expected(sent)
            .got("nothing"),
        }
    })
}
