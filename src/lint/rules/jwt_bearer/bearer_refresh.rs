//! An ID-JAG gives no refresh token.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-REFRESH",
    title: "The answer has no refresh token.",
    severity: Severity::Warning,
    kind: Kind::Safety,
    spec: "JAG §4.4.3; CH §5.4",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The IdP decides anew each time, for as long as the user is signed in and allowed. A refresh token would \
          outlive that decision.",
    cause: "The server’s generic handler adds one to every answer.",
    fix: "Have the resource authorization server leave it out; when the access token ends, ask the IdP for a new \
          ID-JAG.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(answer) = subject.granted().filter(|_| super::redeems(subject)) else {
        return Check::NotApplicable;
    };
    Check::must(answer.get("refresh_token").is_none(), || {
        Finding::new(
            Pointer::Json("/refresh_token".to_owned()),
            subject.server(),
            "The answer has a refresh token: access would go on when the IdP has long ended it.",
        )
        .expected("no refresh token")
        .got("one")
    })
}
