//! A Transaction Token carries its context.

use super::{TXN_FLOWS, token};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-CONTEXT",
    title: "The Transaction Token has tctx and rctx, both objects.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "TXN §9.2, §9.2.2, §9.2.3",
    revision: "TXN-09",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: token::STEPS,
    why: "Services decide by what the transaction is about and where it came from, not by the scope alone.",
    cause: "The request sent no request_context and no request_details.",
    fix: "Send request_context and request_details with the request.",
    leads_to: &[],
    words: &["tctx", "rctx", "context"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = token::of(subject) else {
        return Check::NotApplicable;
    };
    let claims = claims(&record.token);
    if !claims.0.is_object() {
        return Check::NotYet("the Transaction Token cannot be read");
    }
    let found = [("tctx", "request_details"), ("rctx", "request_context")]
        .into_iter()
        .filter(|(name, _)| !claims.0.get(name).is_some_and(serde_json::Value::is_object))
        .map(|(name, param)| {
            // What was never sent cannot come back.
            let ours = subject.http().is_some() && subject.form(param).is_none();
            let (owner, says) = match claims.0.get(name) {
                Some(_) => (
                    Party::Tts,
                    format!("The Transaction Token’s {name} is not an object."),
                ),
                None if ours => (
                    Party::You,
                    format!("The Transaction Token has no {name}, for the request had no {param}."),
                ),
                None => (Party::Tts, format!("The Transaction Token has no {name}.")),
            };
            Finding::new(
                Pointer::Claim(record.name.clone(), format!("/{name}")),
                owner,
                says,
            )
            .expected("an object")
            .got(shown(claims.0.get(name)))
        })
        .collect();
    Check::of(found)
}
