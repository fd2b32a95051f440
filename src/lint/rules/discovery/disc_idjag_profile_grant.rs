//! A server that takes ID-JAGs has the grant that they come in.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-IDJAG-PROFILE-GRANT",
    title: "A server that lists the ID-JAG grant profile lists the JWT bearer grant, too.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §7.2",
    revision: "JAG-05",
    since: Revision(3),
    flows: JAG_FLOWS,
    steps: &["discover-resource-as"],
    why: "An ID-JAG is redeemed with the JWT bearer grant. A server that promises the one and not the other contradicts \
          itself, and clients that read either will differ.",
    cause: "The metadata was written by hand.",
    fix: "Add the JWT bearer grant to grant_types_supported, and check that the grant is really switched on.",
    leads_to: &["unsupported_grant_type", "unauthorized_client"],
    words: &["grant_type", "grant type"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(metadata) = subject.granted() else {
        return Check::NotYet("no metadata came");
    };
    let list = |member: &str| metadata[member].as_array();
    if !list(super::PROFILES).is_some_and(|list| list.iter().any(|one| one == urn::ID_JAG_PROFILE))
    {
        return Check::NotApplicable;
    }
    // Absent, it means authorization_code and implicit (RFC 8414 §2), so the grant is not there either.
    let grants = list("grant_types_supported");
    let has = grants.is_some_and(|list| list.iter().any(|one| one == urn::JWT_BEARER));
    Check::must(has, || {
        Finding::new(
            Pointer::Json("/grant_types_supported".to_owned()),
            Party::ResourceAs,
            "The resource authorization server lists the ID-JAG grant profile but not the \
             grant that ID-JAGs come in.",
        )
        .expected(urn::JWT_BEARER)
        .got(shown(metadata.get("grant_types_supported")))
    })
}
