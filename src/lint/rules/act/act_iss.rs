//! Every actor's name has a namespace.

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-ISS",
    title: "Each actor in the chain has iss, the namespace of its name.",
    severity: Severity::Note,
    kind: Kind::Should,
    spec: "AP §3.4, §12.1.1; RFC 8693 §4.1",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "Two issuers may give the same sub to two actors; only the pair of iss and sub names one of them.",
    cause: "The server follows RFC 8693 alone, where sub may be enough.",
    fix: "Have the server put the issuer that knows the actor by this sub into act.iss.",
    leads_to: &["invalid_request", "invalid_grant"],
    words: &["act.iss", "namespace"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let mut found = Vec::new();
    let mut looked = false;
    for record in chain::carriers(subject) {
        // In what its own issuer vouches for, an agent is known by the name that this issuer gives it.
        if record.artifact.is_own() {
            continue;
        }
        for (pointer, act) in chain::levels(&record.token) {
            looked = true;
            let iss = act.get("iss");
            if iss
                .and_then(|iss| iss.as_str())
                .is_some_and(|iss| !iss.is_empty())
            {
                continue;
            }
            let name = shown(act.get("sub"));
            let finding = Finding::new(
                Pointer::Claim(record.name.clone(), format!("{pointer}/iss")),
                chain::owner(subject, record),
                format!("The actor {name} has no iss: who knows it by that name stays open."),
            )
            .expected("the issuer that knows the actor")
            .got(shown(iss));
            // RFC 8693 needs no iss; the actor profile does (AP §3.4).
            found.push(if chain::is_profiled(subject) {
                finding.severity(Severity::Error)
            } else {
                finding
            });
        }
    }
    if looked {
        Check::of(found)
    } else {
        Check::NotApplicable
    }
}
