//! A subject identifier is complete.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-SUBID",
    title: "The ID-JAG’s sub_id has a format, and with saml-nameid an issuer and a nameid.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §3.2.1; RFC 9493 §3",
    revision: "JAG-04",
    since: Revision(4),
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "sub_id names the user as the resource side knows them; without its parts nobody can look them up.",
    cause: "The mapping of the user is half configured at the IdP.",
    fix: "Complete the mapping at the IdP.",
    leads_to: &["invalid_grant"],
    words: &["sub_id", "nameid", "subject identifier"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let Some(identifier) = claims(&record.token).0.get("sub_id") else {
        return Check::NotApplicable;
    };
    let needed: &[&str] = if identifier["format"] == "saml-nameid" {
        &["format", "issuer", "nameid"]
    } else {
        &["format"]
    };
    let missing = needed
        .iter()
        .filter(|name| super::is_empty(identifier.get(name)));
    Check::of(
        missing
            .map(|name| {
                Finding::new(
                    Pointer::Claim(record.name.clone(), format!("/sub_id/{name}")),
                    Party::Idp,
                    format!("The ID-JAG’s sub_id has no {name}."),
                )
                .expected(*name)
                .got(shown(identifier.get(name)))
            })
            .collect(),
    )
}
