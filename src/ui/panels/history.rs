//! The attempts of a step: when, how each ended, and what was made of it.

use super::Panel;
use crate::ui::{
    rows::{Cx, Goes, Row, took, words, wrap},
    theme::Role,
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "history",
    title: "History",
    rows,
    badge,
};

fn badge(cx: &Cx) -> Option<String> {
    let count = cx.session.step(cx.step).attempts.len();
    (count > 1).then(|| count.to_string())
}

fn rows(cx: &Cx) -> Vec<Row> {
    let state = cx.session.step(cx.step);
    let Some(step) = cx.session.flow.step(cx.step) else {
        return Vec::new();
    };
    let count = state.attempts.len();
    if count == 0 {
        return wrap(words::why_not(cx, "It was never sent in this walk"), cx.width);
    }
    let chosen = cx.attempt.unwrap_or(count - 1);
    let mut rows = Vec::new();
    for (index, attempt) in state.attempts.iter().enumerate() {
        let goes = Goes::Attempt(index);
        let (role, how) = words::outcome(attempt, step.info().to);
        let mark = if index == chosen { cx.glyphs.current } else { " " };
        let mut spans = vec![
            (Role::Accent, format!("{mark} ")),
            (Role::FieldLabel, format!("{}  ", attempt.number)),
            (Role::Muted, format!("{}  ", attempt.started)),
            (role, how),
        ];
        if state.stale && index + 1 == count {
            spans.push((Role::StepStale, ", stale".to_owned()));
        }
        if attempt.ended.is_some() {
            let sent = words::count(attempt.made.len(), "request");
            let dot = cx.glyphs.dot;
            spans.push((Role::Muted, format!(" {dot} {sent} {dot} {}", took(attempt.micros()))));
        }
        let note = Some(format!("It was sent {}.", attempt.started));
        rows.push(Row::new(spans).going(goes).noted(note));
        if !attempt.says.is_empty() {
            let mut row = Row::text(Role::Muted, cx.value(&attempt.says));
            row.spans.insert(0, (Role::Text, "     ".to_owned()));
            row.depth = 1;
            rows.push(row.going(goes));
        }
    }
    wrap(rows, cx.width)
}
