//! An instance assertion says that it is one.

use super::{
    INSTANCE_FLOWS,
    assertion::{self, Assertion},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-TYP",
    title: "The instance assertion’s typ is client-instance+jwt.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "CIA §7.3, §8.8.1",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::STEPS,
    why: "The typ keeps another token of the same issuer from being taken for an assertion about an instance.",
    cause: "A workload token was passed through: a plain JWT-SVID is allowed only where the client registered its issuer \
          as SPIFFE.",
    fix: "Have the instance issuer mint the assertion with typ client-instance+jwt.",
    leads_to: &["invalid_request", "invalid_client"],
    words: &["typ", "client-instance"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = Assertion::of(subject) else {
        return Check::NotApplicable;
    };
    if typ(&assertion.token).as_deref() == Some("client-instance+jwt") {
        return Check::Pass;
    }
    match assertion::mode(subject, &assertion) {
        assertion::Mode::Spiffe => return Check::NotApplicable,
        assertion::Mode::Open => {
            return Check::NotYet(
                "whether a JWT-SVID may stand here, only the client’s metadata tells",
            );
        }
        assertion::Mode::Typed => {}
    }
    Check::Found(vec![
        Finding::new(
            Pointer::Jose(assertion.name.clone(), "/typ".to_owned()),
            Party::InstanceIssuer,
            "The instance assertion does not say that it is one.",
        )
        .expected("client-instance+jwt")
        .got(shown(header(&assertion.token).0.get("typ"))),
    ])
}
