//! No parameter comes twice.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-DUP-PARAM",
    title: "No parameter of a token request comes twice, but for resource, and audience in a token exchange.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §3.2; RFC 8693 §2.1; RFC 8707 §2",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "Which of two values counts would differ from server to server, so servers refuse both.",
    cause: "Two sources of parameters were merged, or a parameter stands in the address and in the body.",
    fix: "Send each parameter once; several scopes are one parameter with spaces.",
    leads_to: &["invalid_request"],
    words: &["duplicate", "more than once", "repeated", "multiple"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(http) = subject.http() else {
        return Check::NotApplicable;
    };
    let form = http.form().into_iter().flat_map(|params| &params.0);
    let exchange = subject.form("grant_type").as_deref() == Some(urn::TOKEN_EXCHANGE);
    let mut seen: Vec<(&str, usize)> = Vec::new();
    for (name, value) in http.query.0.iter().chain(form) {
        // One without a value counts as absent (RFC 6749 §3.2).
        if value.wire().is_empty() {
            continue;
        }
        match seen.iter_mut().find(|(other, _)| other == name) {
            Some((_, count)) => *count += 1,
            None => seen.push((name, 1)),
        }
    }
    let may_repeat = |name: &str| name == "resource" || (name == "audience" && exchange);
    let twice = seen
        .into_iter()
        .filter(|(name, count)| *count > 1 && !may_repeat(name));
    Check::of(
        twice
            .map(|(name, count)| {
                let at = if subject.fills(name) {
                    Pointer::Form(name.to_owned())
                } else {
                    Pointer::Query(name.to_owned())
                };
                let says = format!("The parameter {name} comes {count} times.");
                Finding::new(at, Party::You, says)
                    .expected("once")
                    .got(format!("{count} times"))
            })
            .collect(),
    )
}
