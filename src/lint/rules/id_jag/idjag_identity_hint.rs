//! The ID-JAG helps to find the user.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-IDENTITY-HINT",
    title: "The ID-JAG has an email or an aud_sub.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "JAG §3.1",
    revision: "JAG-05",
    since: Revision(2),
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "The resource side seldom knows the IdP’s sub. It finds the user by email, or by its own id for them in \
          aud_sub.",
    cause: "The sign-in did not ask for the email scope, or the IdP leaves the claim out.",
    fix: "Have the IdP add email or aud_sub to ID-JAGs.",
    leads_to: &["invalid_grant"],
    words: &[
        "unknown user",
        "user not found",
        "no user",
        "email",
        "account",
    ],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let read = claims(&record.token).0;
    let has = |name: &str| !super::is_empty(read.get(name));
    Check::must(has("email") || has("aud_sub"), || {
        let asked = subject.text(fields::SSO_SCOPE).unwrap_or_default();
        let asked = asked.split(' ').any(|word| word == "email");
        let owner = if asked { Party::Idp } else { Party::You };
        let finding = Finding::new(
            Pointer::Claim(record.name.clone(), "/email".to_owned()),
            owner,
            "The ID-JAG has neither email nor aud_sub: the resource side may not find the user.",
        )
        .expected("email or aud_sub")
        .got("neither");
        // A subject identifier serves the same end, where the other side reads it.
        let finding = if has("sub_id") {
            finding.severity(Severity::Note)
        } else {
            finding
        };
        if asked {
            finding
        } else {
            finding.fix("Add email to sso.scope and sign in again.")
        }
    })
}
