//! What every request to a token endpoint, and every answer of one, obeys (FACTS §3.3).

mod tok_cache;

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[&tok_cache::RULE];
