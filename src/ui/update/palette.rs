//! The palette and the pages that come back to where they were opened: opening, finding, doing, closing.

use super::{Effect, Model, Overlay, PanelState, Purpose, act, editing, layout, walking};
use crate::{
    flow::Ink,
    ui::{
        action::Availability,
        model::Taking,
        overlays::{
            help::Asked,
            palette::{Deed, Palette},
        },
    },
};

/// Lays a page over what is there, to come back to it.
pub fn over(model: &mut Model, page: Overlay) {
    let kind = std::mem::discriminant(&page);
    let before = model.screen.overlay.replace(page);
    // A page over one of its kind takes its place.
    let other = before.filter(|before| std::mem::discriminant(before) != kind);
    model.screen.beneath.extend(other);
}

/// Takes the page on top away.
pub fn back(model: &mut Model) {
    model.screen.overlay = model.screen.beneath.pop();
}

/// Shows what the keys do, first what can be done where they go now.
pub fn help(model: &mut Model) {
    if !matches!(model.screen.overlay, Some(Overlay::Help(..))) {
        let asked = Asked::of(model).into();
        over(model, Overlay::Help(asked, PanelState::default()));
    }
}

/// Opens the palette.
pub fn open(model: &mut Model) {
    model.screen.palette = Some(Box::new(Palette::of(model)));
    over(model, Overlay::Palette(PanelState::default()));
    editing::begin(model, Purpose::Palette);
}

/// Closes the palette.
pub fn close(model: &mut Model) {
    model.screen.palette = None;
    model.screen.editor = None;
    back(model);
}

/// Closes the palette if something else took the place of its list.
pub fn settle(model: &mut Model) {
    if model.in_palette() && !matches!(model.screen.overlay, Some(Overlay::Palette(_))) {
        model.screen.palette = None;
        model.screen.editor = None;
    }
    if model.screen.overlay.is_none() {
        model.screen.beneath.clear();
    }
}

/// Finds what fits what is typed.
pub fn find(model: &mut Model) {
    let Some(Taking::Typed(input)) = super::typing(model, &Purpose::Palette) else {
        return;
    };
    let text = input.text();
    if let Some(palette) = &mut model.screen.palette {
        palette.find(&text);
        *model.rows_state_mut() = PanelState::default();
    }
}

/// Goes to another entry; after the last comes the first.
pub fn step(model: &mut Model, delta: isize) {
    let count = model
        .screen
        .palette
        .as_ref()
        .map_or(0, |palette| palette.count());
    if count == 0 {
        return;
    }
    let (width, height) = layout::rows_area(model);
    let rows = model.rows(width);
    let state = model.rows_state_mut();
    let at = (state.cursor + count).saturating_add_signed(delta) % count;
    state.go_to(at, &rows, height);
}

/// Does what the cursor is on; what cannot be had says why, and the palette stays.
pub fn accept(model: &mut Model, ink: Ink) -> Vec<Effect> {
    let cursor = model.rows_state().cursor;
    let palette = model.screen.palette.as_ref();
    let Some(offer) = palette.and_then(|palette| palette.at(cursor)).cloned() else {
        return Vec::new();
    };
    if let Some(why) = offer.why {
        model.warn(why);
        return Vec::new();
    }
    close(model);
    // Something may have come meanwhile, and the cursor of the list under the palette is looked at again.
    super::settle(model);
    match offer.deed {
        Deed::Act(action) => {
            let entry = action.entry();
            let here = entry.scope.holds_in(model.context());
            match (entry.when)(model) {
                Availability::Yes if here => return act(model, action, 1, ink),
                Availability::No(why) | Availability::Taken(why) if !why.is_empty() => {
                    model.warn(why);
                }
                _ => model.warn(format!("{} cannot be had here any more.", entry.id)),
            }
        }
        Deed::Profile(name) => {
            model.screen.overlay = None;
            return super::profiles::open_named(model, name);
        }
        Deed::Flow(at) => {
            model.screen.overlay = None;
            return walking::choose_flow(model, at, ink);
        }
        Deed::Step(step) => {
            model.screen.overlay = None;
            model.screen.rail = false;
            model.place_mut().go(step);
        }
        Deed::Fault(at) => return super::switching::switch(model, at),
        Deed::Theme(name) => return super::themes::wear(model, name),
        Deed::Rule(code) => over(model, Overlay::Rule(code, PanelState::default())),
    }
    Vec::new()
}
