//! The walks of the profile, the newest first: of which flow, when, how far, what became of it, and how long it took.

use unicode_width::UnicodeWidthStr as _;

use crate::{
    protocol::{time::Timestamp, visible::visible},
    session::Session,
    ui::{
        farewell::stands,
        model::{Model, PAST_LIMIT},
        rail::fit,
        rows::{Goes, Row, took, words, wrap},
        theme::{Glyphs, Role},
    },
};

/// Returns a row for each walk, and which are gone.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let opened = model.opened();
    let here = opened.looking.unwrap_or(opened.past.len());
    let pad = opened.walks().map(|walk| walk.flow.id.0.width()).max();
    let pad = pad.unwrap_or_default();
    let walks: Vec<&Session> = opened.walks().collect();
    let mut rows: Vec<Row> = walks
        .into_iter()
        .enumerate()
        .rev()
        .flat_map(|(at, session)| {
            let row = row(model, session, pad, at == here).going(Goes::Walk(at));
            short(wrap(vec![row], width), width, model.look.glyphs)
        })
        .collect();
    let oldest = opened.walks().next().map_or(1, |walk| walk.walk.number);
    if oldest > 1 {
        let says = format!(
            " Of those before, none is kept: the newest {PAST_LIMIT} that are over are, until you leave."
        );
        rows.extend(wrap(vec![Row::text(Role::Muted, says)], width));
    }
    rows
}

/// A walk takes no more lines than this.
const LINES: usize = 2;

/// Cuts a walk to its lines, with a sign; looked at, the walk tells the rest.
fn short(mut lines: Vec<Row>, width: u16, glyphs: &Glyphs) -> Vec<Row> {
    let more = lines.len() > LINES;
    lines.truncate(LINES);
    if let Some(last) = lines.last_mut().filter(|_| more) {
        let mut spans = std::mem::take(&mut last.spans);
        spans.push((Role::Muted, glyphs.cut.to_owned()));
        last.spans = fit(spans, usize::from(width), glyphs);
    }
    lines
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
    let stands = stands(session);
    let shown = |text: &str| visible(&session.vault.mask(text)).into_owned();
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
        spans.push((Role::StepReady, "now on, ".to_owned()));
    }
    // Whose side it is on comes before the reason, which may be long.
    spans.push((role, shown(&stands.came)));
    if !stands.side.is_empty() {
        spans.push((role, format!(" {}", shown(&stands.side))));
    }
    if micros > 0 {
        spans.push((Role::Muted, format!(" {} {}", glyphs.dot, took(micros))));
    }
    if !stands.why.is_empty() {
        spans.push((Role::Text, format!(": {}", shown(&stands.why))));
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
