//! Token exchange in general (FACTS §3.5).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
