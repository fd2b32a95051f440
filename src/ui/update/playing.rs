//! Playing the recorded walk: the cursor of the diagram goes from message to message, one each time the pace allows.

use super::Model;
use crate::{
    protocol::time::Lifetime,
    ui::{
        model::{PACES, Play},
        panels::diagram,
    },
};

/// Begins to play at the cursor, from the first message where there is none after it; or stops.
pub fn toggle(model: &mut Model) {
    if model.screen.play.take().is_some() {
        model.say("Stopped.");
        return;
    }
    let plays = model.over_rows(|state, rows, height| {
        if diagram::next_message(rows, Some(state.cursor)).is_some() {
            return true;
        }
        let first = diagram::next_message(rows, None);
        if let Some(first) = first {
            state.go_to(first, rows, height);
        }
        first.is_some()
    });
    if plays {
        wait(model);
    } else {
        model.warn("Nothing was sent yet, so there is nothing to play.");
    }
}

/// Makes the next messages come sooner, or later; what plays goes on.
pub fn pace(model: &mut Model, delta: isize) {
    let pace = model
        .screen
        .pace
        .saturating_add_signed(delta)
        .min(PACES.len() - 1);
    model.screen.pace = pace;
    if model.screen.play.is_some() {
        wait(model);
    } else {
        model.say(format!("A message every {}.", Lifetime(PACES[pace])));
    }
}

/// Goes on by one message if it is time; ends where the record ends, or where something else is looked at.
pub fn tick(model: &mut Model) {
    let Some(play) = model.screen.play else {
        return;
    };
    if !model.on_diagram() {
        model.screen.play = None;
        return;
    }
    if model.now < play.next {
        return;
    }
    let goes_on = model.over_rows(|state, rows, height| {
        let next = diagram::next_message(rows, Some(state.cursor));
        if let Some(next) = next {
            state.go_to(next, rows, height);
        }
        next.is_some_and(|next| diagram::next_message(rows, Some(next)).is_some())
    });
    if goes_on {
        wait(model);
    } else {
        model.screen.play = None;
        model.say("That was the last message.");
    }
}

/// Says when the next message comes.
fn wait(model: &mut Model) {
    let pace = Lifetime(PACES[model.screen.pace]);
    model.screen.play = Some(Play {
        next: crate::protocol::time::Timestamp(model.now.0 + pace.0),
    });
    model.say(format!(
        "Playing, a message every {pace}; + and - change that, any other key stops."
    ));
}
