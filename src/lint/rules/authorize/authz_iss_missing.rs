//! A server that promises iss sends it.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-ISS-MISSING",
    title: "The answer carries iss, where the IdP’s metadata promises it.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "RFC 9207 §2.4, §3",
    revision: "RFC 9207",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::AUTHORIZE,
    why: "The name of the server in the answer is what keeps a client of several servers from sending one server’s code \
          to another.",
    cause: "A proxy strips the parameter, or another server answered.",
    fix: "Drop the answer; have the IdP send iss in every authorization response, errors included, or stop promising \
          it.",
    leads_to: &[],
    words: &["iss"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(metadata) = subject.metadata(Party::Idp) else {
        return Check::NotYet("the IdP’s metadata is not known");
    };
    if metadata.flag("authorization_response_iss_parameter_supported") != Some(true) {
        return Check::NotApplicable;
    }
    let answer = match super::answer(subject) {
        Ok(answer) => answer,
        Err(early) => return early,
    };
    Check::must(answer.iss.is_some(), || {
        Finding::new(
            Pointer::Query("iss".to_owned()),
            Party::Idp,
            "The IdP’s metadata promises iss in the answer, and it is not there.",
        )
        .expected(metadata.text("issuer").unwrap_or("the IdP’s issuer"))
        .got("nothing")
    })
}
