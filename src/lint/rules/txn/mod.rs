//! Transaction Tokens (FACTS §3.14).

mod token;
mod txn_act_iss;
mod txn_aud;
mod txn_claims;
mod txn_context;
mod txn_header;
mod txn_lifetime;
mod txn_no_at;
mod txn_req;
mod txn_req_context;
mod txn_typ;

use crate::lint::Rule;

/// The flows that end inside a trust domain.
const TXN_FLOWS: &[&str] = &["actor-profile"];

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &txn_req::RULE,
    &txn_req_context::RULE,
    &txn_typ::RULE,
    &txn_claims::RULE,
    &txn_aud::RULE,
    &txn_header::RULE,
    &txn_act_iss::RULE,
    &txn_context::RULE,
    &txn_lifetime::RULE,
    &txn_no_at::RULE,
];
