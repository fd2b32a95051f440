//! A server at which users sign in says that it knows PKCE.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DISC-PKCE-S256",
    title: "A server with an authorization endpoint lists S256 among its code challenge methods.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 9700 §2.1.1; RFC 8414 §2",
    revision: "RFC 9700",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["discover-idp", "discover-as"],
    why: "A client that does not see PKCE in the metadata cannot know whether its challenge is checked or ignored.",
    cause: "An old server, or metadata written by hand.",
    fix: "Publish code_challenge_methods_supported with S256.",
    leads_to: &["invalid_request"],
    words: &["code_challenge", "pkce"],
    check,
};

const MEMBER: &str = "code_challenge_methods_supported";

fn check(subject: &Subject<'_>) -> Check {
    let Some(metadata) = subject.granted() else {
        return Check::NotYet("no metadata came");
    };
    if metadata.get("authorization_endpoint").is_none() {
        return Check::NotApplicable;
    }
    let methods = metadata[MEMBER].as_array();
    let has = methods.is_some_and(|list| list.iter().any(|one| one == "S256"));
    Check::must(has, || {
        Finding::new(
            Pointer::Json(format!("/{MEMBER}")),
            subject.server(),
            format!(
                "The {} does not say that it knows PKCE with S256.",
                subject.server().name()
            ),
        )
        .expected("S256")
        .got(shown(metadata.get(MEMBER)))
    })
}
