//! Moving about: rows, panels, steps, attempts.

use super::{Model, layout};
use crate::{
    flow::{Step, StepId, tour},
    lint::Code,
    profile::FieldPath,
    protocol::{jwt::TokenKind, pointer::Pointer},
    ui::{
        model::Jump,
        panels::{PANELS, findings},
        rows::{Goes, PanelState, Row, entry, row_near, row_of},
    },
};

/// Moves the cursor over rows, or over the steps of the rail.
pub fn by(model: &mut Model, delta: isize) {
    if model.on_rail() {
        step(model, delta);
        return;
    }
    let listed = model.screen.overlay.is_some();
    model.over_rows(|state, rows, height| {
        // An entry of a list may take several lines, and is one thing to go over.
        let here = entry(rows, state.cursor);
        match delta {
            1 if listed => state.move_by(signed(here.end - state.cursor), rows, height),
            -1 if listed => state.move_by(-signed(state.cursor - here.start + 1), rows, height),
            _ => state.move_by(delta, rows, height),
        }
        if listed {
            let lines = state.cursor - entry(rows, state.cursor).start;
            state.move_by(-signed(lines), rows, height);
        }
    });
}

/// A count of rows as a distance.
fn signed(rows: usize) -> isize {
    isize::try_from(rows).unwrap_or(isize::MAX)
}

/// Puts the cursor on a row.
pub fn to(model: &mut Model, index: usize) {
    model.over_rows(|state, rows, height| {
        // The screen may be older than the rows.
        if index < rows.len() {
            state.go_to(index, rows, height);
        }
    });
}

/// Puts the cursor on the first row that is like that, if one is.
pub fn to_first(model: &mut Model, like: impl Fn(&Row) -> bool) {
    let (width, height) = layout::rows_area(model);
    let rows = model.rows(width);
    if let Some(at) = rows.iter().position(like) {
        model.rows_state_mut().go_to(at, &rows, height);
    }
}

/// Moves by halves of a page.
pub fn half_page(model: &mut Model, halves: isize) {
    model.over_rows(|state, rows, height| state.half_page(halves, rows, height));
}

/// Moves by pages.
pub fn page(model: &mut Model, pages: isize) {
    model.over_rows(|state, rows, height| state.page(pages, rows, height));
}

/// Folds or unfolds.
pub fn fold(model: &mut Model) {
    model.over_rows(PanelState::toggle);
}

/// Folds what stands around the cursor, from the inside out.
pub fn fold_around(model: &mut Model) {
    model.over_rows(PanelState::fold_around);
}

/// Goes to another step of the walk.
pub fn step(model: &mut Model, delta: isize) {
    let ids: Vec<StepId> = model.session().steps().map(|step| step.info().id).collect();
    let here = model.place().step;
    let at = ids.iter().position(|id| *id == here).unwrap_or_default();
    let to = at
        .saturating_add_signed(delta)
        .min(ids.len().saturating_sub(1));
    model.place_mut().go(ids[to]);
}

/// Goes to the step of that number, as the rail counts them.
pub fn nth_step(model: &mut Model, number: usize) {
    let ids: Vec<StepId> = model.session().steps().map(|step| step.info().id).collect();
    match number.checked_sub(1).and_then(|at| ids.get(at)) {
        Some(id) => model.place_mut().go(*id),
        None => model.warn(format!("This walk has {} steps.", ids.len())),
    }
}

/// Goes to the first step of another stage; backwards, first to that of this one.
pub fn stage(model: &mut Model, delta: isize) {
    let session = model.session();
    let first_of_each = session.flow.stages.iter().filter_map(|stage| {
        let mut ids = stage.steps.iter().map(|step| step.info().id);
        ids.find(|id| session.has_step(*id))
    });
    let firsts: Vec<StepId> = first_of_each.collect();
    let place = |id: StepId| session.steps().position(|step| step.info().id == id);
    let here = place(model.place().step);
    let to = if delta > 0 {
        firsts.iter().find(|id| place(**id) > here)
    } else {
        firsts.iter().rfind(|id| place(**id) < here)
    };
    match to {
        Some(id) => model.place_mut().go(*id),
        None if delta > 0 => model.warn("This is the last stage."),
        None => model.warn("This is the first step."),
    }
}

/// Goes on to the next step that is not left out.
pub fn next_step(model: &mut Model) {
    let here = model.place().step;
    if let Some(next) = model.step_after(here) {
        model.place_mut().go(next);
    }
}

/// Shows a panel.
pub fn show(model: &mut Model, id: &'static str) {
    model.place_mut().choose(Some(id));
}

/// Shows the inputs, with the cursor on a field.
pub fn inputs(model: &mut Model) {
    show(model, "inputs");
    let (width, _) = layout::rows_area(model);
    let rows = model.rows(width);
    let on_field = model.over_rows(|state, rows, _| {
        let row = rows.get(state.cursor);
        row.is_some_and(|row| row.field.is_some())
    });
    let first = rows.iter().position(|row| row.field.is_some());
    if let Some(at) = model.missing_row(&rows).or(first)
        && !on_field
    {
        to(model, at);
    }
}

/// Goes to the next panel, or the one before; the keys go along.
pub fn panel(model: &mut Model, delta: isize) {
    model.screen.rail = false;
    let here = model.panel().id;
    let at = PANELS
        .iter()
        .position(|panel| panel.id == here)
        .unwrap_or_default();
    let to = (at + PANELS.len()).saturating_add_signed(delta) % PANELS.len();
    show(model, PANELS[to].id);
}

/// Shows the log; pressed again, that of the walk, or again that of the step.
pub fn log(model: &mut Model) {
    if model.panel().id == "log" {
        model.screen.log_whole = !model.screen.log_whole;
    }
    show(model, "log");
}

/// Shows the diagram with the cursor on this step's arrow; pressed again, what was shown before.
pub fn diagram(model: &mut Model) {
    model.screen.rail = false;
    let before = model.place().chosen;
    let place = model.place_mut();
    if before == Some("diagram") {
        let before = place.before.take();
        place.choose(before);
        return;
    }
    place.before = before;
    place.choose(Some("diagram"));
    model.to_arrow();
}

/// Looks at an earlier attempt, or a later one.
pub fn attempt(model: &mut Model, delta: isize) {
    let count = model.session().step(model.place().step).attempts.len();
    let place = model.place_mut();
    let at = place.attempt.unwrap_or(count.saturating_sub(1));
    let to = at.saturating_add_signed(delta);
    place.attempt = (to + 1 < count).then_some(to);
    if place.chosen == Some("history") || place.chosen == Some("inputs") {
        place.chosen = None;
    }
}

/// Follows the row under the cursor, and remembers the way back.
pub fn follow(model: &mut Model) {
    let Some(goes) = model.under.goes else { return };
    let stands = |model: &Model| (model.place().step, model.panel().id);
    let from = stands(model);
    go(model, goes);
    let to = stands(model);
    if to != from {
        model.place_mut().jump = Some(Jump { from, to });
    }
}

/// Goes where a row leads.
pub fn go(model: &mut Model, goes: Goes) {
    match goes {
        Goes::Attempt(index) => {
            let count = model.session().step(model.place().step).attempts.len();
            let place = model.place_mut();
            place.attempt = (index + 1 < count).then_some(index);
            place.chosen = Some("answer");
        }
        Goes::Step(step) => model.place_mut().go(step),
        Goes::Place(index) => place_of(model, index),
        Goes::Cause(step, code) => cause_of(model, step, code),
        Goes::Field(field) => field_of(model, field),
        Goes::Artifact(artifact) => {
            super::editing::begin(model, super::Purpose::Existing(artifact));
        }
        Goes::Fault(_) | Goes::Flow(_) | Goes::Theme(_) | Goes::Walk(_) => {}
    }
}

/// Shows a field in the inputs of this step, else of the first one that reads it.
fn field_of(model: &mut Model, field: FieldPath) {
    let here = model.place().step;
    let reads = |step: &&'static dyn Step| step.info().fields.contains(&field);
    let session = model.session();
    let own = session.flow.step(here).filter(reads);
    let Some(step) = own.or_else(|| session.steps().find(reads)) else {
        model.warn(format!(
            "No step of this flow reads {field}; {{profile}} has every field."
        ));
        return;
    };
    if step.info().id != here {
        model.place_mut().go(step.info().id);
    }
    show(model, "inputs");
    to_first(model, |row| row.field == Some(field));
}

/// Shows what was found at another step, or the very place that one of its findings speaks of.
fn cause_of(model: &mut Model, step: StepId, code: Option<Code>) {
    model.place_mut().go(step);
    show(model, "findings");
    let (width, _) = layout::rows_area(model);
    let cx = model.cx(width);
    let found = findings::shown(&cx);
    let at = found.iter().position(|finding| Some(finding.code) == code);
    if let Some(index) = at {
        place_of(model, index);
    }
}

/// Shows the very place that a finding speaks of, in the first panel that has it.
fn place_of(model: &mut Model, index: usize) {
    let (width, _) = layout::rows_area(model);
    let Some(at) = findings::shown(&model.cx(width))
        .get(index)
        .map(|finding| finding.at.clone())
    else {
        return;
    };
    let panels: Vec<_> = ["request", "answer", "tokens", "inputs"]
        .iter()
        .filter_map(|id| PANELS.iter().find(|panel| panel.id == *id))
        .map(|panel| (panel.id, model.panel_rows(panel, width)))
        .collect();
    let among = |find: fn(&[Row], &Pointer) -> Option<usize>| {
        panels
            .iter()
            .find_map(|(id, rows)| Some((*id, find(rows, &at)?)))
    };
    let found = among(row_of).or_else(|| among(row_near));
    let Some((panel, row)) = found else {
        model.warn("What this speaks of stands in no panel.");
        return;
    };
    show(model, panel);
    to(model, row);
}

/// Goes to the next place of this panel that is worth a look, token by token, and says why.
pub fn tour(model: &mut Model) {
    let (width, _) = layout::rows_area(model);
    let rows = model.rows(width);
    let kind = |name: &str| match name {
        "client-assertion" => Some(TokenKind::ClientAssertion),
        "dpop-proof" => Some(TokenKind::DpopProof),
        _ => {
            let mut states = model.session().walk.steps.iter();
            states.find_map(|state| {
                let came = state.attempts.iter().flat_map(|attempt| &attempt.tokens);
                let record = came
                    .chain(&state.given)
                    .find(|record| record.name == name)?;
                Some(record.kind())
            })
        }
    };
    let mut tokens: Vec<&str> = Vec::new();
    let mut stops: Vec<((usize, usize), usize, &'static str)> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let Some((at, (rank, says))) = row
            .at
            .as_ref()
            .zip(row.at.as_ref().and_then(|at| tour::of(at, kind)))
        else {
            continue;
        };
        let token = match at {
            Pointer::Claim(name, _) | Pointer::Jose(name, _) => name.as_str(),
            _ => "",
        };
        let group = tokens
            .iter()
            .position(|other| *other == token)
            .unwrap_or_else(|| {
                tokens.push(token);
                tokens.len() - 1
            });
        // A value over several lines is one place.
        if !stops.iter().any(|(other, ..)| *other == (group, rank)) {
            stops.push(((group, rank), index, says));
        }
    }
    stops.sort_unstable_by_key(|(order, ..)| *order);
    if stops.is_empty() {
        model.warn(
            "There is nothing here to be shown around; Request, Answer and Tokens have places.",
        );
        return;
    }
    let cursor = model.rows_state().cursor;
    let at = stops.iter().position(|(_, index, _)| *index == cursor);
    let next = at.map_or(0, |at| (at + 1) % stops.len());
    let (_, row, says) = stops[next];
    let told = format!("{} of {}: {says}", next + 1, stops.len());
    to(model, row);
    model.say(told);
}

/// Shows what the rules found: at the row under the cursor where they found something there, else at the step.
pub fn findings_of_row(model: &mut Model) {
    let index = model.under.finding;
    show(model, "findings");
    model.over_rows(|state, rows, height| {
        let found = |index| {
            rows.iter()
                .position(|row| row.heading && row.goes == Some(Goes::Place(index)))
        };
        match index.and_then(found) {
            Some(at) => {
                state.scroll = at;
                state.go_to(at, rows, height);
            }
            // The verdict, and what speaks for it.
            None => state.home(rows, height),
        }
    });
}
