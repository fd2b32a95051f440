//! The answer comes from the server that was asked.

use crate::lint::prelude::*;
use crate::lint::subject::same_host;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-ISS-MISMATCH",
    title: "The iss in the answer is the IdP’s issuer, character by character.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "RFC 9207 §2.4",
    revision: "RFC 9207",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::AUTHORIZE,
    why: "An answer of another server may carry that server’s code, or bring this one’s code to it: the mix-up attack.",
    cause: "A trailing slash, another tenant’s issuer, or a mix-up of servers.",
    fix: "Drop the answer. If the two differ by a detail, use the IdP’s exact issuer in the profile and at the IdP.",
    leads_to: &[],
    words: &["iss", "issuer"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let answer = match super::answer(subject) {
        Ok(answer) => answer,
        Err(early) => return early,
    };
    let Some(came) = answer.iss else {
        return Check::NotApplicable;
    };
    let advertised = subject.advertised_issuer(Party::Idp);
    let Some(issuer) = advertised.clone().or_else(|| subject.issuer(Party::Idp)) else {
        return Check::NotYet("the IdP’s issuer is not known");
    };
    Check::must(came == issuer, || {
        let owner = match (same_host(&came, &issuer), &advertised) {
            // It contradicts its own metadata, or a string that somebody typed.
            (true, Some(_)) => Party::Idp,
            (true, None) => Party::You,
            (false, _) => Party::Unknown,
        };
        Finding::new(
            Pointer::Query("iss".to_owned()),
            owner,
            "The answer names another issuer than the IdP that was asked.",
        )
        .differs(&issuer, &came)
    })
}
