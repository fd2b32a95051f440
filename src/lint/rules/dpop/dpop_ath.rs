//! At an API, a DPoP proof names the token that it goes with.

use super::proof::{self, Proof};
use crate::{
    lint::prelude::*,
    protocol::digest::{b64url, sha256},
};

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-ATH",
    title: "At an API, the DPoP proof’s ath is the hash of the access token that is sent.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §4.2, §7.1",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: proof::CALLS,
    why: "Without it a proof could be used with another token that is bound to the same key.",
    cause: "The proof was made as for a token endpoint, where there is no ath, or for a token of before.",
    fix: "Set ath to the base64url of SHA-256 over the access token exactly as it is sent.",
    leads_to: &["invalid_dpop_proof", "invalid_token"],
    words: &["access token hash", "'ath'", "ath claim"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(proof) = Proof::of(subject) else {
        return Check::NotApplicable;
    };
    let Some(field) = subject.sent_header("authorization") else {
        return Check::NotApplicable;
    };
    let token = field.split_once(' ').map_or("", |(_, token)| token.trim());
    if token.is_empty() {
        return Check::NotApplicable;
    }
    let hash = b64url(&sha256(token.as_bytes()));
    let ath = claims(&proof.token).text("ath");
    Check::must(ath == Some(&hash), || {
        let says = if ath.is_some() {
            "The DPoP proof was made for another access token than the one that is sent."
        } else {
            "The DPoP proof does not name the access token that it goes with."
        };
        Finding::new(proof.claim("/ath"), proof.owner, says)
            .expected(hash.clone())
            .got(shown(claims(&proof.token).0.get("ath")))
    })
}
