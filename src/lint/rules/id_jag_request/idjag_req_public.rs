//! The client can prove who it is.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-PUBLIC",
    title: "The client that asks for an ID-JAG is confidential and authenticates.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "JAG §9.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "An ID-JAG carries the user’s access from one company to another without asking the user. Anybody can claim \
          to be a public client, so the draft is written for clients that prove themselves.",
    cause: "A native or browser application is registered without a key or a secret.",
    fix: "Register a key for the client and set agent.auth to private_key_jwt; a client that cannot keep one sends \
          the user to the resource authorization server instead.",
    leads_to: &["invalid_client", "unauthorized_client"],
    words: &["public client", "confidential"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if !super::asks(subject) {
        return Check::NotApplicable;
    }
    Check::must(subject.proves_itself(), || {
        Finding::new(
            Pointer::Form("client_id".to_owned()),
            Party::Client,
            "The client names itself and proves nothing: it asks for the ID-JAG as a public client.",
        )
        .expected("client_assertion, client_secret or HTTP Basic")
        .got("nothing of the kind")
    })
}
