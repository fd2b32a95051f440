//! Transaction Tokens (FACTS §3.14).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
