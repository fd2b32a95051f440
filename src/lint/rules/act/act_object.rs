//! `act` is an object, and earlier actors stand in its own `act`.

use serde_json::Value;

use super::chain;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "ACT-OBJECT",
    title: "act is a JSON object, and earlier actors are nested in it through act alone.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 8693 §4.1; AP §3.5",
    revision: "RFC 8693",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "Whoever reads the token looks for the actor at act.sub, and for those before it at act.act. A list or \
          another member hides them.",
    cause: "The chain was written as an array of actors, or under a name of its own.",
    fix: "Write one object per actor, the newest outside, each earlier one in the act of the next.",
    leads_to: &["invalid_request"],
    words: &["act claim", "actor"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let mut found = Vec::new();
    let mut looked = false;
    for record in chain::carriers(subject) {
        looked = true;
        let owner = chain::owner(subject, record);
        let at = |pointer: String| Pointer::Claim(record.name.clone(), pointer);
        let mut pointer = "/act".to_owned();
        let mut level = claims(&record.token).0.get("act");
        while let Some(act) = level {
            let Some(members) = act.as_object() else {
                found.push(
                    Finding::new(
                        at(pointer),
                        owner,
                        "act is not an object: no actor can be read from it.",
                    )
                    .expected("an object with sub")
                    .got(kind(act)),
                );
                break;
            };
            for (name, value) in members.iter().filter(|(name, _)| *name != "act") {
                if holds_actor(value) {
                    found.push(
                        Finding::new(
                            at(format!("{pointer}/{name}")),
                            owner,
                            format!("Another actor stands in {name}, where nobody looks for one."),
                        )
                        .expected("the earlier actor in act")
                        .got(name.as_str()),
                    );
                }
            }
            level = act.get("act");
            pointer.push_str("/act");
        }
    }
    if looked {
        Check::of(found)
    } else {
        Check::NotApplicable
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Null => "null".to_owned(),
        other => other.to_string(),
    }
}

fn holds_actor(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("sub"),
        Value::Array(items) => items.iter().any(holds_actor),
        _ => false,
    }
}
