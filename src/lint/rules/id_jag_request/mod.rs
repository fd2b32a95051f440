//! The request for an ID-JAG (FACTS §3.6).

mod idjag_req_aud_slash;

use crate::lint::Rule;

/// The rules of this group.
pub static RULES: &[&Rule] = &[&idjag_req_aud_slash::RULE];
