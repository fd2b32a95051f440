//! Client instance assertions (FACTS §3.13).

pub(super) mod assertion;
mod cia_alg;
mod cia_at_bound;
mod cia_at_delegated;
mod cia_at_self;
mod cia_claims;
mod cia_client_id;
mod cia_descriptor;
mod cia_lifetime;
mod cia_no_act;
mod cia_param_version;
mod cia_pop;
mod cia_superseded;
mod cia_typ;

use crate::lint::Rule;

/// The flows in which an instance may present its assertion.
const INSTANCE_FLOWS: &[&str] = &["instance-assertion", "delegation"];

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &cia_param_version::RULE,
    &cia_typ::RULE,
    &cia_claims::RULE,
    &cia_descriptor::RULE,
    &cia_client_id::RULE,
    &cia_pop::RULE,
    &cia_no_act::RULE,
    &cia_at_bound::RULE,
    &cia_at_delegated::RULE,
    &cia_at_self::RULE,
    &cia_alg::RULE,
    &cia_lifetime::RULE,
    &cia_superseded::RULE,
];
