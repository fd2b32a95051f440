//! Proofs of possession (FACTS §3.11).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
