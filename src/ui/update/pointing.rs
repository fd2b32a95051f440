//! The mouse: what it means where it is pressed; whatever it does, a key does, too.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::{Action, Context, Effect, Model, Overlay, act, editing, moving, palette};
use crate::{
    flow::Ink,
    ui::{
        action::Availability,
        hits::{Hits, Target},
        model::Taking,
    },
};

/// One turn of the wheel is so many rows.
const TURN: isize = 3;

/// What a click on the row under the cursor does: the first of these that can be had. None of them sends anything.
const ON_ROW: [Action; 5] = [
    Action::EditField,
    Action::Follow,
    Action::EditRow,
    Action::SwitchFault,
    Action::Pick,
];

/// Listens to the mouse, or no more.
pub fn toggle(model: &mut Model) {
    model.mouse = !model.mouse;
    model.screen.held = None;
    model.say(if model.mouse {
        "The mouse is on. Hold Shift (Option in iTerm2) to select text as usual; {mouse} turns it off."
    } else {
        "The mouse is the terminal’s again."
    });
}

/// Takes what the mouse did.
pub fn taken(model: &mut Model, event: MouseEvent, hits: &Hits, ink: Ink) -> Vec<Effect> {
    if !model.mouse {
        return Vec::new();
    }
    let place = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            if let Some((area, target)) = hits.at(place) {
                return pressed(model, target, place, area, ink);
            }
        }
        MouseEventKind::Drag(MouseButton::Left) => {
            let width = model.size.0;
            if let Some(bar) = model.screen.held {
                model.screen.widths.drag(bar, place.x, width);
            }
        }
        MouseEventKind::Up(_) => model.screen.held = None,
        MouseEventKind::ScrollDown => wheel(model, place, hits, TURN),
        MouseEventKind::ScrollUp => wheel(model, place, hits, -TURN),
        _ => {}
    }
    Vec::new()
}

fn pressed(
    model: &mut Model,
    target: Target,
    place: Position,
    area: Rect,
    ink: Ink,
) -> Vec<Effect> {
    if let Target::Keys(keys) = target {
        let mut effects = super::pressed(model, keys.first, ink);
        if let Some(then) = keys.then {
            effects.extend(super::pressed(model, then, ink));
        }
        return effects;
    }
    let screen = &mut model.screen;
    (screen.toast, screen.prefix, screen.play) = (None, None, None);
    match (target, model.context()) {
        (Target::Bar(bar), _) => model.screen.held = Some(bar),
        (Target::Text, Context::Field) => {
            if let Some(Taking::Typed(input)) = model
                .screen
                .editor
                .as_mut()
                .map(|editor| &mut editor.taking)
            {
                let at = (place.x - area.x, place.y - area.y);
                input.point(at, area.width, area.height);
            }
        }
        (Target::Heading, Context::Field) if model.in_palette() => editing::discard(model),
        (Target::Row(index), Context::Field) if model.in_palette() => {
            if model.rows_state().cursor == index {
                return palette::accept(model, ink);
            }
            moving::to(model, index);
        }
        // What is asked or typed is not lost by a click beside it.
        (_, Context::Question | Context::Field)
        | (Target::Text | Target::Nothing | Target::Keys(_), _) => {}
        (Target::Heading, _) => return act(model, Action::Close, 1, ink),
        (Target::Rail(goes), _) => moving::go(model, goes),
        (Target::Tab(id), _) => {
            model.screen.rail = false;
            moving::show(model, id);
        }
        (Target::Row(index), _) => return row(model, index, ink),
        (Target::Rows, _) => model.screen.rail = false,
    }
    Vec::new()
}

/// Puts the cursor on a row; does what it offers where the cursor is there already.
fn row(model: &mut Model, index: usize, ink: Ink) -> Vec<Effect> {
    if model.rows_state().cursor != index || model.on_rail() {
        model.screen.rail = false;
        moving::to(model, index);
        return Vec::new();
    }
    let context = model.context();
    let can = |action: &&Action| {
        let entry = action.entry();
        entry.scope.holds_in(context) && (entry.when)(model) == Availability::Yes
    };
    if let Some(action) = ON_ROW.iter().find(can) {
        return act(model, *action, 1, ink);
    }
    if model.under.heading {
        moving::fold(model);
    }
    Vec::new()
}

/// Scrolls the rows under the mouse; the cursor stays in sight.
fn wheel(model: &mut Model, place: Position, hits: &Hits, by: isize) {
    if !matches!(hits.at(place), Some((_, Target::Rows | Target::Row(_)))) {
        return;
    }
    // The row of the field that is typed into stays where it is.
    let typed = model.screen.editor.is_some() && !model.in_palette();
    if typed && matches!(model.screen.overlay, None | Some(Overlay::Profile(_))) {
        return;
    }
    model.over_rows(|state, rows, height| state.scroll_by(by, rows, height));
}
