//! An IdP with tenants names the tenant.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-TENANT",
    title: "The ID-JAG has the tenant that the IdP’s ID Token names.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §6.1, §6.3",
    revision: "JAG-05",
    since: Revision(1),
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "Where one issuer serves many companies, the same sub may be somebody else in each. An ID Token with a \
          tenant shows that this IdP is such a one.",
    cause: "The claim is configured for ID Tokens and not for ID-JAGs.",
    fix: "Have the IdP add the tenant claim to the ID-JAG.",
    leads_to: &["invalid_grant"],
    words: &["tenant"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    // Whether parties have tenants, nobody publishes; an ID Token that names one is the only evidence.
    let identity = super::identity(subject);
    let Some(tenant) = identity
        .as_ref()
        .and_then(|token| claims(token).text("tenant"))
    else {
        return Check::NotApplicable;
    };
    let named = claims(&record.token).text("tenant");
    Check::must(named == Some(tenant), || {
        let at = Pointer::Claim(record.name.clone(), "/tenant".to_owned());
        match named {
            Some(named) => Finding::new(
                at,
                Party::Idp,
                "The ID-JAG names another tenant than the ID Token.",
            )
            .differs(tenant, named),
            None => Finding::new(
                at,
                Party::Idp,
                "The IdP’s ID Token names a tenant, and the ID-JAG does not.",
            )
            .expected(tenant)
            .got(shown(claims(&record.token).0.get("tenant"))),
        }
    })
}
