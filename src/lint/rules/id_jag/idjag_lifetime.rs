//! An ID-JAG lives for minutes.

use crate::lint::prelude::*;
use crate::protocol::time::Lifetime;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-LIFETIME",
    title: "The ID-JAG lives no longer than ten minutes.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "JAG §3.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "It is redeemed at once, and may mostly be redeemed again while it lives. The draft sets no limit; ten \
          minutes are our own measure, and its examples stay near five. Keycloak refuses more than five.",
    cause: "The IdP uses the life of its access tokens.",
    fix: "Have the IdP shorten the life of ID-JAGs to about five minutes.",
    leads_to: &["invalid_grant"],
    words: &["lifetime", "lives too long", "too far"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let read = claims(&record.token);
    let (Some(start), Some(end)) = (read.time("iat"), read.time("exp")) else {
        return Check::NotApplicable;
    };
    // Keycloak will refuse it, so there it is more than a note (FACTS §4.3).
    let keycloak = subject.text(fields::RESOURCE_AS_VENDOR) == Some("keycloak");
    let (limit, severity) = if keycloak {
        (Lifetime::from_secs(300), Severity::Warning)
    } else {
        (Lifetime::from_secs(600), Severity::Note)
    };
    let life = end.since(start);
    Check::must(life <= limit, || {
        Finding::new(
            Pointer::Claim(record.name.clone(), "/exp".to_owned()),
            Party::Idp,
            format!("The ID-JAG lives for {life}."),
        )
        .expected(format!("at most {limit}"))
        .got(life.to_string())
        .severity(severity)
    })
}
