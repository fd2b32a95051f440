//! The user stays the subject.

use super::{issued, waits};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-SUB-CHANGED",
    title: "Within one issuer, what an exchange issues has the sub of the subject token.",
    severity: Severity::Warning,
    kind: Kind::Safety,
    spec: "RFC 8693 §1.1; Actor Profile §6.5.2",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: &["delegation", "assertion-exchange", "actor-profile"],
    steps: &["exchange", "exchange-2", "exchange-3", "txn-token"],
    why: "A token about somebody else gives the wrong person’s rights, and the log names the wrong person.",
    cause: "The server put the actor into sub.",
    fix: "Have the server keep the user in sub and name the actor in act.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.granted().is_none() {
        return waits(subject);
    }
    let (Some(issued), Some(user)) = (issued(subject), subject.sent_token("subject_token")) else {
        return Check::NotApplicable;
    };
    let (came, was) = (claims(&issued.token), claims(&user));
    let (Some(now), Some(before)) = (came.text("sub"), was.text("sub")) else {
        return Check::NotYet("one of the two tokens shows no sub");
    };
    let actor = subject.sent_token("actor_token");
    let acts = actor.is_some_and(|actor| claims(&actor).text("sub") == Some(now));
    // Another issuer may know the same person by another name, only not by the actor's.
    let other = came.text("iss").is_none() || came.text("iss") != was.text("iss");
    if other && !acts {
        return Check::NotApplicable;
    }
    Check::must(now == before, || {
        let says = if acts {
            "The sub of what was issued is the actor, not the user."
        } else {
            "What was issued is about somebody else than the subject token."
        };
        Finding::new(
            Pointer::Claim(issued.name.clone(), "/sub".to_owned()),
            subject.server(),
            says,
        )
        .differs(before, now)
    })
}
