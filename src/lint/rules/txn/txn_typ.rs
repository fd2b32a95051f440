//! A Transaction Token says that it is one.

use super::{TXN_FLOWS, token};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-TYP",
    title: "The Transaction Token’s typ is txntoken+jwt.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "TXN §9.1",
    revision: "TXN-09",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: token::STEPS,
    why: "The typ keeps an access token from being taken for a Transaction Token inside the trust domain.",
    cause: "The service signs with its generic JWT handler.",
    fix: "Have the Transaction Token Service set typ to txntoken+jwt.",
    leads_to: &["invalid_token", "401"],
    words: &["typ", "txntoken"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = token::of(subject) else {
        return Check::NotApplicable;
    };
    Check::must(
        typ(&record.token).as_deref() == Some("txntoken+jwt"),
        || {
            Finding::new(
                Pointer::Jose(record.name.clone(), "/typ".to_owned()),
                Party::Tts,
                "The Transaction Token does not say that it is one.",
            )
            .expected("txntoken+jwt")
            .got(shown(header(&record.token).0.get("typ")))
        },
    )
}
