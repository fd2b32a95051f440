//! The ID Token is still good.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDT-EXP",
    title: "The ID Token has an exp, and it has not passed.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "OIDC §2, §3.1.3.7 (9)",
    revision: "OIDC Core",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::SIGN_IN,
    why: "An ID Token that has ended proves nothing any more, and an IdP that is asked to exchange it refuses.",
    cause: "The ID Token was kept from an earlier run, or a clock is wrong.",
    fix: "Renew the sign-in or sign in again; if the token is fresh, set the clock.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["expired", "exp", "lifetime"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let record = match super::id_token(subject) {
        Ok(record) => record,
        Err(early) => return early,
    };

    let claims = claims(&record.token);
    let owner = if subject.request.is_none() {
        Party::You
    } else {
        Party::Idp
    };
    let at = Pointer::Claim(record.name.clone(), "/exp".to_owned());
    match (claims.time("exp"), claims.0.get("exp")) {
        // A minute is what two clocks may differ by.
        (Some(exp), _) => Check::must(exp.plus_secs(SKEW) > subject.now, || {
            Finding::new(at, owner, "The ID Token has expired.")
                .expected(format!("later than {}", subject.now))
                .got(exp.in_words(subject.now))
        }),
        (None, Some(_)) => Check::NotYet("exp is no number"),
        (None, None) => Check::Found(vec![
            Finding::new(at, Party::Idp, "The ID Token does not say when it ends.")
                .expected("a time")
                .got("nothing"),
        ]),
    }
}

/// Seconds that two clocks may differ by.
const SKEW: i64 = 60;
