//! The walks of the profile, the newest first: of which flow, when, how far, what became of it, and how long it took.

use unicode_width::UnicodeWidthStr as _;

use crate::{
    protocol::{time::Timestamp, visible::visible},
    session::Session,
    ui::{
        farewell::stands,
        model::{Model, PAST_LIMIT},
        rows::{Goes, Row, took, words, wrap},
        theme::Role,
    },
};

/// Returns a row for each walk, and which are gone.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let opened = model.opened();
    let here = opened.looking.unwrap_or(opened.past.len());
    let pad = opened.walks().map(|walk| walk.flow.id.0.width()).max();
    let pad = pad.unwrap_or_default();
    let mut rows: Vec<Row> = opened
        .walks()
        .enumerate()
        .map(|(at, session)| row(model, session, pad, at == here).going(Goes::Walk(at)))
        .collect();
    rows.reverse();
    let oldest = opened.walks().next().map_or(1, |walk| walk.walk.number);
    if oldest > 1 {
        let says = format!(
            " Of those before, none is kept: the newest {PAST_LIMIT} that are over are, until you leave."
        );
        rows.push(Row::text(Role::Muted, says));
    }
    wrap(rows, width)
}

fn row(model: &Model, session: &Session, pad: usize, here: bool) -> Row {
    let glyphs = model.look.glyphs;
    let attempts = || {
        let steps = session.walk.steps.iter();
        steps.flat_map(|state| &state.attempts)
    };
    let begun = attempts().map(|attempt| attempt.started).min();
    let micros: u64 = attempts().map(crate::session::Attempt::micros).sum();
    let on = !session.archived;
    let mark = if here { glyphs.current } else { " " };
    let flow = session.flow.id.0;
    let when = begun.map_or_else(|| " ".repeat(8), words::clock);
    let stands = visible(&session.vault.mask(&stands(session))).into_owned();
    let role = match session.verdict(None) {
        Some(_) => Role::FindingWarning,
        None => Role::Text,
    };
    let mut spans = vec![
        (Role::Accent, format!(" {mark} ")),
        (Role::FieldValue, format!("{:>3}", session.walk.number)),
        (
            Role::Text,
            format!("  {flow}{}", " ".repeat(pad - flow.width())),
        ),
        (Role::Muted, format!("  {when}  ")),
    ];
    if on {
        spans.push((Role::StepReady, "on: ".to_owned()));
    }
    spans.push((role, stands));
    if micros > 0 {
        spans.push((Role::Muted, format!(" {} {}", glyphs.dot, took(micros))));
    }
    Row::new(spans).noted(Some(note(model.now, on, begun, micros)))
}

fn note(now: Timestamp, on: bool, begun: Option<Timestamp>, micros: u64) -> String {
    let lead = if on {
        "The walk that is on."
    } else {
        "Over, and as it was: profile, flow, tokens."
    };
    match begun {
        Some(begun) => format!(
            "{lead} Its first request was sent {begun}, {} ago; its requests took {} in all.",
            now.since(begun),
            took(micros)
        ),
        None => format!("{lead} Nothing was sent."),
    }
}
