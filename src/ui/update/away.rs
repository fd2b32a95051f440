//! Errands to an editor or a pager: what they are given, and what becomes of what they bring back.

use zeroize::Zeroizing;

use super::{Ask, Effect, Model, ProfilesOp, Purpose, Taking, Then, editing};
use crate::{
    flow::Ink,
    profile::{FieldPath, Kind, Origin, Profile, fields, load},
    session::Command,
    ui::{
        away::{Draft, Errand, How, Text, Visit},
        copy,
        model::{Editor, Lab},
    },
};

/// Opens the editor on the field under the cursor, or on the body of the answer.
pub fn outside(model: &Model) -> Vec<Effect> {
    let visit = match model.under.field {
        Some(field) => Some(Visit {
            errand: Errand::Field(field),
            how: How::Edit,
            name: format!("{field}.txt"),
            text: lined(&model.session().profile.shown(field)),
        }),
        None => copy::body(model),
    };
    visit.map(Effect::Visit).into_iter().collect()
}

/// Opens the editor on what is typed into a field.
pub fn typed(model: &Model) -> Vec<Effect> {
    match &model.screen.editor {
        Some(Editor {
            purpose: Purpose::Field(field),
            taking: Taking::Typed(input),
            ..
        }) => {
            vec![Effect::Visit(Visit {
                errand: Errand::Typed(*field),
                how: How::Edit,
                name: format!("{field}.txt"),
                text: lined(&input.text()),
            })]
        }
        _ => Vec::new(),
    }
}

/// Opens the editor on the file of a profile: as it was left there last, if it could not be saved, else as it is.
pub fn file(model: &Model) -> Vec<Effect> {
    let Some(name) = model.file_to_edit() else {
        return Vec::new();
    };
    if let Some(draft) = model.drafts.get(&name) {
        return vec![of_file(name, draft.clone())];
    }
    let own = model.opened();
    // What was typed and not saved is in the copy, too: else it would seem to be lost.
    let edits = if own.has_file && own.saved.name == name {
        own.edits()
    } else {
        Vec::new()
    };
    vec![Effect::Profiles(ProfilesOp::Text { name, edits })]
}

/// Opens the editor on the text of a profile's file that was read for it.
pub fn read(name: String, base: String, text: String) -> Vec<Effect> {
    let draft = Draft {
        base: base.into(),
        text: text.into(),
    };
    vec![of_file(name, draft)]
}

/// Opens the editor again on a file that has mistakes.
pub fn again(model: &Model, name: String) -> Vec<Effect> {
    match model.drafts.get(&name) {
        Some(draft) => vec![of_file(name, draft.clone())],
        None => Vec::new(),
    }
}

/// Takes what a program brought back, or why it did not end well.
pub fn returned(
    model: &mut Model,
    errand: Errand,
    result: Result<Text, String>,
    ink: Ink,
) -> Vec<Effect> {
    let text = match result {
        Ok(text) => text.0,
        Err(says) => {
            model.warn(says);
            return Vec::new();
        }
    };
    match errand {
        Errand::Rows => {}
        Errand::Body => {
            if copy::body(model).is_some_and(|visit| visit.text.0 != text) {
                model.say("That was a copy of the answer: what was changed in it is gone.");
            }
        }
        Errand::Field(field) => return field_back(model, field, &text, ink),
        Errand::Typed(field) => typed_back(model, field, &text),
        Errand::Profile { name, draft } => return file_back(model, name, draft, text),
    }
    Vec::new()
}

/// A text as editors want it: the last line ends, too.
fn lined(text: &str) -> Text {
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    Text::from(format!("{text}{end}"))
}

/// Takes the end of the last line off again, unless the text had one of its own.
fn unlined<'a>(text: &'a str, before: &str) -> &'a str {
    if before.ends_with('\n') {
        return text;
    }
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

fn field_back(model: &mut Model, field: FieldPath, text: &str, ink: Ink) -> Vec<Effect> {
    let profile = &model.session().profile;
    let before = profile.shown(field);
    let text = unlined(text, &before);
    if text == before {
        model.say(UNCHANGED);
        return Vec::new();
    }
    let one_line = matches!(field.field().kind, Kind::Url | Kind::Text | Kind::Number);
    let lines = text.trim().lines().count();
    let wrong = if one_line && lines > 1 {
        Err(format!("{field} is one line; {lines} came."))
    } else {
        profile.clone().edit(field, text)
    };
    if let Err(says) = wrong {
        editing::begin_with(model, field, text);
        editing::complain(model, says);
        return Vec::new();
    }
    let effects = editing::accept_field(model, field, text, ink);
    model.say(format!("{field} is as the editor left it."));
    effects
}

fn typed_back(model: &mut Model, field: FieldPath, text: &str) {
    let Some(Taking::Typed(input)) = super::typing(model, &Purpose::Field(field)) else {
        return;
    };
    let before = input.text();
    let text = unlined(text, &before);
    if text == *before {
        model.say(UNCHANGED);
    } else {
        editing::begin_with(model, field, text);
    }
}

fn of_file(name: String, draft: Draft) -> Effect {
    Effect::Visit(Visit {
        name: format!("{name}.toml"),
        how: How::Edit,
        text: draft.text.clone(),
        errand: Errand::Profile { name, draft },
    })
}

/// Checks a profile's file that was edited; one with mistakes is kept, and the editor offered again.
fn file_back(
    model: &mut Model,
    name: String,
    draft: Draft,
    text: Zeroizing<String>,
) -> Vec<Effect> {
    let held = model.drafts.remove(&name).is_some();
    let as_given = *text == *draft.text.0 && !held;
    if as_given || *text == *draft.base.0 {
        model.say(UNCHANGED);
        return Vec::new();
    }
    let (_, problems) = load(&name, &text);
    let fatal = problems.iter().filter(|problem| problem.fatal);
    let mistakes: Vec<String> = fatal.map(ToString::to_string).collect();
    if mistakes.is_empty() {
        let (base, text) = (draft.base.0.to_string(), text.to_string());
        return vec![Effect::Profiles(ProfilesOp::Rewrite { name, base, text })];
    }
    let text = Text(text);
    model.drafts.insert(name.clone(), Draft { text, ..draft });
    model.screen.ask = Some(Ask {
        says: format!(
            "Back to the editor? {name} is not saved yet: {}",
            mistakes.join(" ")
        ),
        then: Then::EditAgain(name),
    });
    Vec::new()
}

/// Takes over a profile's file that was saved as the editor left it.
pub fn saved(model: &mut Model, name: &str, text: &str, ink: Ink) -> Vec<Effect> {
    let (profile, problems) = load(name, text);
    let mut says = format!("Saved {name}.");
    if let Some(problem) = problems.first() {
        says = format!("{says} {problem}");
    }
    let mut effects = Vec::new();
    for opened in &mut model.open {
        if opened.saved.name != name || !opened.has_file || opened.session.archived {
            continue;
        }
        let mut profile = profile.clone();
        profile.base.clone_from(&opened.saved.base);
        if profile.text(fields::FLOW) != opened.saved.text(fields::FLOW) {
            says.push_str(" Its flow is another now; {flows} chooses what is walked.");
        }
        opened.saved = profile.clone();
        opened.problems.clone_from(&problems);
        let wants_lab = profile.flag(fields::LAB);
        if wants_lab {
            // Until the lab says it anew, so that an edit elsewhere makes nothing stale.
            fill_as_before(&mut profile, &opened.session.profile);
        }
        let adopt = Command::Adopt(Box::new(profile));
        let id = opened.id;
        let asked = opened.session.command(adopt, ink);
        effects.extend(asked.into_iter().map(|effect| Effect::Session(id, effect)));
        // The lab fills in what the file leaves to it.
        opened.lab = Lab::Unwanted;
        if wants_lab {
            opened.lab = Lab::Starting;
            effects.push(Effect::Lab(id, Box::new(opened.session.profile.clone())));
        }
    }
    model.say(says);
    effects
}

/// Fills in what was filled in before, where the file says nothing of its own.
fn fill_as_before(profile: &mut Profile, before: &Profile) {
    for field in fields::FIELDS {
        let path = field.path;
        if before.origin(path) == Origin::Filled
            && profile.own(path).is_none()
            && let Some(value) = before.own(path)
        {
            profile.fill(path, value.clone());
        }
    }
}

const UNCHANGED: &str = "Nothing was changed in the editor.";
