//! An ID-JAG is for one server.

use serde_json::Value;

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-AUD-SINGLE",
    title: "The ID-JAG’s aud is one string, or a list with one string in it.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "JAG §4.4.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "A grant for several servers can be passed on: each of them could redeem it at the others in the client’s \
          name.",
    cause: "The IdP lists every audience that it knows for the application.",
    fix: "Have the IdP issue one ID-JAG per resource authorization server.",
    leads_to: &["invalid_grant"],
    words: &["audience", "aud", "multiple"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let Some(audience) = claims(&record.token).0.get("aud") else {
        return Check::NotApplicable;
    };
    let single = match audience {
        Value::String(_) => true,
        Value::Array(all) => all.len() == 1 && all[0].is_string(),
        _ => false,
    };
    Check::must(single, || {
        let says = match audience {
            Value::Array(all) if all.len() > 1 => {
                format!("The ID-JAG is made out to {} audiences at once.", all.len())
            }
            _ => "The ID-JAG’s aud is no audience.".to_owned(),
        };
        Finding::new(
            Pointer::Claim(record.name.clone(), "/aud".to_owned()),
            Party::Idp,
            says,
        )
        .expected("one audience")
        .got(shown(Some(audience)))
    })
}
