//! What a walk looks like outside: pure readers of a session, one file per format.

pub mod curl;
pub mod handoff;
pub mod markdown;
pub mod mask;
pub mod mermaid;
pub mod report;
pub mod text;
pub mod trace;

pub use curl::{Arg, Curl, Piece, curl};
pub use handoff::handoff;
pub use markdown::markdown;
pub use mask::masked;
pub use mermaid::mermaid;
pub use report::report;
pub use text::text;
pub use trace::{TraceError, read, write};

/// The name and version that reports and traces carry.
pub const TOOL: &str = concat!("jagwalk ", env!("CARGO_PKG_VERSION"));
