//! Nobody acts for himself.

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-SELF",
    title: "The outermost actor is somebody else than the token’s subject.",
    severity: Severity::Note,
    kind: Kind::Must,
    spec: "AP §3.2; CIA §8.6.1",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "The same iss and sub in both places is no delegation, and an API that asks for one would be told a wrong \
          thing.",
    cause: "A client that acts for itself exchanged its own token with itself as the actor.",
    fix: "Leave the actor token out when the client acts for itself.",
    leads_to: &["invalid_grant"],
    words: &["actor", "delegat"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let mut found = Vec::new();
    let mut looked = false;
    for record in chain::carriers(subject) {
        let Some(act) = claims(&record.token)
            .0
            .get("act")
            .filter(|act| act.is_object())
        else {
            continue;
        };
        looked = true;
        let (outer, own) = (Claims(act), claims(&record.token));
        let sub = outer.text("sub");
        // Without iss in both, two names that look alike may belong to two.
        let (Some(iss), Some(name)) = (outer.text("iss"), sub) else {
            continue;
        };
        if own.text("iss") != Some(iss) || own.text("sub") != Some(name) {
            continue;
        }
        let finding = Finding::new(
            Pointer::Claim(record.name.clone(), "/act/sub".to_owned()),
            chain::owner(subject, record),
            "The actor is the subject of the token: nobody acts for somebody else.",
        )
        .expected("another actor, or no act")
        .got(name);
        // The instance draft calls it benign (CIA §8.6.1), the actor profile forbids it (AP §3.2).
        found.push(if chain::is_profiled(subject) {
            finding.severity(Severity::Error)
        } else {
            finding
        });
    }
    if looked {
        Check::of(found)
    } else {
        Check::NotApplicable
    }
}
