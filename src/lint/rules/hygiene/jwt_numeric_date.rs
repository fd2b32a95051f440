//! Times are numbers of seconds.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "JWT-NUMERIC-DATE",
    title: "The times in a token are numbers, in seconds since 1970.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7519 §2, §4.1",
    revision: "RFC 7519",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "A time as a text cannot be compared, and one in milliseconds lies thousands of years ahead: such a token \
          never ends.",
    cause: "Date.now() of JavaScript gives milliseconds, or a date was written as text.",
    fix: "Write whole seconds as a number: milliseconds divided by 1000.",
    leads_to: &[
        "invalid_grant",
        "invalid_client",
        "invalid_request",
        "invalid_token",
    ],
    words: &["exp", "iat", "nbf", "numericdate", "claim"],
    check,
};

/// From here on it is milliseconds; as seconds it would be the year 33658.
const TOO_MANY: f64 = 1e12;

fn check(subject: &Subject<'_>) -> Check {
    let mut found = Vec::new();
    let mut looked = false;
    for seen in super::jwts(subject) {
        for name in ["exp", "iat", "nbf", "auth_time"] {
            let Some(value) = claims(&seen.token).0.get(name) else {
                continue;
            };
            looked = true;
            let finding = |says: String| {
                Finding::new(
                    Pointer::Claim(seen.name.clone(), format!("/{name}")),
                    seen.maker,
                    says,
                )
                .got(shown(Some(value)))
            };
            match value.as_f64() {
                None => found
                    .push(finding(format!("{name} is no number.")).expected("a number of seconds")),
                Some(number) if number >= TOO_MANY => found.push(
                    finding(format!("{name} is in milliseconds."))
                        .expected(format!("{:.0}", number / 1000.0)),
                ),
                Some(_) => {}
            }
        }
    }
    if looked {
        Check::of(found)
    } else {
        Check::NotApplicable
    }
}
