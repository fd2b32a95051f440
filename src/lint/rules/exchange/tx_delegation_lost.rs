//! Who acts for somebody is named in the result.

use super::{issued, waits};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TX-DELEGATION-LOST",
    title: "Where an actor token was sent, what was issued has act.",
    severity: Severity::Warning,
    kind: Kind::Safety,
    spec: "RFC 8693 §1.1, §4.1; Actor Profile §3.6.3.3, §6.5.2",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::EXCHANGE,
    why: "Without act the token says that the user acts in person: nobody downstream can see or limit the agent.",
    cause: "The server ignored the actor token.",
    fix: "Have the server support delegation; do not use the token where the actor matters.",
    leads_to: &["actor_unauthorized"],
    words: &["act", "actor", "delegation"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    if !subject.fills("actor_token") {
        return Check::NotApplicable;
    }
    if subject.granted().is_none() {
        return waits(subject);
    }
    let Some(issued) = issued(subject) else {
        return Check::NotYet("no token came that could be looked at");
    };
    if issued.token.claims.json.is_none() {
        return Check::NotYet("the token that came cannot be read");
    }
    let act = claims(&issued.token).0.get("act");
    // What is there in another form than an object is for ACT-OBJECT.
    Check::must(act.is_some_and(|act| !act.is_null()), || {
        let finding = Finding::new(
            Pointer::Claim(issued.name.clone(), "/act".to_owned()),
            subject.server(),
            "An actor token was sent, and what was issued names no actor.",
        )
        .expected("act with the actor’s sub")
        .got(shown(act));
        if has_actor_profile(subject) {
            finding.severity(Severity::Error)
        } else {
            finding
        }
    })
}

/// Tells whether the walk or the server's metadata speaks of the Actor Profile, under which act is a must.
fn has_actor_profile(subject: &Subject<'_>) -> bool {
    let metadata = subject.metadata(subject.server());
    let profiles = metadata
        .as_ref()
        .and_then(|metadata| metadata.list("authorization_grant_profiles_supported"));
    subject.flow == "actor-profile"
        || profiles.is_some_and(|profiles| profiles.contains(&ACTOR_PROFILE))
}

/// Actor Profile §10.1.
const ACTOR_PROFILE: &str = "urn:ietf:params:oauth:grant-profile:actor-profile";
