//! What lies at the foot of the rows while a question is asked or a text is taken.

use ratatui::layout::{Position, Rect};

use super::{Canvas, Spans, lines};
use crate::{
    profile::{Kind, template},
    protocol::visible::visible,
    ui::{
        layout::Places,
        model::{Editor, Model, Purpose, Taking},
        overlays::{confirm, paste},
        theme::Role,
    },
};

/// Draws the box that is open, if one is; returns the cursor in it.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, places: &Places) -> Option<Position> {
    if let Some(editor) = &model.screen.editor {
        return text_box(canvas, model, places, editor);
    }
    let says = confirm::question(model)?;
    let width = places.body.width.saturating_sub(2);
    let mut rows = lines(&model.look, Role::FindingWarning, says, width, 3);
    rows.push(vec![
        (Role::HintKey, "y".to_owned()),
        (Role::Text, " yes   ".to_owned()),
        (Role::HintKey, "n".to_owned()),
        (Role::Text, " no".to_owned()),
    ]);
    foot(canvas, places.body, &rows);
    None
}

fn text_box(
    canvas: &mut Canvas<'_>,
    model: &Model,
    places: &Places,
    editor: &Editor,
) -> Option<Position> {
    let input = match &editor.taking {
        Taking::Typed(input) => input,
        Taking::Chosen { words, at } => {
            if editor.purpose == Purpose::Template {
                choices(canvas, model, places, words, *at);
            }
            return None;
        }
    };
    if matches!(editor.purpose, Purpose::Field(_)) && !input.is_long() {
        return None;
    }
    let width = places.body.width.saturating_sub(2);
    let (title, help) = words(model, &editor.purpose);
    let mut rows: Vec<Spans> = vec![vec![(Role::Title, title)]];
    let head = rows.len();
    let tall = if input.is_long() {
        (places.body.height / 2).clamp(1, 10)
    } else {
        1
    };
    let seen = input.seen(width, tall, model.look.glyphs);
    let first = u16::try_from(head).unwrap_or(0);
    for line in 0..usize::from(tall) {
        let text = seen.lines.get(line).cloned().unwrap_or_default();
        rows.push(vec![(Role::FieldFocus, text)]);
    }
    match &editor.says {
        Some(says) => rows.extend(lines(&model.look, Role::FieldInvalid, says, width, 3)),
        None => rows.extend(lines(&model.look, Role::Muted, &help, width, 2)),
    }
    let place = foot(canvas, places.body, &rows);
    for line in first..first + tall {
        canvas.mark(place, line, Role::FieldFocus);
    }
    let at = Position::new(place.x + seen.cursor.0, place.y + first + seen.cursor.1);
    place.contains(at).then_some(at)
}

/// Draws what can be chosen, the choice in brackets.
fn choices(
    canvas: &mut Canvas<'_>,
    model: &Model,
    places: &Places,
    all: &[&'static str],
    at: usize,
) {
    let width = places.body.width.saturating_sub(2);
    let (title, about) = words(model, &Purpose::Template);
    let mut rows: Vec<Spans> = vec![vec![(Role::Title, title)]];
    rows.extend(all.iter().enumerate().map(|(index, word)| {
        if index == at {
            vec![(Role::FieldFocus, format!("[{word}]"))]
        } else {
            vec![(Role::Text, format!(" {word} "))]
        }
    }));
    rows.extend(lines(&model.look, Role::Muted, &about, width, 2));
    foot(canvas, places.body, &rows);
}

/// Draws rows at the foot of a place, under a line of their own; returns where they stand.
fn foot(canvas: &mut Canvas<'_>, body: Rect, rows: &[Spans]) -> Rect {
    let tall = u16::try_from(rows.len() + 1)
        .unwrap_or(u16::MAX)
        .min(body.height);
    let whole = Rect {
        y: body.bottom() - tall,
        height: tall,
        ..body
    };
    canvas.clear(whole);
    canvas.across(whole);
    let inner = Rect {
        x: whole.x + 1,
        y: whole.y + 1,
        width: whole.width.saturating_sub(2),
        height: tall.saturating_sub(1),
    };
    for (line, spans) in (0..inner.height).zip(rows) {
        canvas.line(inner, line, spans);
    }
    inner
}

/// Returns what a box asks for, and how.
fn words(model: &Model, purpose: &Purpose) -> (String, String) {
    let named = |name: &str| visible(name).into_owned();
    let folder = "Letters, digits, dots, dashes: it becomes the file’s name.".to_owned();
    match purpose {
        Purpose::Field(field) => {
            let info = field.field();
            let how = match info.kind {
                Kind::Map => "One name=value on each line.",
                Kind::List => "One on each line.",
                _ => "",
            };
            (
                format!("{} ({field})", info.label),
                format!("{how} {} Tab takes it over.", info.help)
                    .trim()
                    .to_owned(),
            )
        }
        Purpose::Find => ("Find".to_owned(), "Enter finds; n and N go on.".to_owned()),
        Purpose::Redirect => ("The redirect".to_owned(), paste::ASKS.to_owned()),
        Purpose::Existing(artifact) => (
            format!("Use this {}", artifact.noun()),
            "Paste it. The steps that would make it are left out; x withdraws it.".to_owned(),
        ),
        Purpose::Template => {
            let about = match model.screen.editor.as_ref().map(|editor| &editor.taking) {
                Some(Taking::Chosen { words, at }) => {
                    template::find(words[*at]).map_or("", |template| template.about)
                }
                _ => "",
            };
            (
                "What the new profile begins with".to_owned(),
                about.to_owned(),
            )
        }
        Purpose::Create(template) => (
            match *template {
                "generic" => "Name of the new profile".to_owned(),
                template => format!("Name of the new profile ({template})"),
            },
            folder,
        ),
        Purpose::Duplicate(from) => (format!("Name of the copy of {}", named(from)), folder),
        Purpose::Rename(from) => (format!("New name for {}", named(from)), folder),
        Purpose::SaveAs => (
            "Save under which name?".to_owned(),
            format!(
                "{} has no file of its own.",
                named(&model.session().profile.name)
            ),
        ),
        Purpose::Import => (
            "Make a profile of".to_owned(),
            "Name a file or an address, or paste the text itself: a .env, a cURL command, a HAR, metadata of a server."
                .to_owned(),
        ),
        Purpose::Keep => ("Name of the new profile".to_owned(), folder),
        Purpose::Trace => (
            "Write the walk to".to_owned(),
            "A file; secrets are masked in it.".to_owned(),
        ),
    }
}
