//! A client with credentials uses them.

use super::{proves_itself_otherwise, ways};
use crate::{lint::prelude::*, profile::Auth};

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-NO-AUTH",
    title: "A client that was given credentials authenticates.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §3.2.1",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "Without proof anybody who holds a leaked code, token or assertion could redeem it in the client’s name.",
    cause: "The second hop was left without the client’s proof, or an override emptied it.",
    fix: "Let the client authenticate as it is registered.",
    leads_to: &["invalid_client", "unauthorized_client", "401"],
    words: &[
        "client authentication",
        "authenticate",
        "credentials",
        "client_secret",
        "client_assertion",
    ],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let (Some(side), Some(_)) = (subject.side(), subject.http()) else {
        return Check::NotApplicable;
    };
    let client = subject.profile.client(side);
    let has = |field| subject.profile.secret(field).is_some();
    let given = has(client.secret_field) || has(client.key_field);
    if client.auth == Auth::None && !given {
        return Check::NotApplicable;
    }
    if proves_itself_otherwise(subject) {
        return Check::NotApplicable;
    }
    Check::must(!ways(subject).is_empty(), || {
        let at = match client.auth {
            Auth::SecretBasic => Pointer::Header(Side::Request, "authorization".to_owned()),
            Auth::SecretPost => Pointer::Form("client_secret".to_owned()),
            Auth::PrivateKeyJwt => Pointer::Form("client_assertion".to_owned()),
            Auth::None => Pointer::Profile(client.auth_field.0.to_owned()),
        };
        let finding = Finding::new(
            at,
            Party::You,
            "The request carries no client authentication, though the profile has credentials for this client.",
        )
        .got("nothing");
        if client.auth == Auth::None {
            // The profile says so itself; its key or secret may be kept for another way of signing in.
            finding
                .expected("client authentication")
                .severity(Severity::Warning)
                .fix(format!(
                    "Choose a way in {}, or take the unused credential out of the profile.",
                    client.auth_field.0
                ))
        } else {
            finding.expected(client.auth.id())
        }
    })
}
