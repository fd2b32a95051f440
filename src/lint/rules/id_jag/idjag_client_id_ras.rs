//! The ID-JAG names the client by its id at the resource AS.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-CLIENT-ID-RAS",
    title: "The ID-JAG’s client_id is the client’s id at the resource authorization server.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §3.1, §4.4.1, §5",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The resource authorization server compares this claim with the client that authenticates there; an id that \
          only the IdP knows fits nobody.",
    cause: "The IdP wrote its own id of the client: the mapping of client ids is not configured.",
    fix: "Configure the client’s id at the resource authorization server at the IdP, or use one client metadata \
          document URL as the id at both.",
    leads_to: &["invalid_grant"],
    words: &["client_id", "client"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = subject.token(Artifact::IdJag) else {
        return Check::NotApplicable;
    };
    let Some(named) = claims(&record.token).text("client_id") else {
        return Check::NotApplicable;
    };
    let Some(there) = subject.text(fields::RESOURCE_AS_CLIENT_ID) else {
        return Check::NotYet("resource_as.client_id is empty");
    };
    Check::must(named == there, || {
        let says = if subject.client_id().as_deref() == Some(named) {
            "The ID-JAG names the client by its id at the IdP, which the resource authorization server does not know."
        } else {
            "The ID-JAG names another client than the one that will redeem it."
        };
        Finding::new(
            Pointer::Claim(record.name.clone(), "/client_id".to_owned()),
            Party::Idp,
            says,
        )
        .differs(there, named)
    })
}
