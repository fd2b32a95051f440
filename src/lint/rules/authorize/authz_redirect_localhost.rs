//! A program on this machine is called back by address.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AUTHZ-REDIRECT-LOCALHOST",
    title: "A redirect URI on this machine names the loopback address, not localhost.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 8252 §8.3",
    revision: "RFC 8252",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::AUTHORIZE,
    why: "localhost is a name: it may lead to another interface or be resolved by somebody else, and the port may not \
          be free to choose.",
    cause: "Habit; some servers take nothing else.",
    fix: "Register and use http://127.0.0.1 or http://[::1]; keep localhost only where the IdP accepts nothing else.",
    leads_to: &["invalid_request"],
    words: &["redirect"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let uri = match super::asked(subject, "redirect_uri") {
        Ok(Some(uri)) => uri,
        Ok(None) => return Check::NotApplicable,
        Err(early) => return early,
    };
    let named = url::Url::parse(&uri).is_ok_and(|url| url.host_str() == Some("localhost"));
    Check::must(!named, || {
        Finding::new(
            Pointer::Query("redirect_uri".to_owned()),
            Party::You,
            "The redirect URI names localhost instead of the loopback address.",
        )
        .expected(uri.replacen("localhost", "127.0.0.1", 1))
        .got(&uri)
    })
}
