//! A DPoP proof is signed with a key pair, by an algorithm that the server takes.

use super::proof::{self, Proof};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-ALG",
    title: "The DPoP proof is signed by an asymmetric algorithm that the server supports.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §4.2, §4.3, §5.1",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: proof::STEPS,
    why: "A proof shows that its maker holds a private key. With none nobody signed it, and with HS256 the server \
          would have to know the key.",
    cause: "A sample’s HS256 was kept, or the server does not know the newer algorithm of the key.",
    fix: "Sign proofs with ES256, or with another algorithm in the server’s dpop_signing_alg_values_supported.",
    leads_to: &["invalid_dpop_proof"],
    words: &["algorithm", "alg "],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(proof) = Proof::of(subject) else {
        return Check::NotApplicable;
    };
    let finding = |says: String| Finding::new(proof.jose("/alg"), proof.owner, says);
    let Some(alg) = header(&proof.token).text("alg") else {
        return Check::Found(vec![
            finding("The DPoP proof names no algorithm.".to_owned())
                .expected("an asymmetric algorithm such as ES256")
                .got("nothing"),
        ]);
    };
    if alg.eq_ignore_ascii_case("none") || alg.starts_with("HS") {
        let why = if alg.starts_with("HS") {
            "is signed with a shared secret, which proves no private key"
        } else {
            "is not signed"
        };
        return Check::Found(vec![
            finding(format!("The DPoP proof {why}."))
                .expected("an asymmetric algorithm such as ES256")
                .got(alg),
        ]);
    }
    let server = subject.server();
    let metadata = subject.metadata(server);
    // A server that lists none may still take this one (RFC 9449 §5.1 makes the list optional).
    let Some(listed) = metadata
        .as_deref()
        .and_then(|metadata| metadata.list("dpop_signing_alg_values_supported"))
    else {
        return Check::Pass;
    };
    Check::must(listed.contains(&alg), || {
        finding(format!(
            "The DPoP proof is signed by an algorithm that the {} does not list.",
            server.name()
        ))
        .expected(listed.join(", "))
        .got(alg)
        .fix("Set dpop.alg to one of the algorithms that the server lists.")
    })
}
