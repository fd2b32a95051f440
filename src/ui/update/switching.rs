//! The faults of the lab: their list, and switching one.

use super::{Effect, Goes, Model, Overlay, PanelState, moving};

/// Opens the list, the cursor on the first fault.
pub fn list(model: &mut Model) {
    model.screen.overlay = Some(Overlay::Faults(PanelState::default()));
    moving::to_first(model, |row| row.goes.is_some());
}

/// Switches the fault that the cursor is on; the walk at hand goes on with the lab as it is then.
pub fn switch(model: &mut Model) -> Vec<Effect> {
    let Some(Goes::Fault(at)) = model.under.goes else {
        return Vec::new();
    };
    let entry = &mut model.faults[at];
    entry.on = !entry.on;
    let says = if entry.on {
        format!("{} is on for every request from now on.", entry.id)
    } else {
        format!("{} is off.", entry.id)
    };
    model.say(says);
    // What is on stands first, so the list moves under the cursor.
    moving::to_first(model, |row| row.goes == Some(Goes::Fault(at)));
    vec![Effect::Faults(model.faults_on())]
}
