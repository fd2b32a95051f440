//! The ID-JAG grants no more than was asked.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-SCOPE-SUBSET",
    title: "The ID-JAG’s scope holds only what was asked for.",
    severity: Severity::Warning,
    kind: Kind::Safety,
    spec: "JAG §4.3.3; EMA §7.2.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "An agent asks for as little as it needs. What the IdP adds, the agent can do, and nobody decided that it \
          should.",
    cause: "The IdP’s policy adds its default scopes.",
    fix: "Have the IdP’s policy cut the scope to what was asked.",
    leads_to: &["invalid_scope"],
    words: &["scope"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::grant(subject) else {
        return Check::NotApplicable;
    };
    let Some(asked) = subject.form("scope") else {
        return Check::NotApplicable;
    };
    let asked: Vec<&str> = asked.split(' ').collect();
    let granted = claims(&record.token).0.get("scope");
    let more: Vec<&str> = scope_words(granted)
        .into_iter()
        .filter(|word| !asked.contains(word))
        .collect();
    Check::must(more.is_empty(), || {
        // MCP servers must not get more (EMA §7.2.1); the draft itself leaves it to policy.
        let severity = if subject.text(fields::API_KIND) == Some("mcp") {
            Severity::Error
        } else {
            Severity::Warning
        };
        Finding::new(
            Pointer::Claim(record.name.clone(), "/scope".to_owned()),
            Party::Idp,
            format!(
                "The ID-JAG grants {}, which nobody asked for.",
                more.join(" ")
            ),
        )
        .expected(asked.join(" "))
        .got(shown(granted))
        .severity(severity)
    })
}
