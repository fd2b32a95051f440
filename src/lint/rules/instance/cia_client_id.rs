//! The assertion is for the client that presents it.

use super::{
    INSTANCE_FLOWS,
    assertion::{self},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-CLIENT-ID",
    title: "The assertion’s client_id is the client that authenticates, and the client_id of the form.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "CIA §7.2, §8.2, §8.3.1",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::REQUESTS,
    why: "An instance of one client must not act as an instance of another.",
    cause: "The issuer serves several clients and wrote the id of another one.",
    fix: "Have the assertion minted for the client that authenticates here.",
    leads_to: &["invalid_grant", "invalid_client"],
    words: &["client_id"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = assertion::presented(subject) else {
        return Check::NotApplicable;
    };
    let Some(named) = claims(&assertion.token).text("client_id") else {
        // CIA-CLAIMS speaks of that.
        return Check::NotApplicable;
    };
    let Some(client) = subject.client_id() else {
        return Check::NotYet("which client the request speaks for is not known");
    };
    if named != client {
        return Check::Found(vec![
            Finding::new(
                assertion.claim("/client_id"),
                Party::InstanceIssuer,
                "The instance assertion is for another client than the one that authenticates.",
            )
            .differs(&client, named),
        ]);
    }
    match subject.form("client_id").filter(|form| form != named) {
        None => Check::Pass,
        Some(form) => Check::Found(vec![
            Finding::new(
                Pointer::Form("client_id".to_owned()),
                Party::You,
                "The form names another client than the instance assertion and the authentication.",
            )
            .differs(named, &form),
        ]),
    }
}
