//! The ID-JAG itself (FACTS §3.7).

mod idjag_client_id_ras;
mod idjag_typ;

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[&idjag_typ::RULE, &idjag_client_id_ras::RULE];
