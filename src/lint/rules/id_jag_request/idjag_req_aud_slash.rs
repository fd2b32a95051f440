//! The audience is the issuer, to the last slash.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-AUD-SLASH",
    title: "The audience equals the issuer in the resource authorization server’s metadata, to the last slash.",
    severity: Severity::Warning,
    kind: Kind::Must,
    spec: "JAG §4.4.1; RFC 8414 §3.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The audience becomes the aud of the ID-JAG, and the resource authorization server compares that with its \
          issuer character by character.",
    cause: "The issuer was typed by hand: some servers (Auth0) end theirs with a slash, most do not.",
    fix: "Copy the issuer out of the resource authorization server’s metadata exactly.",
    leads_to: &["invalid_target", "invalid_grant", "invalid_request"],
    words: &["audience", "aud", "target"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(audience) = subject.form("audience") else {
        return Check::NotApplicable;
    };
    let advertised = subject.advertised_issuer(Party::ResourceAs);
    let Some(issuer) = advertised.or_else(|| auth0(subject, &audience)) else {
        return Check::NotYet("the resource authorization server’s metadata is not known");
    };
    if audience.trim_end_matches('/') != issuer.trim_end_matches('/') {
        // Another string altogether is for IDJAG-REQ-AUD-KIND.
        return Check::NotApplicable;
    }
    Check::must(audience == issuer, || {
        Finding::new(
            Pointer::Form("audience".to_owned()),
            Party::You,
            "The audience differs from the resource authorization server’s issuer by its last slash.",
        )
        .differs(&issuer, &audience)
        .fix(format!("Set agent.audience to {issuer}."))
    })
}

/// Returns the issuer behind an audience at Auth0, whose issuers end with a slash (FACTS §4.2).
fn auth0(subject: &Subject<'_>, audience: &str) -> Option<String> {
    let address = audience.starts_with("https://") || audience.starts_with("http://");
    (address && subject.text(fields::RESOURCE_AS_VENDOR) == Some("auth0"))
        .then(|| format!("{}/", audience.trim_end_matches('/')))
}
