//! What lies at the foot of the rows while a question is asked or a text is taken.

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr as _;

use super::{Canvas, Spans, lines, trail};
use crate::{
    profile::{Kind, template},
    ui::{
        action::{Action, Availability},
        filter::Filter,
        hits::Target,
        keymap::{self, Key},
        layout::Places,
        model::{Editor, Model, Purpose, Taking},
        overlays::{confirm, paste},
        rail::cut,
        rows::{Row, wrap},
        theme::Role,
        widgets::field::Input,
    },
};

/// Draws the box that is open, if one is; returns the cursor in it.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, places: &Places) -> Option<Position> {
    if let Some(editor) = &model.screen.editor {
        return text_box(canvas, model, places, editor);
    }
    if let Some(first) = model.screen.prefix {
        which_key(canvas, model, places, first);
        return None;
    }
    let says = confirm::question(model)?;
    let width = places.body.width.saturating_sub(2);
    let mut rows = lines(
        &model.look,
        Role::FindingWarning,
        &model.shown(says),
        width,
        3,
    );
    rows.push(vec![
        (Role::HintKey, model.keys.spoken("{yes}")),
        (Role::Text, " yes   ".to_owned()),
        (Role::HintKey, model.keys.spoken("{no}")),
        (Role::Text, " no".to_owned()),
    ]);
    let place = foot(canvas, places.body, &rows);
    let key = |action| {
        model
            .keys
            .of(action)
            .first()
            .map(|keys| Target::Keys(*keys))
    };
    let (yes, no) = (key(Action::Yes), key(Action::No));
    if let Some(last) = rows.last() {
        let line = Rect {
            y: place.y + u16::try_from(rows.len() - 1).unwrap_or(0),
            ..place
        };
        let answers = last.iter().zip([yes, yes, no, no]);
        canvas.hit_along(
            line,
            answers.map(|((_, text), target)| (text.width(), target)),
        );
    }
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
        Taking::Chosen { words, at, .. } => {
            if editor.purpose == Purpose::Template {
                choices(canvas, model, places, words, *at);
            }
            return None;
        }
    };
    if matches!(editor.purpose, Purpose::Field(_)) && !input.is_long() {
        return None;
    }
    let (title, help) = words(model, &editor.purpose);
    if editor.purpose == Purpose::Palette {
        let lead = format!(" {}{title}: ", trail(model));
        return prompt(canvas, model, places.title, (lead, help), input);
    }
    if editor.purpose == Purpose::Find {
        // In the line of the hints, so that what is found is not hidden by the box.
        let says = editor.says.as_ref().map(|says| model.shown(says));
        let help = says.unwrap_or(help);
        return prompt(
            canvas,
            model,
            places.hints,
            (format!(" {title}: "), help),
            input,
        );
    }
    let width = places.body.width.saturating_sub(2);
    let mut rows: Vec<Spans> = vec![vec![(Role::Title, title)]];
    let head = rows.len();
    let tall = if input.is_long() {
        (places.body.height / 2).clamp(1, 10)
    } else {
        1
    };
    let veil = |line: &str| model.veiled(&editor.purpose, line);
    let seen = input.seen(width, tall, model.look.glyphs, &veil);
    let first = u16::try_from(head).unwrap_or(0);
    for line in 0..usize::from(tall) {
        let text = seen.lines.get(line).cloned().unwrap_or_default();
        rows.push(vec![(Role::FieldFocus, text)]);
    }
    match &editor.says {
        Some(says) => rows.extend(lines(
            &model.look,
            Role::FieldInvalid,
            &model.shown(says),
            width,
            3,
        )),
        None => rows.extend(lines(&model.look, Role::Muted, &help, width, 2)),
    }
    let place = foot(canvas, places.body, &rows);
    for line in first..first + tall {
        canvas.mark(place, line, Role::FieldFocus);
    }
    let text = Rect {
        y: place.y + first,
        height: tall,
        ..place
    }
    .intersection(place);
    canvas.hit(text, Target::Text);
    let at = Position::new(place.x + seen.cursor.0, place.y + first + seen.cursor.1);
    place.contains(at).then_some(at)
}

/// Draws what is typed into one line, what it is for before it and what is said of it at the end.
fn prompt(
    canvas: &mut Canvas<'_>,
    model: &Model,
    place: Rect,
    (lead, says): (String, String),
    input: &Input,
) -> Option<Position> {
    let used = u16::try_from(lead.width()).unwrap_or(0);
    // The text comes first.
    let room = usize::from(place.width / 2)
        .saturating_sub(lead.width())
        .max(5);
    let says = format!(" {} ", cut(&says, room, model.look.glyphs));
    let right = u16::try_from(says.width()).unwrap_or(0);
    let width = place.width.saturating_sub(used + right).max(1);
    let veil = |line: &str| model.veiled(&Purpose::Palette, line);
    let seen = input.seen(width, 1, model.look.glyphs, &veil);
    let text = seen.lines.into_iter().next().unwrap_or_default();
    canvas.clear(place);
    canvas.hit(place, Target::Nothing);
    let left = [(Role::Title, lead), (Role::FieldFocus, text)];
    canvas.both(place, 0, &left, &[(Role::Muted, says)]);
    canvas.hit(
        Rect {
            x: place.x + used,
            width,
            height: 1,
            ..place
        },
        Target::Text,
    );
    let at = Position::new(place.x + used + seen.cursor.0, place.y);
    place.contains(at).then_some(at)
}

/// Draws what can come after the first of two keys.
fn which_key(canvas: &mut Canvas<'_>, model: &Model, places: &Places, first: Key) {
    const COLUMN: u16 = 38;
    let width = places.body.width.saturating_sub(2);
    let columns = usize::from((width / COLUMN).max(1));
    let each = usize::from(width) / columns;
    let glyphs = model.look.glyphs;
    let cells: Vec<Vec<Row>> = keymap::continuations(model, first)
        .into_iter()
        .map(|(then, entry, can)| {
            let (key, text) = match can {
                Availability::Yes => (Role::HintKey, Role::HintText),
                Availability::No(_) | Availability::Taken(_) => (Role::Muted, Role::Muted),
            };
            let then = then.to_string();
            let says = match can {
                Availability::Yes => clause(entry.about).to_owned(),
                Availability::No(why) | Availability::Taken(why) => {
                    clause(&model.shown(&model.spoken(why))).to_owned()
                }
            };
            let row = Row::pair(&then, 2, text, says);
            let mut lines = wrap(vec![row], u16::try_from(each - 2).unwrap_or(width));
            if let Some((role, _)) = lines.first_mut().and_then(|line| line.spans.first_mut()) {
                *role = key;
            }
            lines
        })
        .collect();
    let tall = cells.len().div_ceil(columns).max(1);
    let columns: Vec<Vec<Row>> = cells.chunks(tall).map(<[_]>::concat).collect();
    let tall = columns.iter().map(Vec::len).max().unwrap_or_default();
    let mut rows: Vec<Spans> = vec![vec![
        (Role::HintKey, first.to_string()),
        (Role::Title, format!(" {}", glyphs.cut)),
    ]];
    rows.extend((0..tall).map(|line| {
        let own = columns
            .iter()
            .map(|column| column.get(line).cloned().unwrap_or_default());
        own.flat_map(|mut row| {
            let gap = each.saturating_sub(row.width());
            row.spans.push((Role::Text, " ".repeat(gap)));
            row.spans
        })
        .collect()
    }));
    foot(canvas, places.body, &rows);
}

/// Returns what a sentence says before it goes into detail.
fn clause(says: &str) -> &str {
    let end = says.find([',', ':', ';']).unwrap_or(says.len());
    says[..end].trim_end_matches('.')
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
    canvas.hit(whole, Target::Nothing);
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
    let named = |name: &str| model.shown(name);
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
                format!(
                    "{how} {} {}",
                    info.help,
                    model.keys.spoken("{accept-text} takes it over.")
                )
                .trim()
                .to_owned(),
            )
        }
        Purpose::Find => (
            "Find".to_owned(),
            model.keys.spoken("{accept} finds, {discard} back"),
        ),
        Purpose::Filter => {
            let typed = match model.screen.editor.as_ref().map(|editor| &editor.taking) {
                Some(Taking::Typed(input)) => input.text().to_string(),
                _ => String::new(),
            };
            let help = Filter::help(&typed, model.session());
            ("Show of the log".to_owned(), help)
        }
        Purpose::Palette => {
            let count = model.screen.palette.as_ref().map_or(0, |all| all.count());
            ("Do or open".to_owned(), count.to_string())
        }
        Purpose::Redirect => ("The redirect".to_owned(), paste::ASKS.to_owned()),
        Purpose::Existing(artifact) => (
            format!("Use this {}", artifact.noun()),
            model
                .keys
                .spoken("Paste it. The steps that would make it are left out; {withdraw} withdraws it."),
        ),
        Purpose::Template => {
            let about = match model.screen.editor.as_ref().map(|editor| &editor.taking) {
                Some(Taking::Chosen { words, at, .. }) => {
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
                named(&model.opened().session.profile.name)
            ),
        ),
        Purpose::Import => (
            "Make a profile of".to_owned(),
            "Name a file or an address, or paste the text itself: a .env, a cURL command, a HAR, metadata of a server, another profile."
                .to_owned(),
        ),
        Purpose::Keep => ("Name of the new profile".to_owned(), folder),
        Purpose::Trace => (
            "Write the walk to".to_owned(),
            "A file, secrets masked: .json can be opened again, .md is a report for a ticket, .txt the story, .mmd the diagram."
                .to_owned(),
        ),
    }
}
