//! Proofs of possession (FACTS §3.11).

mod dpop_alg;
mod dpop_ath;
mod dpop_htm;
mod dpop_htu;
mod dpop_iat;
mod dpop_ignored;
mod dpop_jkt_bind;
mod dpop_jwk;
mod dpop_nonce;
mod dpop_one;
mod dpop_typ;
pub(super) mod proof;

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &dpop_typ::RULE,
    &dpop_alg::RULE,
    &dpop_jwk::RULE,
    &dpop_htm::RULE,
    &dpop_htu::RULE,
    &dpop_iat::RULE,
    &dpop_ath::RULE,
    &dpop_nonce::RULE,
    &dpop_jkt_bind::RULE,
    &dpop_one::RULE,
    &dpop_ignored::RULE,
];
