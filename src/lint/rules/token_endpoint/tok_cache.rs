//! Token answers are not cached.

use serde_json::Value;

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-CACHE",
    title: "A token answer has Cache-Control: no-store.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §5.1",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "A cache between client and server would keep the token, and may give it to somebody else.",
    cause: "A CDN or a framework’s default sets its own caching.",
    fix: "Set Cache-Control: no-store on every answer of the token endpoint.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(response) = subject.response() else {
        return Check::NotYet("no answer came");
    };
    // An answer without a token has worse faults than its caching.
    let carries = |json: &Value| json["access_token"].is_string();
    if !subject.granted().as_ref().is_some_and(carries) {
        return Check::NotApplicable;
    }
    let control = response.header("cache-control");
    let stores = control.is_none_or(|text| !text.to_ascii_lowercase().contains("no-store"));
    let at = |name: &str| Pointer::Header(Side::Response, name.to_owned());
    if stores {
        return Check::Found(vec![
            Finding::new(
                at("cache-control"),
                subject.server(),
                "The answer carries a token and may be cached.",
            )
            .expected("no-store")
            .got(control.unwrap_or("nothing")),
        ]);
    }
    Check::must(response.header("pragma").is_some(), || {
        Finding::new(
            at("pragma"),
            subject.server(),
            "The answer has no Pragma: no-cache, which only RFC 6749 itself still asks for.",
        )
        .expected("no-cache")
        .got("nothing")
        .severity(Severity::Note)
        .fix("Nothing has to be done: it is for caches of HTTP/1.0 only.")
    })
}
