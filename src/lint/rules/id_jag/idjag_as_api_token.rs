//! An API gets an access token, and nothing else.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-AS-API-TOKEN",
    title: "The token in the API call is neither the ID-JAG nor the ID Token.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.4; RFC 8725 §3.12",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::API,
    why: "The ID-JAG is a grant for one authorization server and the ID Token is for the client alone. An API that \
          takes either can be fooled by everybody who has seen one.",
    cause: "The JWT bearer step was left out, or the wrong token was handed in.",
    fix: "Redeem the ID-JAG at the resource authorization server first, and call the API with the access token that \
          comes.",
    leads_to: &["invalid_token", "401"],
    words: &["typ", "audience"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some((_, token)) = subject.presented() else {
        return Check::NotApplicable;
    };
    let print = token.raw.fingerprint(&[]);
    let is = |artifact| {
        let known = subject.before(artifact);
        known.is_some_and(|record| record.fingerprint == print)
    };
    let what = if token.kind() == TokenKind::IdJag || is(Artifact::IdJag) {
        "the ID-JAG"
    } else if is(Artifact::IdToken) {
        "the ID Token"
    } else {
        return Check::Pass;
    };
    Check::Found(vec![
        Finding::new(
            Pointer::Header(Side::Request, "authorization".to_owned()),
            Party::You,
            format!("The API is called with {what}, which is not made for it."),
        )
        .expected("an access token")
        .got(what),
    ])
}
