//! The authorization request and its answer (FACTS §3.2).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
