//! The resource authorization server says that it takes ID-JAGs.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-IDJAG-PROFILE",
    title: "The resource authorization server lists the ID-JAG among its grant profiles.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "JAG §7.2",
    revision: "JAG-05",
    since: Revision(3),
    flows: JAG_FLOWS,
    steps: &["discover-resource-as"],
    why: "The profile is how a server tells that its JWT bearer grant means ID-JAGs and not some other assertion.",
    cause: "The feature is switched off, or the server is older than draft -03.",
    fix: "Switch the feature on, and publish the ID-JAG in authorization_grant_profiles_supported. Where the server has \
          no such member at all, go by its documentation.",
    leads_to: &[
        "unsupported_grant_type",
        "unauthorized_client",
        "invalid_grant",
    ],
    words: &["grant profile", "grant_type", "not supported"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(metadata) = subject.granted() else {
        return Check::NotYet("no metadata came");
    };
    let says = |says: &str| {
        Finding::new(
            Pointer::Json(format!("/{}", super::PROFILES)),
            Party::ResourceAs,
            says,
        )
        .expected(urn::ID_JAG_PROFILE)
        .got(shown(metadata.get(super::PROFILES)))
    };
    match metadata[super::PROFILES].as_array() {
        Some(profiles) => Check::must(
            profiles.iter().any(|one| one == urn::ID_JAG_PROFILE),
            || {
                says(
                    "The resource authorization server lists its grant profiles, and the \
                     ID-JAG is not there.",
                )
            },
        ),
        // A member of draft -03: servers without it may take ID-JAGs all the same.
        None => Check::Found(vec![
            says("The resource authorization server does not say whether it takes ID-JAGs.")
                .severity(Severity::Note),
        ]),
    }
}
