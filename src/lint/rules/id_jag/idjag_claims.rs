//! An ID-JAG has the claims that every one has.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-CLAIMS",
    title: "The ID-JAG has iss, sub, aud, client_id, jti, exp and iat.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §3.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG_TOKEN,
    why: "Each of the seven answers a question of the resource authorization server: who says so, about whom, to \
          whom, for which client, once, since when and until when.",
    cause: "The IdP makes the ID-JAG by hand or with a generic token template.",
    fix: "Have the IdP add the claim.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["missing claim", "required claim", "jti"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let read = claims(&record.token).0;
    let missing = ["iss", "sub", "aud", "client_id", "jti", "exp", "iat"]
        .into_iter()
        .filter(|name| super::is_empty(read.get(name)));
    Check::of(
        missing
            .map(|name| {
                Finding::new(
                    Pointer::Claim(record.name.clone(), format!("/{name}")),
                    Party::Idp,
                    format!("The ID-JAG has no {name}."),
                )
                .expected(name)
                .got(shown(read.get(name)))
            })
            .collect(),
    )
}
