//! A client assertion is used once.

use super::{NAME, assertion, earlier};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-JTI",
    title: "The client assertion has a jti that was not sent to this server before.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 7523 §3 (7); OIDC Core §9",
    revision: "RFC 7523",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "By its jti a server tells a new assertion from a stolen copy; servers that keep book refuse the second use.",
    cause: "The assertion was kept and sent again.",
    fix: "Sign a new assertion with a new jti for each request.",
    leads_to: &["invalid_client", "invalid_request", "401"],
    words: &["jti", "replay", "already used", "reuse"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    let at = Pointer::Claim(NAME.to_owned(), "/jti".to_owned());
    let claims = claims(&token);
    let Some(jti) = claims.text("jti").filter(|jti| !jti.is_empty()) else {
        return Check::Found(vec![
            Finding::new(
                at,
                Party::You,
                "The client assertion has no jti, which OpenID Connect requires and RFC 7523 leaves open.",
            )
            .expected("an id of its own")
            .got(shown(claims.0.get("jti"))),
        ]);
    };
    let here = subject.http().map(|http| http.url.as_str());
    let before = earlier(subject).find(|(_, request, other)| {
        Some(request.url.as_str()) == here
            && crate::lint::subject::claims(other).text("jti") == Some(jti)
    });
    match before {
        None => Check::Pass,
        Some((step, ..)) => Check::Found(vec![
            Finding::new(
                at,
                Party::You,
                format!("The jti of the client assertion was sent to this server before, at the step {step}."),
            )
            .expected("an id that was never sent")
            .got(jti),
        ]),
    }
}
