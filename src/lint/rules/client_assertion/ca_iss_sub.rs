//! A client assertion speaks for the client itself.

use super::{NAME, assertion};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-ISS-SUB",
    title: "iss and sub of the client assertion are the client’s id at this server.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7523 §3 (1, 2); OIDC Core §9",
    revision: "RFC 7523",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "The server looks the key up by this id: an id of another server is nobody’s here.",
    cause: "The client’s id at the other server was used: it is seldom the same at both.",
    fix: "Use the client’s id at this server for iss and sub.",
    leads_to: &["invalid_client", "401"],
    words: &["iss", "sub", "client_id", "client id", "unknown client"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    let side = subject.side().map(|side| subject.profile.client(side));
    let Some(id) = side
        .and_then(|client| client.id)
        .or_else(|| subject.form("client_id"))
    else {
        return Check::NotYet("the client’s id at this server is not known");
    };
    let claims = claims(&token);
    let wrong = ["iss", "sub"]
        .into_iter()
        .filter(|name| claims.text(name) != Some(id.as_str()));
    Check::of(
        wrong
            .map(|name| {
                let at = Pointer::Claim(NAME.to_owned(), format!("/{name}"));
                let finding = |says: String| Finding::new(at, Party::You, says);
                match claims.text(name) {
                    None => finding(format!("The client assertion has no {name}."))
                        .expected(&id)
                        .got(shown(claims.0.get(name))),
                    Some(got) => finding(match elsewhere(subject, got) {
                        Some(place) => {
                            format!(
                                "The {name} of the client assertion is the client’s id at {place}."
                            )
                        }
                        None => {
                            format!("The {name} of the client assertion is not this client’s id.")
                        }
                    })
                    .differs(&id, got),
                }
            })
            .collect(),
    )
}

/// Tells at which other server an id is this client's.
fn elsewhere(subject: &Subject<'_>, id: &str) -> Option<&'static str> {
    let is = |field| subject.text(field) == Some(id);
    match subject.server() {
        Party::ResourceAs => {
            (is(fields::AGENT_CLIENT_ID) || is(fields::SSO_CLIENT_ID)).then_some("the IdP")
        }
        _ => is(fields::RESOURCE_AS_CLIENT_ID).then_some("the resource AS"),
    }
}
