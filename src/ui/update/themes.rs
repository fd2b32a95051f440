//! Themes: tried while the cursor moves over their list, kept with Enter, taken back by whatever else closes it.

use super::{Effect, Goes, Model, Overlay, PanelState, moving};
use crate::ui::theme::{DEFAULT, DEFAULT_LIGHT, Look, Mistake, Mood, fitting};

/// Opens the list with the cursor on the theme that is shown.
pub fn open(model: &mut Model) {
    model.screen.overlay = Some(Overlay::Themes(PanelState::default()));
    let at = model.shelf.position(&model.theme);
    moving::to_first(model, |row| at.is_some() && row.goes == at.map(Goes::Theme));
}

/// Shows the theme that the cursor of the list is on; without the list, the one that was there before it. To be called
/// after every change: so it does not matter what closed the list.
pub fn follow_cursor(model: &mut Model) {
    if !matches!(model.screen.overlay, Some(Overlay::Themes(_))) {
        if let Some(before) = model.screen.trying.take() {
            dress(model, before);
        }
        return;
    }
    if let Some(name) = under_cursor(model)
        && name != model.theme
    {
        let before = model.theme.clone();
        model.screen.trying.get_or_insert(before);
        dress(model, name);
    }
}

/// Keeps the theme that is tried: now, and from the next start on.
pub fn keep(model: &mut Model) -> Vec<Effect> {
    let Some(name) = under_cursor(model) else {
        return Vec::new();
    };
    model.screen.trying = None;
    model.screen.overlay = None;
    model.theme_chosen = true;
    vec![Effect::KeepTheme(name)]
}

/// Wears a theme from now on.
pub fn wear(model: &mut Model, name: String) -> Vec<Effect> {
    model.screen.trying = None;
    model.theme_chosen = true;
    dress(model, name.clone());
    vec![Effect::KeepTheme(name)]
}

/// Takes the next theme, for this time.
pub fn next(model: &mut Model) {
    let names = model.shelf.names();
    let at = model.shelf.position(&model.theme);
    model.theme_chosen = true;
    let next = names[at.map_or(0, |at| (at + 1) % names.len())].to_owned();
    let about = model
        .shelf
        .listing()
        .iter()
        .find(|theme| theme.name == next);
    let about = about.map_or_else(String::new, |theme| theme.about.clone());
    match dress(model, next.clone()).first() {
        Some(mistake) => model.warn(mistake.to_string()),
        None => model.say(format!("Theme {next}: {about} T lists all and keeps one.")),
    }
}

/// Takes the theme that fits the terminal's background, where nobody chose one: not at the start, and not since.
pub fn fit(model: &mut Model, mood: Mood) {
    let fitting = fitting(mood);
    let unchosen = !model.theme_chosen && [DEFAULT, DEFAULT_LIGHT].contains(&&*model.theme);
    if unchosen && model.screen.trying.is_none() && model.theme != fitting {
        dress(model, fitting.to_owned());
    }
}

fn under_cursor(model: &Model) -> Option<String> {
    match model.under.goes {
        Some(Goes::Theme(at)) => Some(model.shelf.listing().get(at)?.name.clone()),
        _ => None,
    }
}

fn dress(model: &mut Model, name: String) -> Vec<Mistake> {
    let (theme, mistakes) = model.shelf.load(&name);
    model.look = Look::new(&theme, model.look.depth(), model.look.glyphs);
    model.theme = name;
    mistakes
}
