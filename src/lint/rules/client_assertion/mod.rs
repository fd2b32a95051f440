//! How a client proves itself with a key (FACTS §3.4).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
