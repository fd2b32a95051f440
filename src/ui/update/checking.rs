//! The check of a profile: begun, stopped, and what came of it.

use super::{Effect, Model, Overlay, PanelState};
use crate::{flow::preflight::Preflight, ui::overlays::check::State};

/// Begins a check and shows its page.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    let profile = model.session().profile.clone();
    let now = model.now;
    let check = &mut model.screen.check;
    check.number += 1;
    check.profile.clone_from(&profile.name);
    check.state = State::Going(now);
    let effect = Effect::Check(check.number, Box::new(profile));
    model.screen.overlay = Some(Overlay::Check(PanelState::default()));
    vec![effect]
}

/// Takes what a check came to, if it is the one that is waited for.
pub fn ended(model: &mut Model, number: u64, result: Result<Preflight, String>) -> Vec<Effect> {
    let check = &mut model.screen.check;
    if check.number == number && matches!(check.state, State::Going(_)) {
        check.state = match result {
            Ok(preflight) => State::Done(preflight),
            Err(says) => State::Failed(says),
        };
    }
    Vec::new()
}

/// Goes back to what lies under the page, in the end the walk; a check that is on is stopped.
pub fn close(model: &mut Model) -> Vec<Effect> {
    let closed = model.screen.overlay.take();
    super::palette::back(model);
    if matches!(closed, Some(Overlay::Import(_))) {
        model.screen.import = None;
    }
    if !model.is_checking() || !matches!(closed, Some(Overlay::Check(_))) {
        return Vec::new();
    }
    model.screen.check.state = State::Idle;
    model.say("The check was stopped.");
    vec![Effect::StopCheck]
}
