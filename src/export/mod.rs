//! What a walk looks like outside: pure readers of a session, one file per format.

use std::{ffi::OsStr, path::Path};

use crate::session::{Session, headless};

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

/// Writes a walk for a file, in the form that its name asks for: `.md` a report, `.txt` the story, `.mmd` the diagram,
/// and whatever else a trace, which can be opened again. Always masked.
pub fn for_file(path: &Path, session: &Session) -> String {
    let sent = session.walk.steps.iter().rev();
    let mut sent = sent.filter(|state| !state.attempts.is_empty());
    let last = session.walk.steps.last();
    let Some(through) = sent.next().or(last).map(|state| state.id) else {
        return trace::write(session);
    };
    let end = headless::end(session, through);
    match path.extension().and_then(OsStr::to_str) {
        Some("md") => markdown(session, through, end, false),
        Some("txt") => text::text(session, through, end, false),
        Some("mmd") => mermaid(session, false),
        _ => trace::write(session),
    }
}
