//! A token that is off by less than a minute is off by a clock.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "JWT-SKEW",
    title: "The times of a token fit this machine’s clock without the minute that is usually allowed.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "RFC 7519 §4.1.4, §4.1.5",
    revision: "RFC 7519",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "A receiver that allows for no difference of clocks refuses the token now; one that allows a minute takes it.",
    cause: "Two clocks drifted apart.",
    fix: "Set the clocks by the network, or send the step again.",
    leads_to: &["invalid_grant", "invalid_client"],
    words: &["expired", "not yet valid", "future", "clock", "iat", "nbf"],
    check,
};

/// Seconds that receivers usually forgive.
const SKEW: i64 = 60;

fn check(subject: &Subject<'_>) -> Check {
    let now = subject.now;
    let mut found = Vec::new();
    let mut looked = false;
    for seen in super::jwts(subject) {
        let claims = claims(&seen.token);
        for name in ["exp", "iat", "nbf"] {
            let Some(time) = claims.time(name) else {
                continue;
            };
            looked = true;
            let off = if name == "exp" {
                time <= now && now < time.plus_secs(SKEW)
            } else {
                time > now && time <= now.plus_secs(SKEW)
            };
            if off {
                let says = match name {
                    "exp" => {
                        "The token ended less than a minute ago: some receivers still take it."
                    }
                    "iat" => "The token was issued in the future, by less than a minute.",
                    _ => "The token is not good yet, by less than a minute.",
                };
                found.push(
                    Finding::new(
                        Pointer::Claim(seen.name.clone(), format!("/{name}")),
                        Party::Unknown,
                        says,
                    )
                    .expected(format!("by this machine’s clock it is {now}"))
                    .got(time.in_words(now)),
                );
            }
        }
    }
    if looked {
        Check::of(found)
    } else {
        Check::NotApplicable
    }
}
