//! Values are encoded once.

use crate::{
    lint::prelude::*,
    protocol::http::{HttpRequest, form_decode},
};

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-ENCODING",
    title: "Values are written as they are and encoded once: no plus sign for a space, nothing encoded beforehand.",
    severity: Severity::Warning,
    kind: Kind::Must,
    spec: "RFC 6749 App. B (§3.2)",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "A form is encoded when it is sent. What was encoded before arrives with its percent and plus signs as part \
          of the value.",
    cause: "The value was copied out of a curl line or an address, where it stood encoded.",
    fix: "Write the value plainly: spaces as spaces, : and / as they are.",
    leads_to: &[
        "invalid_scope",
        "invalid_target",
        "invalid_request",
        "unsupported_grant_type",
    ],
    words: &["scope", "audience", "encoding", "encoded"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(form) = subject.http().and_then(HttpRequest::form) else {
        return Check::NotApplicable;
    };
    let mut findings = Vec::new();
    for (name, value) in &form.0 {
        let value = value.wire();
        let at = Pointer::Form(name.clone());
        if TOKENS.contains(&name.as_str()) {
            if is_torn(&value) {
                let says = format!(
                    "The {name} has white space in it: a plus sign was lost on the way, or a line was wrapped."
                );
                findings.push(
                    Finding::new(at, Party::You, says)
                        .expected("the token in one piece")
                        .got("a token with white space")
                        .fix("Take the token again, in one piece."),
                );
            }
        } else if name == "scope" && value.contains('+') {
            let says = "The scope has a plus sign, which is sent as %2B: the server reads one scope of that name.";
            findings
                .push(Finding::new(at, Party::You, says).differs(&value.replace('+', " "), &value));
        } else if is_encoded(name, &value) {
            let says =
                format!("The {name} was encoded before, and is encoded once more when it is sent.");
            findings.push(Finding::new(at, Party::You, says).differs(&form_decode(&value), &value));
        }
    }
    Check::of(findings)
}

/// Parameters that hold a token, in which no white space can be; a code or a refresh token may have some.
const TOKENS: &[&str] = &[
    "subject_token",
    "actor_token",
    "assertion",
    "client_assertion",
];

/// Parameters that hold an address, a name or a scope, and never a secret.
const NAMES: &[&str] = &[
    "actor_token_type",
    "audience",
    "client_assertion_type",
    "client_id",
    "grant_type",
    "redirect_uri",
    "requested_token_type",
    "resource",
    "scope",
    "subject_token_type",
];

/// Tells whether a token of base64 parts has white space in it.
fn is_torn(token: &str) -> bool {
    let of_base64 = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=".contains(c);
    token.contains(char::is_whitespace) && token.chars().all(|c| c.is_whitespace() || of_base64(c))
}

/// Tells whether an address, a name or a scope is written in the encoding that a form gets on its way.
fn is_encoded(name: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let begins = ["https%3a", "http%3a", "urn%3a"];
    NAMES.contains(&name)
        && (begins.iter().any(|begin| value.starts_with(begin))
            || (name == "scope" && value.contains("%20")))
}
