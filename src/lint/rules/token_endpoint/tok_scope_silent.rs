//! A server says when it grants another scope than was asked for.

use std::collections::BTreeSet;

use super::waits;
use crate::{lint::prelude::*, protocol::http::Value as Wire};

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-SCOPE-SILENT",
    title: "An answer whose granted scope differs from the scope asked for names the scope.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §3.3, §5.1; RFC 8693 §2.2.1",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "The client goes on as if all had been granted and fails later, at another server that cannot explain it.",
    cause: "A policy cut the scope, and the answer was built without it.",
    fix: "Add the granted scope to the answer; ask for what the policy allows.",
    leads_to: &["insufficient_scope", "invalid_scope", "403"],
    words: &["scope"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(answer) = subject.granted() else {
        return waits(subject);
    };
    let Some(asked) = asked(subject) else {
        return Check::NotApplicable;
    };
    if answer["scope"].is_string() {
        return Check::Pass;
    }
    let issued = [
        Artifact::IdJag,
        Artifact::AccessToken,
        Artifact::SsoAccessToken,
    ]
    .into_iter()
    .find_map(|artifact| subject.token(artifact));
    let Some(issued) = issued else {
        return Check::NotApplicable;
    };
    let claims = claims(&issued.token);
    let names = ["scope", "scp"];
    let Some(name) = names.into_iter().find(|name| claims.0.get(name).is_some()) else {
        return Check::NotYet("neither the answer nor the token tells what was granted");
    };
    let granted = [claims.words(name), claims.list(name)].concat();
    // What OpenID Connect asks of the ID Token seldom shows in the access token beside it.
    let signs_in = at::SIGN_IN.contains(&subject.step_id());
    let counts = |word: &&str| !(signs_in && OPENID.contains(word));
    let granted: BTreeSet<&str> = granted
        .into_iter()
        .flat_map(str::split_whitespace)
        .filter(counts)
        .collect();
    let asked: BTreeSet<&str> = asked.split_whitespace().filter(counts).collect();
    Check::must(granted == asked, || {
        let list = |words: &BTreeSet<&str>| match words.len() {
            0 => "no scope at all".to_owned(),
            _ => words.iter().copied().collect::<Vec<_>>().join(" "),
        };
        Finding::new(
            Pointer::Json("/scope".to_owned()),
            subject.server(),
            format!(
                "The token is good for {}, {} was asked for, and the answer does not say so.",
                list(&granted),
                list(&asked)
            ),
        )
        .expected(list(&granted))
        .got("nothing")
    })
}

/// What OpenID Connect Core §5.4, §11 define.
const OPENID: &[&str] = &[
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
];

/// The scope asked for: in this request, else where the grant itself was asked for.
fn asked(subject: &Subject<'_>) -> Option<String> {
    let elsewhere = || match subject.step_id() {
        "redeem-code" => {
            let request = subject.last_request("authorize")?;
            request.query.get("scope").map(Wire::wire)
        }
        "device-token" => {
            let request = subject.last_request("device-authorize")?;
            request.form()?.get("scope").map(Wire::wire)
        }
        "jwt-bearer" => {
            let grant = subject.sent_token("assertion")?;
            claims(&grant).text("scope").map(str::to_owned)
        }
        _ => None,
    };
    subject
        .form("scope")
        .or_else(elsewhere)
        .filter(|scope| !scope.trim().is_empty())
}
