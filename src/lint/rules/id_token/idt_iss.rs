//! The ID Token is of the IdP that was asked.

use crate::lint::prelude::*;
use crate::lint::subject::same_host;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDT-ISS",
    title: "The ID Token’s iss is the IdP’s issuer, character by character.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "OIDC §3.1.3.7 (2)",
    revision: "OIDC Core",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::SIGN_IN,
    why: "The iss says whose word about the user this is; everything else in the token is worth only as much.",
    cause: "A trailing slash, another tenant, or an organisation’s server in place of a custom one.",
    fix: "Use the issuer that the IdP’s metadata prints, in the profile and at the IdP.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["iss", "issuer"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let record = match super::id_token(subject) {
        Ok(record) => record,
        Err(early) => return early,
    };

    let advertised = subject.advertised_issuer(Party::Idp);
    let Some(issuer) = advertised.clone().or_else(|| subject.issuer(Party::Idp)) else {
        return Check::NotYet("the IdP’s issuer is not known");
    };
    let claims = claims(&record.token);
    let at = Pointer::Claim(record.name.clone(), "/iss".to_owned());
    let Some(iss) = claims.text("iss") else {
        return Check::Found(vec![
            Finding::new(at, Party::Idp, "The ID Token does not say who issued it.")
                .expected(issuer)
                .got(shown(claims.0.get("iss"))),
        ]);
    };
    Check::must(iss == issuer, || {
        // Nothing of the IdP's own contradicts the token, so the string that was typed is the likelier fault.
        let owner = if advertised.is_none() && same_host(iss, &issuer) {
            Party::You
        } else {
            Party::Idp
        };
        Finding::new(
            at,
            owner,
            "The ID Token is of another issuer than the IdP’s.",
        )
        .differs(&issuer, iss)
    })
}
