//! The one clock of the program; everything else gets its time handed in.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::protocol::time::Timestamp;

/// Returns the present moment; a clock set before 1970 reads as 1970.
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
