//! The ID-JAG is about the user who signed in.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-SUB-CHANGE",
    title: "The ID-JAG’s sub is the sub of the ID Token.",
    severity: Severity::Note,
    kind: Kind::Safety,
    spec: "JAG §3.1, §6.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "An IdP may name a user differently to each audience. Then the resource side must know that name; and a name \
          that nobody expected deserves a look.",
    cause: "The IdP uses pairwise identifiers, or maps the user for this audience.",
    fix: "Check that the resource side knows the user by this sub.",
    leads_to: &["invalid_grant"],
    words: &["unknown user", "user not found", "no user"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let identity = super::identity(subject);
    let signed_in = identity
        .as_ref()
        .and_then(|token| claims(token).text("sub"));
    let (Some(signed_in), Some(named)) = (signed_in, claims(&record.token).text("sub")) else {
        return Check::NotApplicable;
    };
    Check::must(signed_in == named, || {
        Finding::new(
            Pointer::Claim(record.name.clone(), "/sub".to_owned()),
            Party::Idp,
            "The ID-JAG names the user by another sub than the ID Token.",
        )
        .differs(signed_in, named)
        .severity(if only_public(subject) {
            Severity::Warning
        } else {
            Severity::Note
        })
    })
}

/// Tells whether the IdP says that it has one name for a user and no others (OIDC Core §8): then another name is another
/// user.
fn only_public(subject: &Subject<'_>) -> bool {
    let metadata = subject.metadata(Party::Idp);
    let types = metadata
        .as_ref()
        .and_then(|metadata| metadata.list("subject_types_supported"));
    types.is_some_and(|types| types == ["public"])
}
