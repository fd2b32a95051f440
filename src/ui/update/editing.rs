//! Typing: beginning, taking keys and pastes, and taking over what was typed.

use super::{
    Effect, Model, ProfilesOp, Purpose, Taking, filtering, finding, importing, lab, moving,
    palette, refill,
};
use crossterm::event::KeyCode;

use crate::{
    flow::Ink,
    profile::{
        FieldPath, Kind, Profile, fields, import,
        template::{self, TEMPLATES},
    },
    protocol::{exchange::Via, redirect},
    session::Command,
    ui::{
        filter::Filter,
        keymap::Key,
        model::{Editor, browser_of},
        widgets::field::{Input, Shape},
    },
};

/// Begins to take a text.
pub fn begin(model: &mut Model, purpose: Purpose) {
    let taking = match &purpose {
        Purpose::Field(field) => taking(*field, &offered(&model.session().profile, *field)),
        Purpose::Redirect => Taking::Typed(Box::new(Input::new(Shape::Word, ""))),
        Purpose::Existing(_) => Taking::Typed(Box::new(Input::new(Shape::Secret, ""))),
        Purpose::Rename(from) => Taking::Typed(Box::new(Input::new(Shape::Line, from))),
        Purpose::Template => Taking::Chosen {
            words: TEMPLATES.iter().map(|template| template.name).collect(),
            at: 0,
            typed: String::new(),
        },
        Purpose::Find
        | Purpose::Create(_)
        | Purpose::Duplicate(_)
        | Purpose::SaveAs
        | Purpose::Import
        | Purpose::Palette
        | Purpose::Keep => Taking::Typed(Box::new(Input::new(Shape::Line, ""))),
        Purpose::Filter => {
            let text = model.screen.filter.as_ref().map_or("", Filter::text);
            Taking::Typed(Box::new(Input::new(Shape::Line, text)))
        }
        Purpose::Trace => Taking::Typed(Box::new(Input::new(Shape::Line, "trace.json"))),
    };
    let before = (purpose == Purpose::Find).then(|| model.rows_state().clone());
    model.screen.editor = Some(Editor {
        purpose,
        taking,
        says: None,
        pick: 0,
        before,
    });
}

/// Begins to edit the field under the cursor.
pub fn begin_under(model: &mut Model) {
    let Some(field) = model.under.field else {
        return;
    };
    if model.screen.overlay.is_none() {
        // The form stays while it is filled in, also when the step could be sent already.
        moving::show(model, model.panel().id);
    }
    begin(model, Purpose::Field(field));
}

/// Begins to edit a field with another text than the one it has.
pub fn begin_with(model: &mut Model, field: FieldPath, text: &str) {
    model.screen.editor = Some(Editor {
        purpose: Purpose::Field(field),
        taking: taking(field, text),
        says: None,
        pick: 0,
        before: None,
    });
}

/// What a field begins with: its own value, else the one that it has from elsewhere, to be changed a little.
fn offered(profile: &Profile, field: FieldPath) -> String {
    let own = profile.shown(field);
    let plain = matches!(
        field.field().kind,
        Kind::Url | Kind::Text | Kind::Number | Kind::List
    );
    if own.is_empty() && plain {
        profile.shown_effective(field)
    } else {
        own
    }
}

fn taking(field: FieldPath, shown: &str) -> Taking {
    let words = match field.field().kind {
        Kind::Choice(words) => words.to_vec(),
        Kind::Flag => vec!["true", "false"],
        Kind::Secret => return Taking::Typed(Box::new(Input::new(Shape::Secret, ""))),
        Kind::Url => return Taking::Typed(Box::new(Input::new(Shape::Word, shown))),
        Kind::Map | Kind::LongText => {
            return Taking::Typed(Box::new(Input::new(Shape::Text, shown)));
        }
        Kind::List if shown.contains('\n') => {
            return Taking::Typed(Box::new(Input::new(Shape::Text, shown)));
        }
        Kind::List => return Taking::Typed(Box::new(Input::new(Shape::List, shown))),
        Kind::Text | Kind::Number => {
            return Taking::Typed(Box::new(Input::new(Shape::Line, shown)));
        }
    };
    let words: Vec<&'static str> = std::iter::once("").chain(words).collect();
    let at = words.iter().position(|word| *word == shown).unwrap_or(0);
    Taking::Chosen {
        words,
        at,
        typed: String::new(),
    }
}

/// Takes a key that is no action.
pub fn typed(model: &mut Model, key: Key) {
    let Some(editor) = &mut model.screen.editor else {
        return;
    };
    match &mut editor.taking {
        Taking::Typed(input) => input.key(key),
        Taking::Chosen { words, at, typed } => match key.code {
            KeyCode::Char(c) => (*at, *typed) = chosen(words, *at, typed, c),
            KeyCode::Backspace => typed.clear(),
            _ => {}
        },
    }
    editor.says = None;
    changed(model);
}

/// Returns the word that a letter leads to, and what is typed of its name by then: what was typed goes on, at the beginning
/// of a word or else anywhere in it; where nothing is called so, the letter begins anew, at the next word.
fn chosen(words: &[&str], at: usize, typed: &str, letter: char) -> (usize, String) {
    let letter = letter.to_ascii_lowercase();
    let longer = format!("{typed}{letter}");
    let from = |first: usize| (0..words.len()).map(move |step| (first + step) % words.len());
    let here = usize::from(typed.is_empty());
    let begins = || from(at + here).find(|index| words[*index].starts_with(&longer));
    let has = || from(at + here).find(|index| words[*index].contains(&longer));
    if let Some(found) = begins().or_else(has) {
        return (found, longer);
    }
    let anew = from(at + 1).find(|index| words[*index].starts_with(letter));
    anew.map_or_else(
        || (at, typed.to_owned()),
        |found| (found, letter.to_string()),
    )
}

/// Follows what is typed where something is looked for.
fn changed(model: &mut Model) {
    palette::find(model);
    finding::typed(model);
}

/// Starts a new line.
pub fn new_line(model: &mut Model) {
    if let Some(Editor {
        taking: Taking::Typed(input),
        ..
    }) = &mut model.screen.editor
    {
        input.new_line();
    }
}

/// Goes to another choice.
pub fn choose(model: &mut Model, delta: isize) {
    if let Some(Editor {
        taking: Taking::Chosen { words, at, typed },
        ..
    }) = &mut model.screen.editor
    {
        typed.clear();
        *at = (*at + words.len()).saturating_add_signed(delta) % words.len();
    }
}

/// Goes to another of the words that are offered.
pub fn pick(model: &mut Model, delta: isize) {
    let count = model
        .offered()
        .and_then(Result::ok)
        .map_or(0, |words| words.len());
    if let Some(editor) = &mut model.screen.editor
        && count > 0
    {
        editor.pick = (editor.pick + count).saturating_add_signed(delta) % count;
    }
}

/// Adds the word that is offered to what is typed, or takes it out.
pub fn toggle_pick(model: &mut Model) {
    let Some(Ok(words)) = model.offered() else {
        return;
    };
    // One tool is called; of scopes there may be many.
    let editor_of_one = super::typing(model, &Purpose::Field(fields::API_TOOL)).is_some();
    let Some(Editor {
        taking: Taking::Typed(input),
        pick,
        ..
    }) = &mut model.screen.editor
    else {
        return;
    };
    let Some(word) = words.get(*pick) else {
        return;
    };
    let text = input.text();
    if editor_of_one {
        let other = if text.trim() == word { "" } else { word };
        **input = Input::new(Shape::Line, other);
        return;
    }
    let mut typed: Vec<&str> = text.split_whitespace().collect();
    let before = typed.len();
    typed.retain(|other| other != word);
    if typed.len() == before {
        typed.push(word);
    }
    **input = Input::new(Shape::Line, &typed.join(" "));
}

/// Drops what was typed.
pub fn discard(model: &mut Model) {
    if model.in_palette() {
        return palette::close(model);
    }
    if let Some(before) = model.screen.editor.take().and_then(|editor| editor.before) {
        *model.rows_state_mut() = before;
    }
}

/// Takes a paste: into the text that is edited, else to the sign-in that waits for it.
pub fn pasted(model: &mut Model, text: &str, ink: Ink) -> Vec<Effect> {
    (model.screen.toast, model.screen.prefix) = (None, None);
    if model.screen.editor.is_none() && browser_of(&model.opened().session).is_some() {
        // It belongs to the walk that is on, whichever is looked at.
        model.opened_mut().looking = None;
    }
    let waits = model.waits_for_browser().is_some();
    let for_redirect = super::typing(model, &Purpose::Redirect).is_some();
    if waits && (model.screen.editor.is_none() || for_redirect) {
        model.screen.editor = None;
        return model.command(Command::PasteRedirect(text.trim().to_owned()), ink);
    }
    if super::typing(model, &Purpose::Import).is_some() && import::is_source(text) {
        importing::understood(model, import::understand(text));
    } else if let Some(Editor {
        taking: Taking::Typed(input),
        says,
        ..
    }) = &mut model.screen.editor
    {
        *says = input.paste(text);
        changed(model);
    } else if is_redirect(model, text) {
        // It came too late, or too early; the session knows which.
        return model.command(Command::PasteRedirect(text.trim().to_owned()), ink);
    } else {
        model.warn("Nothing takes a paste here; {edit-inputs} edits a field, {use-existing} takes a token.");
    }
    Vec::new()
}

/// Tells whether a text is the answer to a sign-in of this walk.
fn is_redirect(model: &Model, text: &str) -> bool {
    let walk = &model.session().walk;
    let asked = walk.listening.as_deref().unwrap_or_default();
    matches!(redirect::parse_pasted(text, asked), Ok((_, Via::Paste)))
}

/// Takes over what was typed; what is wrong with it is said, and it stays.
pub fn accept(model: &mut Model, ink: Ink) -> Vec<Effect> {
    let Some(editor) = &model.screen.editor else {
        return Vec::new();
    };
    let purpose = editor.purpose.clone();
    let text = match &editor.taking {
        Taking::Typed(input) => input.text(),
        Taking::Chosen { words, at, .. } => zeroize::Zeroizing::new(words[*at].to_owned()),
    };
    let name = text.trim().to_owned();
    match purpose {
        Purpose::Field(field) => accept_field(model, field, &text, ink),
        Purpose::Find => {
            finding::accept(model, &name);
            Vec::new()
        }
        Purpose::Filter => {
            filtering::accept(model, &name);
            Vec::new()
        }
        Purpose::Redirect => {
            model.screen.editor = None;
            model.command(Command::PasteRedirect(name), ink)
        }
        Purpose::Existing(artifact) => {
            let Some(Taking::Typed(input)) = super::typing(model, &purpose) else {
                return Vec::new();
            };
            let secret = input.secret(artifact.id());
            let effects = model.use_existing(artifact, secret, ink);
            // A token in the wrong slot stays in the box, with the reason.
            match model.session().notice.clone() {
                Some(notice) if notice.bad => complain(model, notice.says),
                _ => {
                    model.screen.editor = None;
                    model.screen.overlay = None;
                    model.place_mut().chosen = None;
                }
            }
            effects
        }
        Purpose::Template => {
            if let Some(template) = template::find(&name) {
                begin(model, Purpose::Create(template.name));
            }
            Vec::new()
        }
        Purpose::Import => importing::named(model, name),
        Purpose::Palette => palette::accept(model, ink),
        _ if name.is_empty() => {
            complain(model, "A name is needed.".to_owned());
            Vec::new()
        }
        // The box stays until the answer, so that a name that is taken is not lost.
        Purpose::Create(template) => vec![Effect::Profiles(ProfilesOp::Create {
            name,
            template: Some(template.to_owned()),
        })],
        Purpose::Duplicate(from) => {
            vec![Effect::Profiles(ProfilesOp::Duplicate { from, to: name })]
        }
        Purpose::Rename(from) => vec![Effect::Profiles(ProfilesOp::Rename { from, to: name })],
        Purpose::SaveAs => {
            let opened = model.opened();
            vec![Effect::Profiles(ProfilesOp::SaveAs {
                from: model
                    .profiles
                    .iter()
                    .map(|entry| &entry.name)
                    .find(|known| **known == opened.saved.name)
                    .cloned(),
                edits: opened.edits(),
                name,
            })]
        }
        Purpose::Keep => importing::keep(model, name),
        Purpose::Trace => {
            model.screen.editor = None;
            let mut session = model.session().clone();
            // Whom nobody may see now, no file tells either.
            session.vault = model.whole_mask().clone();
            vec![Effect::Trace {
                path: name,
                session: Box::new(session),
            }]
        }
    }
}

/// Takes over a field that may be as it is, and goes on to the next one that is missing.
pub fn accept_field(model: &mut Model, field: FieldPath, text: &str, ink: Ink) -> Vec<Effect> {
    let profile = &model.session().profile;
    let is_secret = field.field().kind == Kind::Secret;
    if is_secret && text.is_empty() {
        let stays = profile.has(field);
        model.screen.editor = None;
        if stays {
            model.say("Nothing was typed, so the secret stays. A single space takes it back.");
        }
        return Vec::new();
    }
    if !is_secret && text == offered(profile, field) {
        model.screen.editor = None;
        return Vec::new();
    }
    if let Err(says) = profile.clone().edit(field, text) {
        complain(model, says);
        return Vec::new();
    }
    model.screen.editor = None;
    let walked_as = |model: &Model| {
        let (flow, variant) = model.session().profile.walked_as();
        (flow.to_owned(), variant.to_owned())
    };
    let before = walked_as(model);
    let mut effects = model.command(Command::Edit(field, text.to_owned()), ink);
    if walked_as(model) == before {
        effects.extend(lab(model));
    } else {
        effects.extend(refill(model));
    }
    on_to_the_next_gap(model, field);
    effects
}

/// Takes the edits of the field under the cursor back, to what the file has.
pub fn take_back(model: &mut Model, ink: Ink) -> Vec<Effect> {
    let Some(field) = model.under.field else {
        return Vec::new();
    };
    let profile = model.opened().without_edit(field);
    let mut effects = model.command(Command::Adopt(Box::new(profile)), ink);
    // What the file does not say, the lab fills in.
    effects.extend(refill(model));
    model.say(format!("{field} is as it was saved."));
    effects
}

/// After a gap in the form is filled, the cursor goes to the next one.
fn on_to_the_next_gap(model: &mut Model, filled: FieldPath) {
    if model.screen.overlay.is_some() || model.panel().id != "inputs" {
        return;
    }
    let (width, height) = super::layout::rows_area(model);
    let rows = model.rows(width);
    match model.missing_row(&rows) {
        Some(at) if rows[at].field != Some(filled) => {
            model.rows_state_mut().go_to(at, &rows, height);
        }
        _ => {}
    }
}

/// Says what is wrong with what was typed.
pub fn complain(model: &mut Model, says: String) {
    if let Some(editor) = &mut model.screen.editor {
        editor.says = Some(says);
    }
}
