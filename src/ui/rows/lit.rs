//! Lights the rows that findings speak of, and finds the row of a finding.

use super::{Cx, Row};
use crate::{
    protocol::pointer::{Pointer, Side},
    ui::panels::findings::shown,
};

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

/// Returns the row that a finding points at.
pub fn row_of(rows: &[Row], at: &Pointer) -> Option<usize> {
    rows.iter().position(|row| points_at(row, at))
}

/// Returns the row nearest to what is not there: a claim that a token lacks, a member that an answer lacks, a token in
/// a parameter or header that is not taken apart.
pub fn row_near(rows: &[Row], at: &Pointer) -> Option<usize> {
    let same_token = |name: &str| {
        rows.iter().position(|row| {
            matches!(&row.at, Some(Pointer::Claim(other, _) | Pointer::Jose(other, _)) if other == name)
        })
    };
    let like = |test: fn(&Pointer) -> bool| {
        rows.iter()
            .position(|row| row.at.as_ref().is_some_and(test))
    };
    match at {
        Pointer::Claim(name, _) | Pointer::Jose(name, _) => same_token(name).or_else(|| {
            let form = Pointer::Form(name.replace('-', "_"));
            let header = Pointer::Header(Side::Request, name.clone());
            row_of(rows, &form).or_else(|| row_of(rows, &header))
        }),
        Pointer::Form(_) => like(|at| matches!(at, Pointer::Form(_))),
        Pointer::Header(Side::Request, _) => {
            like(|at| matches!(at, Pointer::Header(Side::Request, _)))
        }
        Pointer::Header(Side::Response, _) => {
            like(|at| matches!(at, Pointer::Header(Side::Response, _)))
        }
        Pointer::Json(_) | Pointer::Status => like(|at| matches!(at, Pointer::Status)),
        Pointer::Query(_) | Pointer::Url => like(|at| matches!(at, Pointer::Url)),
        Pointer::Profile(_) | Pointer::Time => None,
    }
}

fn points_at(row: &Row, at: &Pointer) -> bool {
    match at {
        Pointer::Profile(path) => row.field.is_some_and(|field| field.0 == path),
        _ => row.at.as_ref() == Some(at),
    }
}
