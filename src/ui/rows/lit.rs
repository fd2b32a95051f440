//! Lights the rows that findings speak of, and finds the row of a finding.

use super::{Cx, Row};
use crate::{protocol::pointer::Pointer, ui::panels::findings::shown};

/// Marks every row that a finding points at.
pub fn light(cx: &Cx, rows: &mut [Row]) {
    for (index, finding) in shown(cx).into_iter().enumerate() {
        let mut first = true;
        for row in rows.iter_mut().filter(|row| points_at(row, &finding.at)) {
            if row.found.is_none_or(|(worst, _)| worst < finding.severity) {
                row.found = Some((finding.severity, index));
            }
            // A value over several lines is one place: its first line says what is wrong.
            if first {
                let says = format!("{}: {}", finding.code, cx.text(&finding.says));
                row.note = Some(match row.note.take() {
                    Some(note) => format!("{says} {note}"),
                    None => says,
                });
                first = false;
            }
        }
    }
}

/// Returns the row that a finding points at: the very place, else the token it is in.
pub fn row_of(rows: &[Row], at: &Pointer) -> Option<usize> {
    rows.iter().position(|row| points_at(row, at))
}

fn points_at(row: &Row, at: &Pointer) -> bool {
    match at {
        Pointer::Profile(path) => row.field.is_some_and(|field| field.0 == path),
        _ => row.at.as_ref() == Some(at),
    }
}
