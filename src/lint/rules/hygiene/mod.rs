//! What holds for MCP, for client metadata documents and for every JWT (FACTS §3.15).

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[];
