//! Every actor has a name.

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-SUB",
    title: "Each actor in the chain is named by sub.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "AP §3.4; RFC 8693 §4.1",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "sub, with iss, names the actor. client_id and azp name the client that asked, which is not the same.",
    cause: "The server wrote azp or client_id into act instead of sub.",
    fix: "Have the server put the actor’s own identifier into sub.",
    leads_to: &["invalid_request", "actor_unauthorized"],
    words: &["act.sub", "actor"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let mut found = Vec::new();
    let mut looked = false;
    for record in chain::carriers(subject) {
        for (pointer, act) in chain::levels(&record.token) {
            looked = true;
            let sub = act.get("sub");
            if sub
                .and_then(|sub| sub.as_str())
                .is_some_and(|sub| !sub.is_empty())
            {
                continue;
            }
            let instead = ["client_id", "azp"]
                .into_iter()
                .find(|name| act.get(name).is_some());
            let says = match instead {
                Some(name) => format!("An actor has {name} but no sub, and so no name."),
                None => "An actor has no sub, and so no name.".to_owned(),
            };
            let finding = Finding::new(
                Pointer::Claim(record.name.clone(), format!("{pointer}/sub")),
                chain::owner(subject, record),
                says,
            )
            .expected("the actor’s identifier")
            .got(shown(sub));
            // RFC 8693 only says that sub and iss identify an actor; the actor profile demands sub (AP §3.4).
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
