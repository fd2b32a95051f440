//! Profiles: opening, saving, and what the disk and the lab answer.

use super::{
    Ask, Effect, Lab, Model, OpenId, Overlay, PanelState, ProfilesOp, ProfilesReply, Purpose, Then,
    away, editing,
};
use crate::{flow::Ink, profile::Profile, session::Command};

/// Opens the profile that the cursor is on; `all` shows every field of it.
pub fn open(model: &mut Model, all: bool) -> Vec<Effect> {
    let Some(name) = model.picked_profile().map(|entry| entry.name.clone()) else {
        return Vec::new();
    };
    if all {
        super::palette::over(model, page());
    } else {
        model.screen.overlay = None;
    }
    open_named(model, name)
}

/// Shows a profile that is open already, or opens it.
pub fn open_named(model: &mut Model, name: String) -> Vec<Effect> {
    let known = model
        .open
        .iter()
        .position(|opened| opened.session.profile.name == name && !opened.session.archived);
    match known {
        Some(at) => {
            model.show(at);
            model.opened_mut().looking = None;
            model.say(format!("Opened {name}."));
            Vec::new()
        }
        None => vec![Effect::Profiles(ProfilesOp::Load(name))],
    }
}

/// The page with every field, the cursor on the first.
pub fn page() -> Overlay {
    Overlay::Profile(PanelState {
        cursor: 1,
        ..PanelState::default()
    })
}

/// Asks for the name of a copy.
pub fn duplicate(model: &mut Model) {
    if let Some(from) = model.picked_profile().map(|entry| entry.name.clone()) {
        editing::begin(model, Purpose::Duplicate(from));
    }
}

/// Asks for another name.
pub fn rename(model: &mut Model) {
    if let Some(from) = model.picked_profile().map(|entry| entry.name.clone()) {
        editing::begin(model, Purpose::Rename(from));
    }
}

/// Asks before a profile is deleted.
pub fn ask_to_delete(model: &mut Model) {
    if let Some(name) = model.picked_profile().map(|entry| entry.name.clone()) {
        model.screen.ask = Some(Ask {
            says: format!("Delete the file of the profile {name}?"),
            then: Then::Delete(name),
        });
    }
}

/// Saves the open profile; the built-in lab gets a name first.
pub fn save(model: &mut Model) -> Vec<Effect> {
    let opened = model.opened();
    if !opened.has_file {
        editing::begin(model, Purpose::SaveAs);
        return Vec::new();
    }
    vec![Effect::Profiles(ProfilesOp::Save {
        name: opened.saved.name.clone(),
        edits: opened.edits(),
    })]
}

/// Takes what the disk answered.
pub fn answered(model: &mut Model, op: ProfilesOp, reply: ProfilesReply, ink: Ink) -> Vec<Effect> {
    match reply {
        ProfilesReply::Text { base, text } => match op {
            ProfilesOp::Text { name, .. } => away::read(name, base, text),
            _ => Vec::new(),
        },
        ProfilesReply::Failed(says) => {
            match &mut model.screen.editor {
                Some(editor) if names_a_profile(&editor.purpose) => editor.says = Some(says),
                _ => model.warn(says),
            }
            Vec::new()
        }
        ProfilesReply::Loaded {
            profile,
            has_file,
            problems,
        } => {
            let title = profile.name.clone();
            let first = problems.first().map(ToString::to_string);
            model.open_profile(*profile, has_file, problems, ink);
            match first {
                Some(says) => model.warn(format!("{title}: {says}")),
                None => model.say(format!("Opened {title}.")),
            }
            super::lab(model).into_iter().collect()
        }
        ProfilesReply::Done(list) => {
            model.profiles = list;
            if model
                .screen
                .editor
                .as_ref()
                .is_some_and(|editor| names_a_profile(&editor.purpose))
            {
                model.screen.editor = None;
            }
            done(model, op, ink)
        }
    }
}

fn done(model: &mut Model, op: ProfilesOp, ink: Ink) -> Vec<Effect> {
    match op {
        ProfilesOp::List => cursor_to(model, None),
        ProfilesOp::Load(_) | ProfilesOp::Text { .. } => {}
        ProfilesOp::Rewrite { name, text, .. } => return away::saved(model, &name, &text, ink),
        ProfilesOp::Create { name, .. } | ProfilesOp::Import { name, .. } => {
            model.screen.overlay = None;
            model.screen.import = None;
            return vec![Effect::Profiles(ProfilesOp::Load(name))];
        }
        ProfilesOp::Save { name, .. } => {
            for opened in model
                .open
                .iter_mut()
                .filter(|opened| opened.saved.name == name)
            {
                opened.saved = opened.session.profile.clone();
            }
            let saved = model.open.iter().find(|opened| opened.saved.name == name);
            let inline = saved.is_some_and(|opened| opened.saved.holds_secrets());
            model.say(if inline {
                format!(
                    "Saved {name}. A secret stands in its file, which only you can read; safer is env:NAME, file:PATH or \
                     cmd:COMMAND."
                )
            } else {
                format!("Saved {name}.")
            });
        }
        ProfilesOp::SaveAs { name, .. } => {
            let opened = model.opened_mut();
            let mut profile = opened.session.profile.clone();
            profile.name.clone_from(&name);
            let adopt = Command::Adopt(Box::new(profile.clone()));
            let (id, effects) = (opened.id, opened.session.command(adopt, ink));
            opened.saved = profile;
            opened.has_file = true;
            model.say(format!("Saved as {name}."));
            let effects = effects.into_iter();
            return effects.map(|effect| Effect::Session(id, effect)).collect();
        }
        ProfilesOp::Duplicate { to, .. } => {
            model.say(format!("Copied as {to}."));
            cursor_to(model, Some(&to));
        }
        ProfilesOp::Rename { from, to } => {
            for opened in &mut model.open {
                if opened.saved.name == from && opened.has_file {
                    opened.saved.name.clone_from(&to);
                    let mut profile = opened.session.profile.clone();
                    profile.name.clone_from(&to);
                    drop(
                        opened
                            .session
                            .command(Command::Adopt(Box::new(profile)), ink),
                    );
                }
            }
            model.say(format!("{from} is now {to}."));
            cursor_to(model, Some(&to));
        }
        ProfilesOp::Delete(name) => {
            for opened in model
                .open
                .iter_mut()
                .filter(|opened| opened.saved.name == name)
            {
                // What is still on the screen can be saved again, as a new file.
                opened.saved = Profile::named(name.clone());
                opened.has_file = false;
            }
            model.say(format!("Deleted {name}."));
        }
    }
    Vec::new()
}

/// Puts the cursor of the list on a profile, the open one when none is named.
fn cursor_to(model: &mut Model, name: Option<&str>) {
    if !matches!(model.screen.overlay, Some(Overlay::Profiles(_))) {
        return;
    }
    let name = name
        .unwrap_or(&model.opened().session.profile.name)
        .to_owned();
    let (width, height) = super::layout::rows_area(model);
    let rows = model.rows(width);
    let at = (0..rows.len()).find(|row| {
        crate::ui::overlays::profiles::at(model, *row).is_some_and(|entry| entry.name == name)
    });
    if let Some(at) = at {
        model.rows_state_mut().go_to(at, &rows, height);
    }
}

fn names_a_profile(purpose: &Purpose) -> bool {
    matches!(
        purpose,
        Purpose::Create(_)
            | Purpose::Duplicate(_)
            | Purpose::Rename(_)
            | Purpose::SaveAs
            | Purpose::Keep
    )
}

/// Takes the profile that the lab filled in.
pub fn lab_started(
    model: &mut Model,
    id: OpenId,
    result: Result<Box<Profile>, String>,
    ink: Ink,
) -> Vec<Effect> {
    let Some(opened) = model.by_id(id) else {
        return Vec::new();
    };
    match result {
        Err(says) => {
            let says = format!("The lab could not start: {says}");
            opened.lab = Lab::Failed(says.clone());
            model.warn(says);
            Vec::new()
        }
        Ok(profile) if opened.differs_from(&profile) => {
            // It was edited while the lab started: what was typed is worth more than a moment.
            vec![Effect::Lab(id, Box::new(opened.session.profile.clone()))]
        }
        Ok(profile) => {
            opened.lab = Lab::Running;
            opened
                .session
                .command(Command::Adopt(profile), ink)
                .into_iter()
                .map(|effect| Effect::Session(id, effect))
                .collect()
        }
    }
}
