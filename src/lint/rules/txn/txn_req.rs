//! A request for a Transaction Token says all that it must.

use super::TXN_FLOWS;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-REQ",
    title: "The request has audience, scope, requested_token_type, subject_token and subject_token_type.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "TXN §11.1",
    revision: "TXN-09",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: &["txn-token"],
    why: "The service cannot tell without them what transaction it is, for which trust domain, and for whom.",
    cause: "scope is optional in other token exchanges and was left out.",
    fix: "Send all five parameters.",
    leads_to: &["invalid_request", "invalid_scope", "invalid_target"],
    words: &["audience", "scope", "subject_token", "requested_token_type"],
    check,
};

/// What a service of Transaction Tokens is asked for (TXN §11.1).
const TYPE: &str = "urn:ietf:params:oauth:token-type:txn_token";

const PARAMS: &[(&str, &str)] = &[
    ("audience", "the name of the trust domain"),
    ("scope", "the purpose of the transaction"),
    ("requested_token_type", TYPE),
    ("subject_token", "the token that speaks for the user"),
    ("subject_token_type", "the kind of the subject token"),
];

fn check(subject: &Subject<'_>) -> Check {
    if subject.http().is_none() {
        return Check::NotYet("there is no request yet");
    }
    let found = PARAMS
        .iter()
        .filter_map(|(name, what)| {
            let at = Pointer::Form((*name).to_owned());
            let value = subject.form(name);
            match value {
                None => Some(
                    Finding::new(at, Party::You, format!("The request has no {name}."))
                        .expected(*what)
                        .got("nothing"),
                ),
                Some(value) if *name == "requested_token_type" && value != TYPE => Some(
                    Finding::new(
                        at,
                        Party::You,
                        "The request asks for another kind of token.",
                    )
                    .differs(TYPE, &value),
                ),
                Some(_) => None,
            }
        })
        .collect();
    Check::of(found)
}
