//! The instance proves its key.

use super::{INSTANCE_FLOWS, assertion};
use crate::{
    lint::{
        prelude::*,
        rules::dpop::proof::{self, Proof},
    },
    protocol::secret::Secret,
};

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-POP",
    title: "The request’s DPoP proof is made with the key in the assertion’s cnf.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "CIA §8.4, §8.5",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::REQUESTS,
    why: "The assertion alone is a bearer token; only the proof shows that the instance itself sends it.",
    cause: "The proof was made with the client’s key or with a new one.",
    fix: "Sign the DPoP proof with the key whose thumbprint is in cnf, and send the same thumbprint as dpop_jkt.",
    leads_to: &[
        "invalid_request",
        "invalid_client",
        "invalid_dpop_proof",
        "invalid_grant",
    ],
    words: &["cnf", "jkt", "possession", "key binding", "thumbprint"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = assertion::presented(subject) else {
        return Check::NotApplicable;
    };
    let Some(jkt) = assertion.jkt() else {
        let cnf = claims(&assertion.token).0.get("cnf");
        return match cnf.and_then(|cnf| cnf.get("x5t#S256")) {
            Some(_) => Check::NotYet("the client certificate of the connection is not known"),
            None => Check::NotApplicable,
        };
    };
    let Some(proof) = Proof::of(subject) else {
        return Check::Found(vec![
            Finding::new(
                Pointer::Header(Side::Request, "dpop".to_owned()),
                Party::You,
                "The instance assertion is bound to a key, and the request proves none.",
            )
            .expected(format!("a DPoP proof by the key {jkt}"))
            .got("nothing"),
        ]);
    };
    // Who asked for the assertion with the same key has done all; its issuer wrote another one down.
    let shown = subject
        .last_request("instance-assertion")
        .and_then(|http| http.header("dpop"))
        .map(|proof| Token::parse(&Secret::minted("dpop-proof", proof.wire())))
        .and_then(|proof| proof::key(&proof));
    let owner = if shown.is_some() && shown == proof.key() {
        Party::InstanceIssuer
    } else {
        Party::You
    };
    let mut found = Vec::new();
    if let Some(key) = proof.key().filter(|key| key != jkt) {
        found.push(
            Finding::new(
                proof.jose("/jwk"),
                owner,
                "The DPoP proof was made with another key than the instance assertion is bound to.",
            )
            .expected(format!("the key {jkt}"))
            .got(format!("the key {key}")),
        );
    }
    let announced = (subject.form("grant_type").as_deref() == Some(urn::AUTHORIZATION_CODE))
        .then(|| subject.last_request("authorize"))
        .flatten()
        .and_then(|http| http.query.get("dpop_jkt"))
        .map(crate::protocol::http::Value::wire);
    if let Some(announced) = announced.filter(|announced| announced != jkt) {
        found.push(
            Finding::new(
                assertion.claim("/cnf/jkt"),
                owner,
                "The sign-in announced another key as dpop_jkt than the instance assertion is bound to.",
            )
            .expected(format!("the key {announced}"))
            .got(format!("the key {jkt}")),
        );
    }
    if found.is_empty() && proof::key(&proof.token).is_none() {
        return Check::NotYet("the key of the proof cannot be read");
    }
    Check::of(found)
}
