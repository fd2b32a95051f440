//! The answer says what was granted.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-GRANTED",
    title: "The answer names the granted scope, and resource and authorization_details where the ID-JAG has them.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.4.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The resource authorization server may grant less than the ID-JAG allows; only its answer tells the client \
          what the token is good for.",
    cause: "The server leaves out what is the same as asked, as RFC 6749 allows for other grants.",
    fix: "Have the resource authorization server name what it granted; the walk goes on without it.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(answer) = subject.granted().filter(|_| super::redeems(subject)) else {
        return Check::NotApplicable;
    };
    let assertion = super::assertion(subject);
    let allowed = |name: &str| {
        let claim = assertion
            .as_ref()
            .and_then(|token| claims(token).0.get(name));
        claim.map(|claim| shown(Some(claim)))
    };
    let asked = ["scope", "resource", "authorization_details"]
        .into_iter()
        .filter_map(|name| Some((name, allowed(name).or_else(|| subject.form(name))?)));
    let mut any = false;
    let missing: Vec<Finding> = asked
        .inspect(|_| any = true)
        .filter(|(name, _)| answer.get(*name).is_none())
        .map(|(name, asked)| {
            Finding::new(
                Pointer::Json(format!("/{name}")),
                subject.server(),
                format!("The answer does not say which {name} was granted."),
            )
            .expected(format!("{asked}, or less"))
            .got("nothing")
            // The text asks for all three; servers that leave `resource` out and name it in the token are many.
            .severity(if name == "scope" {
                Severity::Error
            } else {
                Severity::Note
            })
        })
        .collect();
    if any {
        Check::of(missing)
    } else {
        Check::NotApplicable
    }
}
