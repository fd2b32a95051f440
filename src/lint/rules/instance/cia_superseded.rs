//! The draft of instance assertions has been withdrawn.

use super::{
    INSTANCE_FLOWS,
    assertion::{self},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-SUPERSEDED",
    title: "The walk was told once that the draft of instance assertions has been withdrawn.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "CIA §4.1; a copy headed -02 says that the draft is superseded",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::REQUESTS,
    why: "Its authors replaced it by a client instance id inside a client attestation, by client attesters and by the \
          actor profile: new servers will not follow it.",
    cause: "The flow follows the draft as it was published in May and June 2026.",
    fix: "Keep it for servers that have it; plan for draft-mcguinness-oauth-client-instance-id.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = assertion::presented(subject) else {
        return Check::NotApplicable;
    };
    let told = subject
        .past
        .iter()
        .filter_map(|past| main(past.made))
        .any(|exchange| {
            let form = exchange.request.http().form();
            form.is_some_and(|form| form.get(assertion.param).is_some())
        });
    Check::must(told, || {
        Finding::new(
            Pointer::Form(assertion.param.to_owned()),
            Party::You,
            "The draft of client instance assertions has been withdrawn in favour of others.",
        )
    })
}
