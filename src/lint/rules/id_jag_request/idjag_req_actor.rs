//! An actor token has a meaning that both sides know.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-ACTOR",
    title: "An actor_token is sent only where the IdP documents what it makes of it.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "JAG §4.3, §9.7",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The draft leaves actor_token to other profiles. An IdP that knows none ignores it, and the ID-JAG says \
          nothing of who acts.",
    cause: "The parameter was taken over from another kind of token exchange.",
    fix: "Check that the IdP documents the Actor Profile, and that the ID-JAG that comes has an act.",
    leads_to: &["invalid_request"],
    words: &["actor_token"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if subject.form("actor_token").is_none() {
        return Check::NotApplicable;
    }
    let Some(metadata) = subject.metadata(Party::Idp) else {
        return Check::NotYet("the IdP’s metadata is not known");
    };
    let profiles = metadata.list("authorization_grant_profiles_supported");
    let known = metadata.0.get("actor_profile_token_exchange").is_some()
        || profiles.is_some_and(|all| all.contains(&ACTOR_PROFILE));
    Check::must(known, || {
        let says = if subject.revision < Revision(3) {
            "The request has an actor_token, which drafts before -03 advise against."
        } else {
            "The request has an actor_token, and the IdP’s metadata names no profile that gives it a meaning."
        };
        Finding::new(Pointer::Form("actor_token".to_owned()), Party::You, says)
    })
}

/// AP §10.1.
const ACTOR_PROFILE: &str = "urn:ietf:params:oauth:grant-profile:actor-profile";
