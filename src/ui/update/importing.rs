//! A profile made of what somebody has already: read, shown, and kept only under a name.

use super::{Effect, Model, Overlay, PanelState, ProfilesOp, Purpose, editing};
use crate::profile::import::{self, Import};

/// Takes what was typed: a source on one line, else the name of one.
pub fn named(model: &mut Model, name: String) -> Vec<Effect> {
    if name.is_empty() {
        editing::complain(model, "A file, an address or a paste is needed.".to_owned());
        return Vec::new();
    }
    if import::is_source(&name) {
        understood(model, import::understand(&name));
        return Vec::new();
    }
    editing::complain(model, format!("Reading {name}."));
    vec![Effect::Import(name)]
}

/// Takes what was read of a named source, if it is still the one that is asked for.
pub fn answered(model: &mut Model, source: &str, result: Result<Import, String>) -> Vec<Effect> {
    let waits = match super::typing(model, &Purpose::Import) {
        Some(super::Taking::Typed(input)) => input.text().trim() == source,
        _ => false,
    };
    if waits {
        understood(model, result);
    }
    Vec::new()
}

/// Shows what was understood; what was not stays in the box, with the reason.
pub fn understood(model: &mut Model, result: Result<Import, String>) {
    match result {
        Err(says) => editing::complain(model, says),
        Ok(import) => {
            model.screen.editor = None;
            model.screen.import = Some(Box::new(import));
            super::palette::over(model, Overlay::Import(PanelState::default()));
        }
    }
}

/// Keeps it under a name; the box stays until the answer.
pub fn keep(model: &Model, name: String) -> Vec<Effect> {
    let import = model.screen.import.clone();
    import
        .map(|import| Effect::Profiles(ProfilesOp::Import { name, import }))
        .into_iter()
        .collect()
}
