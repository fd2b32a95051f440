//! Past walks: looking at one, going on to its neighbours, and back to the walk that is on.

use super::{Model, Overlay, PanelState, moving};
use crate::ui::{farewell, rows::Goes};

/// Looks at the walk before, or after; where it did not fail, at the same step and panel if it has that step.
pub fn step(model: &mut Model, delta: isize) {
    let opened = model.opened();
    let here = opened.looking.unwrap_or(opened.past.len());
    let to = here.saturating_add_signed(delta);
    let from = (model.place().step, model.place().chosen);
    look(model, to);
    let failed = farewell::failed_at(model.session()).is_some();
    if model.in_past() && !failed && model.session().has_step(from.0) {
        let place = model.place_mut();
        place.go(from.0);
        place.chosen = from.1;
    }
}

/// Goes back to the walk that is on.
pub fn back(model: &mut Model) {
    model.opened_mut().looking = None;
}

/// Opens the list of walks, the cursor on the one that is looked at.
pub fn list(model: &mut Model) {
    model.screen.overlay = Some(Overlay::Walks(PanelState::default()));
    let opened = model.opened();
    let here = Some(Goes::Walk(opened.looking.unwrap_or(opened.past.len())));
    moving::to_first(model, |row| row.goes == here);
}

/// Looks at the walk that the cursor of the list is on.
pub fn pick(model: &mut Model) {
    let goes = model.under.goes;
    model.screen.overlay = None;
    if let Some(Goes::Walk(at)) = goes {
        look(model, at);
    }
}

/// Looks at a walk by its place among them, and says what became of it; one that failed, at the step where it did and
/// the panel that shows why. The last is the one that is on.
fn look(model: &mut Model, at: usize) {
    let opened = model.opened_mut();
    opened.looking = (at < opened.past.len()).then_some(at);
    if model.in_past() {
        let session = model.session();
        let number = session.walk.number;
        let stands = farewell::stands(session).to_string();
        let stands = session.vault.mask(&stands);
        if let Some(step) = farewell::failed_at(session) {
            let place = model.place_mut();
            place.go(step);
            place.attempt = None;
        }
        model.say(format!("Walk {number}, which is over: {stands}."));
    }
}
