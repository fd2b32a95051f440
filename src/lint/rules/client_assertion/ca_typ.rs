//! A client assertion says that it is one.

use super::{NAME, TYP, assertion};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-TYP",
    title: "The typ of the client assertion is client-authentication+jwt.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "draft-ietf-oauth-rfc7523bis §4",
    revision: "RFC 7523bis",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "The typ keeps one kind of JWT from being taken for another.",
    cause: "An older library signs it as JWT, or leaves typ out.",
    fix: "Set typ to client-authentication+jwt; a server should not refuse an assertion that has none.",
    leads_to: &["invalid_client"],
    words: &["typ"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    Check::must(typ(&token).as_deref() == Some(TYP), || {
        Finding::new(
            Pointer::Jose(NAME.to_owned(), "/typ".to_owned()),
            Party::You,
            "The client assertion does not say by its typ that it is one.",
        )
        .expected(TYP)
        .got(shown(header(&token).0.get("typ")))
    })
}
