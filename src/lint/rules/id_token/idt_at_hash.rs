//! The access token is the one that the ID Token was issued with.

use crate::lint::prelude::*;
use crate::protocol::digest::half_hash;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDT-AT-HASH",
    title: "The ID Token’s at_hash, where there is one, fits the access token beside it.",
    severity: Severity::Warning,
    kind: Kind::Safety,
    spec: "OIDC §3.1.3.6, §3.1.3.8",
    revision: "OIDC Core",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["redeem-code", "device-token", "refresh"],
    why: "The hash binds the two: if it does not fit, one of them was put in by somebody else.",
    cause: "A token was swapped, or the IdP hashes another one than it sends.",
    fix: "Drop both and sign in again; if it stays, the IdP computes at_hash over another token.",
    leads_to: &[],
    words: &["at_hash"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let record = match super::id_token(subject) {
        Ok(record) => record,
        Err(early) => return early,
    };

    let Some(hash) = claims(&record.token).text("at_hash") else {
        return Check::NotApplicable;
    };
    let answer = subject.granted().unwrap_or_default();
    let Some(token) = answer["access_token"].as_str() else {
        return Check::NotApplicable;
    };
    let alg = header(&record.token).text("alg").unwrap_or_default();
    let Some(computed) = half_hash(alg, token) else {
        return Check::NotYet("it is not known which hash belongs to the algorithm");
    };
    Check::must(hash == computed, || {
        Finding::new(
            Pointer::Claim(record.name.clone(), "/at_hash".to_owned()),
            Party::Idp,
            "The at_hash of the ID Token does not fit the access token that came with it.",
        )
        .expected(computed)
        .got(hash)
    })
}
