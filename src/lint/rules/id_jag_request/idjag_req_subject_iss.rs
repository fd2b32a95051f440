//! The ID Token is one of this IdP's own.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-SUBJECT-ISS",
    title: "The ID Token’s iss is the IdP that is asked.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.3.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "An IdP can vouch only for what it issued itself; it knows neither the keys nor the users of another issuer.",
    cause: "The ID Token is of another server of the same vendor, or the request went to the wrong one.",
    fix: "Ask the IdP that issued the ID Token, or sign in at the one that is asked.",
    leads_to: &["invalid_request", "invalid_grant"],
    words: &["issuer", "subject_token"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(token) = super::id_token(subject) else {
        return Check::NotApplicable;
    };
    let advertised = subject.advertised_issuer(Party::Idp);
    let Some(issuer) = advertised.or_else(|| subject.issuer(Party::Idp)) else {
        return Check::NotYet("the IdP’s issuer is not known");
    };
    // An ID Token without an iss is for IDT-ISS.
    let Some(named) = claims(&token).text("iss") else {
        return Check::NotApplicable;
    };
    Check::must(named == issuer, || {
        Finding::new(
            Pointer::Claim("subject-token".to_owned(), "/iss".to_owned()),
            Party::You,
            "The ID Token was issued by another server than the IdP that is asked.",
        )
        .differs(&issuer, named)
    })
}
