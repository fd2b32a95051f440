//! Token exchange in general (FACTS §3.5).

mod tx_actor_pair;
mod tx_delegation_lost;
mod tx_grant_type;
mod tx_issued_token_type;
mod tx_issued_token_type_asked;
mod tx_may_act;
mod tx_refresh;
mod tx_resource_uri;
mod tx_sub_changed;
mod tx_subject_error_code;
mod tx_subject_pair;
mod tx_subject_type_fit;
mod tx_target_error_code;
mod tx_token_type_na;

use super::token_endpoint::waits;
use crate::{flow::TokenRecord, lint::prelude::*};

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &tx_grant_type::RULE,
    &tx_subject_pair::RULE,
    &tx_actor_pair::RULE,
    &tx_resource_uri::RULE,
    &tx_issued_token_type::RULE,
    &tx_issued_token_type_asked::RULE,
    &tx_token_type_na::RULE,
    &tx_refresh::RULE,
    &tx_subject_error_code::RULE,
    &tx_delegation_lost::RULE,
    &tx_target_error_code::RULE,
    &tx_sub_changed::RULE,
    &tx_subject_type_fit::RULE,
    &tx_may_act::RULE,
];

/// The type of a Transaction Token (Transaction Tokens §11.1).
const TXN_TOKEN: &str = "urn:ietf:params:oauth:token-type:txn_token";

/// Returns what the exchange issued.
fn issued<'a>(subject: &Subject<'a>) -> Option<&'a TokenRecord> {
    let beside = [Artifact::IdToken, Artifact::RefreshToken];
    let mut tokens = subject.tokens.iter();
    tokens.find(|record| !beside.contains(&record.artifact))
}
