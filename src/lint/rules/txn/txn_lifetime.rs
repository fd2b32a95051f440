//! A Transaction Token lives for minutes.

use super::{TXN_FLOWS, token};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-LIFETIME",
    title: "The Transaction Token lives for five minutes at most.",
    severity: Severity::Note,
    kind: Kind::Should,
    spec: "TXN §6",
    revision: "TXN-09",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: token::STEPS,
    why: "It is good for one transaction; the text asks for minutes, and the figure of five is ours.",
    cause: "The service gives it the life of an access token.",
    fix: "Have the Transaction Token Service give it the life of a transaction.",
    leads_to: &[],
    words: &["lifetime"],
    check,
};

const MOST: i64 = 300;

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = token::of(subject) else {
        return Check::NotApplicable;
    };
    let claims = claims(&record.token);
    let (Some(iat), Some(exp)) = (claims.time("iat"), claims.time("exp")) else {
        // TXN-CLAIMS speaks of that.
        return Check::NotApplicable;
    };
    let life = exp.since(iat);
    Check::must(life.0 <= MOST * 1000, || {
        Finding::new(
            Pointer::Claim(record.name.clone(), "/exp".to_owned()),
            Party::Tts,
            format!("The Transaction Token lives for {life}."),
        )
        .expected("5 min at most")
        .got(life.to_string())
    })
}
