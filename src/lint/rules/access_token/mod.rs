//! The access token and the call of the API (FACTS §3.9).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
