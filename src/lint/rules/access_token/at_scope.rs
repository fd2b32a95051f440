//! The access token says what it is good for.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-SCOPE",
    title: "The access token has a scope when one was asked for.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 9068 §2.2.3",
    revision: "RFC 9068",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["jwt-bearer", "exchange", "exchange-2", "exchange-3"],
    why: "The API decides by the scope in the token; without the claim it needs to know it from elsewhere.",
    cause: "The server writes scp, or keeps the scope in its own store.",
    fix: "Have the authorization server write scope into the token, or teach the API where it is.",
    leads_to: &["insufficient_scope", "403"],
    words: &["scope"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = super::access_token(subject) else {
        return Check::NotApplicable;
    };
    let granted = subject
        .sent_token("assertion")
        .and_then(|token| claims(&token).text("scope").map(str::to_owned));
    let Some(asked) = subject.form("scope").or(granted) else {
        return Check::NotApplicable;
    };
    let read = claims(&record.token).0;
    Check::must(read.get("scope").is_some(), || {
        let own = read.get("scp").map(|_| "scp");
        Finding::new(
            Pointer::Claim(record.name.clone(), "/scope".to_owned()),
            Party::ResourceAs,
            match own {
                Some(_) => "The access token has its scope in scp, which RFC 9068 does not know.",
                None => "A scope was asked for, and the access token has none.",
            },
        )
        .expected(format!("scope with {asked}, or less"))
        .got(own.unwrap_or("nothing"))
    })
}
