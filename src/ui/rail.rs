//! The rail: where the user is in the walk, as one line or as rows.

use super::{
    rows::{Goes, Row},
    theme::{Glyphs, Role},
};
use crate::{flow::StepId, protocol::time::Timestamp, session::Session};

/// Returns the rail as one line, for small screens.
pub fn rail_line(
    session: &Session,
    current: StepId,
    width: u16,
    glyphs: &Glyphs,
) -> Vec<(Role, String)> {
    let _ = (current, width, glyphs);
    (1..=session.flow.steps().count())
        .map(|n| (Role::Text, format!("{n} ")))
        .collect()
}

/// Returns the rail as rows: stages, steps, tokens.
pub fn rail_rows(
    session: &Session,
    current: StepId,
    now: Timestamp,
    width: u16,
    glyphs: &Glyphs,
) -> Vec<Row> {
    let _ = (current, now, width, glyphs);
    session
        .flow
        .steps()
        .map(|step| Row::text(Role::Text, step.info().short).going(Goes::Step(step.info().id)))
        .collect()
}
