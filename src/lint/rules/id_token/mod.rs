//! The ID Token (FACTS §3.10).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
