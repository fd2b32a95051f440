//! A client assertion is short-lived.

use super::{NAME, assertion, sent_at};
use crate::{lint::prelude::*, protocol::time::Lifetime};

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-LIFETIME",
    title: "The client assertion lasts five minutes at most.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "RFC 7523 §3 (4)",
    revision: "RFC 7523",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "A copy of a long-lived assertion is as good as the client’s key for as long; servers may refuse an end \
          that lies far ahead. The figure is ours.",
    cause: "A library lets assertions last an hour by default.",
    fix: "Let the assertion end a minute or two after it is signed.",
    leads_to: &["invalid_client"],
    words: &["lifetime", "too long", "far in the future"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    let claims = claims(&token);
    let Some(end) = claims.time("exp") else {
        return Check::NotApplicable;
    };
    let start = claims.time("iat").unwrap_or_else(|| sent_at(subject));
    let life = end.since(start);
    Check::must(life <= LONGEST, || {
        Finding::new(
            Pointer::Claim(NAME.to_owned(), "/exp".to_owned()),
            Party::You,
            format!("The client assertion lasts {life}."),
        )
        .expected(format!("{LONGEST} at most"))
        .got(life.to_string())
    })
}

/// Five minutes; the figure is ours.
const LONGEST: Lifetime = Lifetime(300_000);
