//! The request says whom the ID-JAG is for.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-AUDIENCE",
    title: "The request has an audience.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The audience tells the IdP which resource authorization server the ID-JAG shall be made out to; without it \
          there is nothing to apply a policy to.",
    cause: "Only resource is sent, as the earliest drafts had it.",
    fix: "Send audience with the issuer of the resource authorization server; agent.audience takes it from \
          resource_as.issuer.",
    leads_to: &["invalid_request", "invalid_target"],
    words: &["audience"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if !super::asks(subject) {
        return Check::NotApplicable;
    }
    Check::must(subject.form("audience").is_some(), || {
        let issuer = subject.issuer(Party::ResourceAs);
        Finding::new(
            Pointer::Form("audience".to_owned()),
            Party::You,
            "The request does not say for which resource authorization server the ID-JAG shall be.",
        )
        .expected(issuer.unwrap_or_else(|| "the issuer of the resource AS".to_owned()))
        .got("nothing")
    })
}
