//! Who acts for whom: the `act` chain and the actor profile (FACTS §3.12).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
