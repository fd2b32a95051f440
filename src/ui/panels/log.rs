//! Every exchange of the walk, or of the step: when, what for, where to, and what became of it.

use unicode_width::UnicodeWidthStr;

use super::{Panel, no_badge};
use crate::{
    flow::{Made, StepId},
    protocol::{
        exchange::{Answer, Failure, Purpose},
        party::Party,
        time::Timestamp,
    },
    session::What,
    ui::{
        filter::{Entry, Filter},
        rows::{Cx, Goes, Row, words, wrap},
        theme::Role,
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "log",
    title: "Log",
    rows,
    badge: no_badge,
};

/// From this width on an exchange takes one row.
const WIDE: u16 = 110;

fn made<'a>(cx: &Cx<'a>) -> Vec<(StepId, &'a Made)> {
    let mut all: Vec<(StepId, &Made)> = cx
        .session
        .walk
        .steps
        .iter()
        .filter(|state| cx.log_whole || state.id == cx.step)
        .flat_map(|state| state.attempts.iter().flat_map(|attempt| &attempt.made).map(|made| (state.id, made)))
        .collect();
    all.sort_by_key(|(_, made)| made.exchange.times.start);
    all
}

fn rows(cx: &Cx) -> Vec<Row> {
    filtered(cx, None)
}

/// Returns the entries that a filter leaves, under a row that says how many of how many they are.
pub fn filtered(cx: &Cx, filter: Option<&Filter>) -> Vec<Row> {
    let mut made = made(cx);
    let all = made.len();
    let left = |step, made: &Made| filter.is_none_or(|filter| holds(cx, filter, step, made));
    made.retain(|(step, made)| left(*step, made));
    let scope = if cx.log_whole { "of this walk" } else { "of this step" };
    let dot = cx.glyphs.dot;
    let mut lead = vec![(Role::Muted, format!("{} {scope} {dot} times in UTC", words::count(all, "request")))];
    if let Some(filter) = filter {
        lead.insert(0, (Role::Muted, format!("{} of ", made.len())));
        lead.push((Role::Muted, format!(" {dot} ")));
        lead.push((Role::Accent, format!("only {}", cx.text(filter.text()))));
    }
    let mut rows = vec![Row::new(lead)];
    for (step, made) in made {
        let exchange = &made.exchange;
        let (role, came) = words::came(cx, exchange);
        let http = exchange.request.http();
        rows.extend(line(cx, step, exchange.times.start, made.purpose, (role, came), (&http.method, &http.address())));
        if let Err(failure) = &exchange.outcome
            && *failure != Failure::Aborted
        {
            rows.push(Row::text(Role::FindingError, cx.value(&failure.to_string())).at_depth(1).going(Goes::Step(step)));
        }
    }
    for (step, going) in cx.session.in_flight().filter(|(step, _)| cx.log_whole || *step == cx.step) {
        let What::Sending(purpose, request) = &going.what else {
            continue;
        };
        let http = request.http();
        let came = (Role::StepWaiting, "in flight".to_owned());
        rows.extend(line(cx, step, going.since, *purpose, came, (&http.method, &http.address())));
    }
    wrap(rows, cx.width)
}

/// Tells whether an exchange is left by a filter.
fn holds(cx: &Cx, filter: &Filter, step: StepId, made: &Made) -> bool {
    let exchange = &made.exchange;
    let http = exchange.request.http();
    let parties = cx.session.flow.step(step).map_or([Party::Unknown; 2], |step| [step.info().from, step.info().to]);
    let (status, answered) = Entry::came(exchange);
    let mut text = String::new();
    if filter.wants_text() {
        let short = cx.session.flow.step(step).map_or(step.0, |known| known.info().short);
        let came = words::came(cx, exchange).1;
        text = format!("{step} {short} {} {} {} {came}", made.purpose.id(), http.method, http.address());
        match &exchange.outcome {
            Ok(Answer::Http(response)) => text.extend(response.text().chars().take(BEGINNING)),
            Ok(Answer::Redirect(_)) => {}
            Err(failure) => text.push_str(&failure.to_string()),
        }
        // What is masked in the log is not found in it.
        text = cx.text(&text);
    }
    filter.holds(&Entry { step, parties, status, answered, text: &text })
}

/// So many characters of an answer are looked through: an error stands at its beginning.
const BEGINNING: usize = 4096;

fn line(
    cx: &Cx,
    step: StepId,
    at: Timestamp,
    purpose: Purpose,
    (role, came): (Role, String),
    (method, address): (&str, &str),
) -> Vec<Row> {
    let short = cx.session.flow.step(step).map_or(step.0, |known| known.info().short);
    let number = words::number(cx.session, step);
    let mut seen = cx.value(address);
    if let (Some((before, _)), true) = (address.split_once('?'), seen.width() > usize::from(cx.width / 2)) {
        seen = format!("{}?{}", cx.value(before), cx.glyphs.cut);
    }
    let asked = vec![(Role::Text, format!("{} ", cx.text(method))), (Role::Link, seen)];
    let mut row = Row::new(vec![
        (Role::Muted, format!("{}  ", words::clock(at))),
        (Role::FieldLabel, format!("{number} {short:<20} ")),
        (Role::Muted, format!("{:<9}", purpose.id())),
    ]);
    let mut rows = Vec::new();
    let copy = cx.copy("address", address);
    let note = Some(format!("It was sent {at}."));
    if cx.width >= WIDE {
        row.spans.push((role, format!("{came:<36}  ")));
        row.spans.extend(asked);
        rows.push(row);
    } else {
        row.spans.push((role, came));
        rows.push(row);
        rows.push(Row::new(asked).at_depth(5));
    }
    rows.into_iter().map(|row| row.going(Goes::Step(step)).copying(copy.clone()).noted(note.clone())).collect()
}
