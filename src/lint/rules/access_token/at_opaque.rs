//! Some access tokens keep their content to themselves.

use crate::lint::prelude::*;
use crate::protocol::jwt::token::Form;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-OPAQUE",
    title: "The access token is a JWT that can be looked into.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "RFC 6749 §1.4; RFC 7662 §2",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::ACCESS_TOKEN,
    why: "A reference token is quite right, and nobody but its server can say what it holds: audience, scope, actor \
          and key stay unchecked here.",
    cause: "The authorization server issues reference tokens.",
    fix: "Ask its server, by introspection (RFC 7662), when the content matters.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = subject.token(Artifact::AccessToken) else {
        return Check::NotApplicable;
    };
    let got = match record.token.form {
        Form::Jws => return Check::Pass,
        Form::Jwe => "an encrypted token",
        Form::Saml => return Check::NotApplicable,
        Form::Opaque => "an opaque token",
    };
    Check::Found(vec![
        Finding::new(
            Pointer::Json("/access_token".to_owned()),
            Party::ResourceAs,
            "The access token cannot be read here, so nothing in it was checked.",
        )
        .expected("a JWT, or the server’s word about it")
        .got(got),
    ])
}
