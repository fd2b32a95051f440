//! A Transaction Token has all its claims.

use super::{TXN_FLOWS, token};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-CLAIMS",
    title: "The Transaction Token has iat, aud, exp, txn, sub, scope and req_wl.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "TXN §9.2",
    revision: "TXN-09",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: token::STEPS,
    why: "Every service in the trust domain decides by these claims; without txn the calls of one transaction cannot \
          be traced together.",
    cause: "The service follows an older draft, with purpose in place of scope and azd in place of tctx.",
    fix: "Upgrade the Transaction Token Service to the current draft.",
    leads_to: &["invalid_token", "401"],
    words: &["claim", "req_wl", "'txn'"],
    check,
};

/// Each claim, and what older drafts called it (FACTS §5.5).
const CLAIMS: &[(&str, &[&str])] = &[
    ("iat", &[]),
    ("aud", &[]),
    ("exp", &[]),
    ("txn", &[]),
    ("sub", &[]),
    ("scope", &["purpose"]),
    ("req_wl", &[]),
];

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = token::of(subject) else {
        return Check::NotApplicable;
    };
    let claims = claims(&record.token);
    if !claims.0.is_object() {
        return Check::NotYet("the Transaction Token cannot be read");
    }
    let found = CLAIMS
        .iter()
        .filter(|(name, _)| !has(claims, name))
        .map(|(name, before)| {
            let old = before.iter().find(|old| claims.0.get(old).is_some());
            let says = match (claims.0.get(name), old) {
                (Some(_), _) => format!("The Transaction Token’s {name} has another form."),
                (None, Some(old)) => format!(
                    "The Transaction Token has no {name}, but {old}, as an older draft called it."
                ),
                (None, None) => format!("The Transaction Token has no {name}."),
            };
            Finding::new(
                Pointer::Claim(record.name.clone(), format!("/{name}")),
                Party::Tts,
                says,
            )
            .expected(match *name {
                "iat" | "exp" => "seconds since 1970, as a number",
                "aud" => "the trust domain",
                _ => "a text",
            })
            .got(old.map_or_else(|| shown(claims.0.get(name)), |old| (*old).to_owned()))
        })
        .collect();
    Check::of(found)
}

fn has(claims: Claims<'_>, name: &str) -> bool {
    match name {
        "iat" | "exp" => claims.time(name).is_some(),
        "aud" => !claims.list(name).is_empty(),
        _ => claims.text(name).is_some_and(|text| !text.is_empty()),
    }
}
