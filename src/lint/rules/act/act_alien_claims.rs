//! An actor is a name, not a token.

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-ALIEN-CLAIMS",
    title: "No actor in the chain has exp, nbf or aud.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 8693 §4.1",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "These claims say when and where a token is good, and mean nothing about an actor; a reader may apply them to \
          the wrong token.",
    cause: "The actor’s whole token was copied into act.",
    fix: "Have the server copy only what names the actor: sub, iss and sub_profile.",
    leads_to: &[],
    words: &["actor"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let mut found = Vec::new();
    let mut looked = false;
    for record in chain::carriers(subject) {
        for (pointer, act) in chain::levels(&record.token) {
            looked = true;
            for name in ["exp", "nbf", "aud"] {
                let Some(value) = act.get(name) else {
                    continue;
                };
                found.push(
                    Finding::new(
                        Pointer::Claim(record.name.clone(), format!("{pointer}/{name}")),
                        chain::owner(subject, record),
                        format!("An actor has {name}, which means nothing there."),
                    )
                    .expected(format!("no {name}"))
                    .got(shown(Some(value))),
                );
            }
        }
    }
    if looked {
        Check::of(found)
    } else {
        Check::NotApplicable
    }
}
