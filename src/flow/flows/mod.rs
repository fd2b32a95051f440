//! The flows, one file each.

mod actor_profile;
mod assertion_exchange;
mod delegation;
mod instance_assertion;
mod mcp;
mod xaa;

use super::Flow;

pub use actor_profile::ACTOR_PROFILE;
pub use assertion_exchange::ASSERTION_EXCHANGE;
pub use delegation::DELEGATION;
pub use instance_assertion::INSTANCE_ASSERTION;
pub use mcp::MCP;
pub use xaa::XAA;

/// Every flow that can be walked.
pub static FLOWS: &[&Flow] = &[
    &XAA,
    &DELEGATION,
    &ASSERTION_EXCHANGE,
    &INSTANCE_ASSERTION,
    &ACTOR_PROFILE,
    &MCP,
];

/// Returns the flow of that id.
pub fn find(id: &str) -> Option<&'static Flow> {
    FLOWS.iter().copied().find(|flow| flow.id.0 == id)
}
