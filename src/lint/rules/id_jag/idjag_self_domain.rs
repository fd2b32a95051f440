//! An ID-JAG leads from one server to another.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-SELF-DOMAIN",
    title: "The IdP and the resource authorization server have different issuers.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §9.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "An ID-JAG crosses from one trust domain to another. Within one domain an ordinary token exchange does the \
          work, and a server that takes its own ID-JAGs lets a client help itself.",
    cause: "One server plays both parts, or the IdP’s issuer was written where the other one belongs.",
    fix: "Give the resource authorization server an issuer of its own, and set resource_as.issuer to it; at Okta that \
          is a custom authorization server.",
    leads_to: &["invalid_target", "invalid_grant", "invalid_request"],
    words: &["audience", "issuer"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    const SAYS: &str = "The ID-JAG goes back to its own issuer.";
    if let Some(record) = super::grant(subject) {
        let read = claims(&record.token);
        let Some(issuer) = read.text("iss") else {
            return Check::NotApplicable;
        };
        return Check::must(!read.list("aud").contains(&issuer), || {
            let copied = subject.form("audience").as_deref() == Some(issuer);
            Finding::new(
                Pointer::Claim(record.name.clone(), "/aud".to_owned()),
                if copied { Party::You } else { Party::Idp },
                SAYS,
            )
            .expected("another issuer than iss")
            .got(issuer)
        });
    }
    let Some(audience) = subject.form("audience") else {
        return Check::NotApplicable;
    };
    let Some(issuer) = subject.issuer(Party::Idp) else {
        return Check::NotYet("the IdP’s issuer is not known");
    };
    Check::must(audience != issuer, || {
        Finding::new(Pointer::Form("audience".to_owned()), Party::You, SAYS)
            .expected("another issuer than the IdP’s")
            .got(audience.clone())
    })
}
