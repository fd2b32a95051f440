//! The faults of the lab: their list, and switching one.

use super::{Effect, Goes, Model, Overlay, PanelState, moving};

/// Opens the list, the cursor on the first fault.
pub fn list(model: &mut Model) {
    model.screen.overlay = Some(Overlay::Faults(PanelState::default()));
    moving::to_first(model, |row| row.goes.is_some());
}

/// Switches the fault that the cursor is on.
pub fn switch_under(model: &mut Model) -> Vec<Effect> {
    match model.under.goes {
        Some(Goes::Fault(at)) => switch(model, at),
        _ => Vec::new(),
    }
}

/// Switches a fault; the walk at hand goes on with the lab as it is then.
pub fn switch(model: &mut Model, at: usize) -> Vec<Effect> {
    let elsewhere = model.shows_elsewhere(&model.faults[at]);
    let Some(entry) = model.faults.get_mut(at) else {
        return Vec::new();
    };
    entry.on = !entry.on;
    let (id, flow) = (entry.id, entry.flow);
    match (entry.on, elsewhere) {
        (true, true) => model.warn(format!(
            "{id} is on, but it shows in the flow {flow}; {{flows}} leads there."
        )),
        (true, false) => model.say(format!("{id} is on for every request from now on.")),
        (false, _) => model.say(format!("{id} is off.")),
    }
    // What is on stands first, so the list moves under the cursor.
    if matches!(model.screen.overlay, Some(Overlay::Faults(_))) {
        moving::to_first(model, |row| row.goes == Some(Goes::Fault(at)));
    }
    vec![Effect::Faults(model.faults_on())]
}
