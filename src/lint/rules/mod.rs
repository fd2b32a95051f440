//! The rules, one file each, in the groups of FACTS §3.

mod access_token;
mod act;
mod authorize;
mod client_assertion;
mod discovery;
mod dpop;
mod exchange;
mod hygiene;
mod id_jag;
mod id_jag_request;
mod id_token;
mod instance;
mod jwt_bearer;
mod token_endpoint;
mod txn;

use super::Rule;

/// Every group, in the order of the catalogue.
const GROUPS: &[&[&Rule]] = &[
    discovery::RULES,
    authorize::RULES,
    token_endpoint::RULES,
    client_assertion::RULES,
    exchange::RULES,
    id_jag_request::RULES,
    id_jag::RULES,
    jwt_bearer::RULES,
    access_token::RULES,
    id_token::RULES,
    dpop::RULES,
    act::RULES,
    instance::RULES,
    txn::RULES,
    hygiene::RULES,
];

/// Returns every rule, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().flat_map(|group| group.iter().copied())
}
