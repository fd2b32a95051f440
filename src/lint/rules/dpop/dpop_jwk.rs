//! A DPoP proof carries the public half of its key, and nothing of the private one.

use super::proof::{self, Proof};
use crate::{lint::prelude::*, protocol::keys::thumbprint};

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-JWK",
    title: "The DPoP proof carries its public key as jwk, without private members.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §4.2, §4.3",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: proof::STEPS,
    why: "The server checks the proof with this key and binds the token to it. A private member in it gives the key \
          to everybody who sees the request.",
    cause: "The whole key was exported instead of its public half.",
    fix: "Put only the public members (kty, crv, x, y; or kty, n, e) into jwk.",
    leads_to: &["invalid_dpop_proof"],
    words: &["jwk", "private key", "public key"],
    check,
};

/// The members of a JWK that are secret (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

fn check(subject: &Subject<'_>) -> Check {
    let Some(proof) = Proof::of(subject) else {
        return Check::NotApplicable;
    };
    let jwk = header(&proof.token).0.get("jwk");
    let Some(members) = jwk.and_then(|jwk| jwk.as_object()) else {
        return Check::Found(vec![
            Finding::new(
                proof.jose("/jwk"),
                proof.owner,
                "The DPoP proof carries no key to check it with.",
            )
            .expected("the public key as a JWK")
            .got(if jwk.is_some() {
                "something that is no object"
            } else {
                "nothing"
            }),
        ]);
    };
    let mut found: Vec<Finding> = PRIVATE
        .iter()
        .filter(|name| members.contains_key(**name))
        .map(|name| {
            Finding::new(
                proof.jose(&format!("/jwk/{name}")),
                proof.owner,
                "The DPoP proof gives the private key away: whoever sees the request can use the tokens bound to it.",
            )
            .expected("public members alone")
            .got(format!("the private member {name}"))
            .fix("Treat the key as burnt: make a new one, and put only its public half into the proof.")
        })
        .collect();
    if found.is_empty() && jwk.is_some_and(|jwk| thumbprint(jwk).is_none()) {
        found.push(
            Finding::new(
                proof.jose("/jwk"),
                proof.owner,
                "The key in the DPoP proof is not complete, or of a kind without a public half.",
            )
            .expected("kty EC with crv, x, y; RSA with n, e; or OKP with crv, x")
            .got(format!("kty {}", shown(members.get("kty")))),
        );
    }
    Check::of(found)
}
