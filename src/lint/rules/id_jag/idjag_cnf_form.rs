//! The key is named in the way that this draft names keys.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-CNF-FORM",
    title: "The ID-JAG’s cnf has jkt, or x5t#S256.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "JAG §9.8.1, §9.8.2",
    revision: "JAG-05",
    since: Revision(2),
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "Drafts differ: the ID-JAG’s names the thumbprint of the key, the one for DPoP-bound JWT grants carries the \
          whole key. A server that reads one form may not see the other.",
    cause: "The IdP follows the draft for DPoP-bound JWT grants, or an older text.",
    fix: "Ask which form the resource authorization server reads; jkt is the one of the ID-JAG draft.",
    leads_to: &["invalid_grant"],
    words: &["cnf", "jkt", "jwk"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let Some(cnf) = claims(&record.token).0.get("cnf") else {
        return Check::NotApplicable;
    };
    let has = |name: &str| cnf.get(name).is_some();
    Check::must(has("jkt") || has("x5t#S256"), || {
        let got = match cnf.as_object() {
            Some(members) if !members.is_empty() => {
                members.keys().cloned().collect::<Vec<_>>().join(" ")
            }
            _ => "nothing of the kind".to_owned(),
        };
        Finding::new(
            Pointer::Claim(record.name.clone(), "/cnf".to_owned()),
            Party::Idp,
            "The ID-JAG names its key in another form than the thumbprint.",
        )
        .expected("jkt")
        .got(got)
    })
}
