//! The verifier is long enough and has no odd characters.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-PKCE-VERIFIER-SHAPE",
    title: "The code verifier has 43 to 128 characters out of letters, digits and - . _ ~.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7636 §4.1",
    revision: "RFC 7636",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["redeem-code"],
    why: "A short verifier can be guessed, and servers refuse one that does not follow the form.",
    cause: "Too few random bytes, or base64 with padding or with plus and slash.",
    fix: "Use 32 random bytes as base64url without padding: 43 characters.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["code_verifier", "verifier"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(verifier) = subject.form("code_verifier") else {
        return Check::NotApplicable;
    };
    let length = verifier.chars().count();
    let odd: Vec<char> = verifier
        .chars()
        .filter(|c| !c.is_ascii_alphanumeric() && !"-._~".contains(*c))
        .collect();
    let finding =
        |says: &str| Finding::new(Pointer::Form("code_verifier".to_owned()), Party::You, says);
    let mut found = Vec::new();
    if !(43..=128).contains(&length) {
        found.push(
            finding("The code verifier has the wrong length.")
                .expected("43 to 128 characters")
                .got(format!("{length} characters")),
        );
    }
    if let Some(first) = odd.first() {
        // One character of a secret tells nobody the rest.
        found.push(
            finding("The code verifier has characters that it must not have.")
                .expected("letters, digits and - . _ ~")
                .got(format!("{} others, the first is {first:?}", odd.len())),
        );
    }
    Check::of(found)
}
