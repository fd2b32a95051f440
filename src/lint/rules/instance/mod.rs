//! Client instance assertions (FACTS §3.13).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
