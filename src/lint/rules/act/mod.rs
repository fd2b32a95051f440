//! Who acts for whom: the `act` chain and the actor profile (FACTS §3.12).

mod act_actortoken_act;
mod act_alien_claims;
mod act_append;
mod act_aud_conflict;
mod act_depth;
mod act_iss;
mod act_nesting;
mod act_object;
mod act_self;
mod act_sub;
mod act_when_delegated;
pub(super) mod chain;

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &act_object::RULE,
    &act_nesting::RULE,
    &act_sub::RULE,
    &act_iss::RULE,
    &act_when_delegated::RULE,
    &act_append::RULE,
    &act_actortoken_act::RULE,
    &act_aud_conflict::RULE,
    &act_alien_claims::RULE,
    &act_depth::RULE,
    &act_self::RULE,
];
