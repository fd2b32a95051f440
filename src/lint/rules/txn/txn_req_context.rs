//! The context of a transaction is sent under its names, as JSON.

use serde_json::Value;

use super::TXN_FLOWS;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-REQ-CONTEXT",
    title: "request_context and request_details are JSON objects, under these names and not in base64url.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "TXN §11.1; AP App. B.7",
    revision: "TXN-09",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: &["txn-token"],
    why: "The service copies them into the claims rctx and tctx; under another name, or encoded, it ignores or refuses \
          them.",
    cause: "The request follows an older draft, which encoded them, or the example of the actor profile, which names the \
          claim.",
    fix: "Send request_context and request_details, each a JSON object.",
    leads_to: &["invalid_request"],
    words: &["request_context", "request_details", "rctx", "tctx"],
    check,
};

/// The parameters, and the names that other texts and habits give them.
const NAMES: &[(&str, &[&str])] = &[
    ("request_context", &["rctx"]),
    ("request_details", &["tctx"]),
];

fn check(subject: &Subject<'_>) -> Check {
    let mut found = Vec::new();
    let mut looked = false;
    let at = |name: &str| Pointer::Form(name.to_owned());
    for (name, others) in NAMES {
        for other in others.iter().filter(|other| subject.form(other).is_some()) {
            looked = true;
            found.push(
                Finding::new(
                    at(other),
                    Party::You,
                    format!("The request says {other}, which is no parameter of this request."),
                )
                .expected(*name)
                .got(*other),
            );
        }
        let Some(text) = subject.form(name) else {
            continue;
        };
        looked = true;
        if is_object(&text) {
            continue;
        }
        let encoded = crate::protocol::digest::from_b64url(&text)
            .is_ok_and(|bytes| is_object(&String::from_utf8_lossy(&bytes)));
        let (says, got) = if encoded {
            (
                "is encoded, as older drafts had it",
                "base64url of a JSON object",
            )
        } else {
            ("is not a JSON object", "something else")
        };
        found.push(
            Finding::new(at(name), Party::You, format!("{name} {says}."))
                .expected("a JSON object")
                .got(got),
        );
    }
    if looked {
        Check::of(found)
    } else {
        Check::NotApplicable
    }
}

fn is_object(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|json| json.is_object())
}
