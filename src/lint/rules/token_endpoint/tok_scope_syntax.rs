//! A scope is words with one space between them.

use serde_json::Value;

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-SCOPE-SYNTAX",
    title: "Scopes are joined by single spaces, never by commas or as a JSON list.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §3.3; RFC 8693 §4.2",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ANY_TOKEN,
    why: "Two scopes joined by a comma are one scope of a strange name, which no server knows.",
    cause: "A list was joined in the way of another API, or a scp array was renamed to scope.",
    fix: "Join the scopes with one space.",
    leads_to: &["invalid_scope"],
    words: &["scope"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let mut looked = false;
    let mut findings = Vec::new();
    let mut judge = |value: &Value, at: Pointer, owner: Party| {
        looked = true;
        let Some((what, severity)) = fault(value) else {
            return;
        };
        let finding = Finding::new(at, owner, format!("The scope {what}."))
            .expected("words with one space between them")
            .got(shown(Some(value)));
        findings.push(match severity {
            Some(severity) => finding.severity(severity),
            None => finding,
        });
    };
    for text in subject.forms("scope") {
        let at = Pointer::Form("scope".to_owned());
        judge(&Value::String(text), at, Party::You);
    }
    if let Some(value) = subject
        .granted()
        .as_ref()
        .and_then(|json| json.get("scope"))
    {
        judge(value, Pointer::Json("/scope".to_owned()), subject.server());
    }
    for record in subject.tokens {
        if let Some(value) = claims(&record.token).0.get("scope") {
            let at = Pointer::Claim(record.name.clone(), "/scope".to_owned());
            judge(value, at, issuer_of(record.artifact));
        }
    }
    if looked {
        Check::of(findings)
    } else {
        Check::NotApplicable
    }
}

/// Says what is wrong with a scope, and how bad that is where it is not as bad as the rule says.
fn fault(value: &Value) -> Option<(&'static str, Option<Severity>)> {
    let text = match value {
        Value::String(text) => text,
        Value::Null => return None,
        Value::Array(_) => return Some(("is a JSON list, not a text", None)),
        _ => return Some(("is no text", None)),
    };
    let strange = |c: char| matches!(c, '"' | '\\') || !(' '..='~').contains(&c);
    if text.trim_start().starts_with('[') {
        Some(("is a JSON list written into a text", None))
    } else if text.contains(',') {
        Some((
            "has commas: they do not separate, they belong to the name",
            None,
        ))
    } else if text.contains(strange) {
        Some(("has a character that no scope may have", None))
    } else if text.split(' ').any(str::is_empty) && !text.is_empty() {
        // Every server that was seen splits at runs of spaces.
        let severity = Some(Severity::Warning);
        Some(("has a space too many", severity))
    } else {
        None
    }
}

fn issuer_of(artifact: Artifact) -> Party {
    match artifact.kin() {
        Artifact::AccessToken => Party::ResourceAs,
        Artifact::IdJag | Artifact::IdToken | Artifact::SsoAccessToken | Artifact::RefreshToken => {
            Party::Idp
        }
        _ => Party::Unknown,
    }
}
