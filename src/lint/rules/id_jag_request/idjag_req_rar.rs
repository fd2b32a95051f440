//! Rich authorization details are a list.

use serde_json::Value;

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-RAR",
    title: "authorization_details is a JSON array of objects that have a type.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.3; RFC 9396 §2",
    revision: "JAG-05",
    since: Revision(2),
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The IdP puts what it grants into the ID-JAG as a list, and each entry is understood by its type.",
    cause: "A single object was sent without the list around it, or the JSON was broken on its way into the form.",
    fix: "Put the object in square brackets and give every entry a type.",
    leads_to: &["invalid_authorization_details", "invalid_request"],
    words: &["authorization_details"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(text) = subject.form("authorization_details") else {
        return Check::NotApplicable;
    };
    let got = match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(entries)) => {
            let typed = |entry: &Value| entry.get("type").is_some_and(Value::is_string);
            if entries.iter().all(typed) {
                return Check::Pass;
            }
            "a list with an entry that has no type"
        }
        Ok(Value::Object(_)) => "one object",
        Ok(_) => "JSON that is no list",
        Err(_) => "text that is no JSON",
    };
    Check::Found(vec![
        Finding::new(
            Pointer::Form("authorization_details".to_owned()),
            Party::You,
            "authorization_details is not a list of objects that have a type.",
        )
        .expected("a JSON array of objects, each with a type")
        .got(got),
    ])
}
