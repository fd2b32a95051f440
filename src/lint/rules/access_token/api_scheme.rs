//! A token is sent in the way that its binding demands.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "API-SCHEME",
    title: "A token that is bound to a key is sent with the scheme DPoP, every other with Bearer.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "RFC 9449 §7.1, §7.2; RFC 6750 §2.1",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::API,
    why: "Sent as Bearer, a bound token comes without the proof that it is bound for, and an API has to refuse it. An \
          API that takes it gives the protection away.",
    cause: "A generic HTTP client writes Bearer before every token.",
    fix: "Send bound tokens as DPoP with a proof, and others as Bearer.",
    leads_to: &["invalid_token", "invalid_dpop_proof", "401"],
    words: &["dpop", "bearer", "scheme"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some((scheme, token)) = subject.presented() else {
        return Check::NotApplicable;
    };
    let dpop = scheme.eq_ignore_ascii_case("dpop");
    if !dpop && !scheme.eq_ignore_ascii_case("bearer") {
        return Check::NotApplicable;
    }
    let Some(bound) = is_bound(subject, &token) else {
        return Check::NotYet("the token is opaque, and no answer says of which type it is");
    };
    if bound == dpop {
        return Check::Pass;
    }
    let at = Pointer::Header(Side::Request, "authorization".to_owned());
    if dpop {
        return Check::Found(vec![
            Finding::new(
                at,
                Party::You,
                "The access token is bound to no key, and is sent as DPoP.",
            )
            .expected("Bearer")
            .got(scheme),
        ]);
    }
    // An API that offers nothing but Bearer may be called that way (RFC 9449 §7.2).
    let severity = if offers_only_bearer(subject) {
        Severity::Note
    } else {
        Severity::Error
    };
    let mut findings = vec![
        Finding::new(
            at,
            Party::You,
            "The access token is bound to a key, and is sent as Bearer without a proof.",
        )
        .expected("DPoP")
        .got(scheme)
        .severity(severity),
    ];
    if subject
        .status()
        .is_some_and(|status| (200..300).contains(&status))
    {
        findings.push(
            Finding::new(
                Pointer::Status,
                subject.server(),
                "The API takes a token that is bound to a key from somebody who does not prove to have the key.",
            )
            .expected("401")
            .got(subject.status().unwrap_or_default().to_string())
            .fix("Have the API demand a DPoP proof for tokens that have cnf.jkt."),
        );
    }
    Check::Found(findings)
}

/// Tells whether the token is bound: by its content, or by what the answer called it.
fn is_bound(subject: &Subject<'_>, token: &Token) -> Option<bool> {
    let answer = subject
        .last("jwt-bearer")
        .and_then(|past| main(past.made)?.response()?.json().ok());
    let called = answer
        .as_ref()
        .and_then(|answer| answer["token_type"].as_str())
        .map(|kind| kind.eq_ignore_ascii_case("dpop"));
    let readable = token.claims.json.is_some();
    let inside = readable.then(|| bound_key(token).is_some());
    // A token that was called DPoP is sent so, even where its content says nothing of a key.
    match (inside, called) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), _) | (None, Some(false)) => Some(false),
        (None, None) => None,
    }
}

/// Tells whether the API has answered 401, now or before, and asked for Bearer alone.
fn offers_only_bearer(subject: &Subject<'_>) -> bool {
    let step = subject.step_id();
    let before = subject.past.iter().filter(|past| past.step.0 == step);
    before
        .map(|past| past.made)
        .chain([subject.made])
        .filter_map(|made| main(made)?.response())
        .filter(|response| response.status == 401)
        .any(|response| {
            let schemes = super::schemes(response);
            schemes.contains(&"bearer".to_owned()) && !schemes.contains(&"dpop".to_owned())
        })
}
