//! What servers publish about themselves (FACTS §3.1).

mod disc_issuer_match;

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[&disc_issuer_match::RULE];
