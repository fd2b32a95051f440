//! The ID Token is signed as was agreed.

use crate::lint::prelude::*;
use crate::profile::{Auth, Side as Client};

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDT-ALG",
    title: "The ID Token is signed with RS256 or with another algorithm that the IdP lists, and never with none.",
    severity: Severity::Warning,
    kind: Kind::Must,
    spec: "OIDC §3.1.3.7 (7); RFC 8725 §3.1",
    revision: "OIDC Core",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::SIGN_IN,
    why: "A client that takes whatever algorithm the token names lets the sender choose how it is checked.",
    cause: "The client is registered with another id_token_signed_response_alg, or the IdP’s metadata is incomplete.",
    fix: "Register the client with RS256 or ES256, and have the IdP list the algorithm in \
          id_token_signing_alg_values_supported.",
    leads_to: &["invalid_grant", "invalid_request"],
    words: &["alg", "signature"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let record = match super::id_token(subject) {
        Ok(record) => record,
        Err(early) => return early,
    };

    let head = header(&record.token);
    let at = Pointer::Jose(record.name.clone(), "/alg".to_owned());
    let alg = head.text("alg").unwrap_or_default();
    if alg.is_empty() || alg.eq_ignore_ascii_case("none") {
        return Check::Found(vec![
            Finding::new(at, Party::Idp, "The ID Token is not signed.")
                .expected("RS256")
                .got(shown(head.0.get("alg")))
                .severity(Severity::Error),
        ]);
    }
    if alg == "RS256" {
        return Check::Pass;
    }
    let metadata = subject.metadata(Party::Idp);
    let listed = metadata
        .as_ref()
        .and_then(|metadata| metadata.list("id_token_signing_alg_values_supported"));
    let public = subject.profile.client(Client::Sso).auth == Auth::None;
    let (owner, says) = match listed {
        // The key of HS256 is the client's secret, and this client has none.
        _ if alg.starts_with("HS") && public => (
            Party::Client,
            "The ID Token is signed with a client secret, and this client has none.",
        ),
        Some(listed) if listed.contains(&alg) => return Check::Pass,
        Some(_) => (
            Party::Idp,
            "The ID Token is signed with an algorithm that the IdP does not list.",
        ),
        None => return Check::NotYet("the algorithms of the IdP are not known"),
    };
    Check::Found(vec![
        Finding::new(at, owner, says).expected("RS256").got(alg),
    ])
}
