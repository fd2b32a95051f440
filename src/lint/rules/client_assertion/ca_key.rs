//! A client assertion is signed as the server can check.

use super::{NAME, assertion};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-KEY",
    title: "The client assertion is signed with an algorithm that the server takes and with the key that the profile \
          names.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7523 §3; RFC 8725 §3.1; RFC 8414 §2",
    revision: "RFC 7523",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "The server looks for the key by kid and alg among those that the client published; what does not match is \
          not checked.",
    cause: "The key was replaced and its new public half never published, or the server does not take its algorithm.",
    fix: "Publish the key at this server, and sign with an algorithm that it lists.",
    leads_to: &["invalid_client", "401"],
    words: &["signature", "kid", "jwks", "alg", "algorithm", "public key"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    let header = header(&token);
    let place = |name: &str| Pointer::Jose(NAME.to_owned(), format!("/{name}"));
    let mut findings = Vec::new();
    let alg = header.text("alg").unwrap_or_default();
    let metadata = subject.metadata(subject.server());
    let listed = metadata
        .as_ref()
        .and_then(|metadata| metadata.list("token_endpoint_auth_signing_alg_values_supported"));
    if alg.is_empty() || alg.eq_ignore_ascii_case("none") {
        findings.push(
            Finding::new(
                place("alg"),
                Party::You,
                "The client assertion is not signed.",
            )
            .expected("a signature algorithm")
            .got(shown(header.0.get("alg"))),
        );
    } else if let Some(listed) = listed.as_ref().filter(|listed| !lists(listed, alg)) {
        let says =
            format!("The client assertion is signed with {alg}, which the server does not list.");
        findings.push(
            Finding::new(place("alg"), Party::You, says)
                .expected(listed.join(", "))
                .got(alg)
                // A list in metadata is what a server says of itself, not what it does.
                .severity(Severity::Warning),
        );
    }
    let named = subject
        .side()
        .and_then(|side| subject.profile.client(side).kid);
    if let Some(kid) = named.as_deref() {
        let got = header.text("kid");
        if got != Some(kid) {
            let says = "The client assertion names another key than the profile.";
            let finding = Finding::new(place("kid"), Party::You, says);
            findings.push(match got {
                Some(got) => finding.differs(kid, got),
                None => finding.expected(kid).got("nothing"),
            });
        }
    }
    if findings.is_empty() && listed.is_none() && named.is_none() {
        return Check::NotYet("what the client published and the server takes is not known here");
    }
    Check::of(findings)
}

/// Tells whether a list holds an algorithm; the newer name of EdDSA over Curve25519 is Ed25519 (RFC 9864).
fn lists(listed: &[&str], alg: &str) -> bool {
    listed.contains(&alg) || (alg == "EdDSA" && listed.contains(&"Ed25519"))
}
