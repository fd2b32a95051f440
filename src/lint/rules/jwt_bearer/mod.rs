//! The redemption of an ID-JAG (FACTS §3.8).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
