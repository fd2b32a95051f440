//! What was granted stands in the ID-JAG.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-GRANTED",
    title: "The scope, resource and authorization_details that were granted are claims of the ID-JAG.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.3.3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The resource authorization server sees only the ID-JAG. What its claims do not say was not granted, \
          whatever the IdP’s answer says.",
    cause: "The IdP’s token template leaves the claims out.",
    fix: "Have the IdP write what it grants into the ID-JAG.",
    leads_to: &["invalid_scope", "invalid_target", "insufficient_scope"],
    words: &["scope", "resource"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let Some(answer) = subject.granted() else {
        return Check::NotApplicable;
    };
    let read = claims(&record.token);
    let at = |claim: &str| Pointer::Claim(record.name.clone(), format!("/{claim}"));
    let mut findings = Vec::new();

    // An answer without a scope grants what was asked (RFC 6749 §5.1).
    let granted = answer["scope"].as_str().map(str::to_owned);
    let granted = granted
        .or_else(|| subject.form("scope"))
        .unwrap_or_default();
    let inside = scope_words(read.0.get("scope"));
    let lost: Vec<&str> = granted
        .split_whitespace()
        .filter(|word| !inside.contains(word))
        .collect();
    if !lost.is_empty() {
        findings.push(
            Finding::new(
                at("scope"),
                Party::Idp,
                format!(
                    "The IdP granted {}, and the ID-JAG does not say so.",
                    lost.join(" ")
                ),
            )
            .expected(granted.clone())
            .got(shown(read.0.get("scope"))),
        );
    }

    // An answer need not repeat the resource; then only an ID-JAG that names none of those asked for is short of it.
    let asked = subject.forms("resource");
    let inside = read.list("resource");
    let echoed = Claims(&answer).list("resource");
    let held = if echoed.is_empty() {
        asked.is_empty() || asked.iter().any(|one| inside.contains(&one.as_str()))
    } else {
        echoed.iter().all(|one| inside.contains(one))
    };
    if !held {
        let expected = if echoed.is_empty() {
            asked.join(" ")
        } else {
            echoed.join(" ")
        };
        let finding = Finding::new(
            at("resource"),
            Party::Idp,
            "The resource that was asked for is not in the ID-JAG.",
        );
        findings.push(match inside.as_slice() {
            [one] => finding.differs(&expected, one),
            _ => finding
                .expected(expected)
                .got(shown(read.0.get("resource"))),
        });
    }

    let details = "authorization_details";
    if !super::is_empty(answer.get(details)) && super::is_empty(read.0.get(details)) {
        findings.push(
            Finding::new(
                at(details),
                Party::Idp,
                "The IdP granted authorization_details, and the ID-JAG has none.",
            )
            .expected("the authorization_details of the answer")
            .got("nothing"),
        );
    }
    Check::of(findings)
}
