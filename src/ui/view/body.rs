//! The rows of a panel or of what lies over it, and what is known of the one under the cursor.

use std::{fmt::Write as _, ops::Range, sync::Arc};

use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

use super::{Canvas, Spans, lines};
use crate::{
    profile::Kind,
    ui::{
        hits::Target,
        layout::{self, Places, Tier},
        model::{Editor, Model, Purpose, Taking},
        overlays::{device, paste},
        panels::findings::look,
        rows::{Row, dressed, entry, is_folded},
        theme::Role,
    },
};

/// Draws the rows and the note; returns the cursor of a field that is edited in its row.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, places: &Places) -> Option<Position> {
    if model.screen.overlay.is_none() && model.waiting_page() {
        let rows = if model.code_page() {
            device::rows(model, places.body.width, places.body.height)
        } else {
            paste::waiting_rows(model, places.body.width, usize::from(places.body.height))
        };
        for (line, row) in (0..).zip(rows) {
            canvas.line(places.body, line, &row.spans);
        }
        return None;
    }
    let (width, height) = layout::rows_area(model);
    let rows = model.rows(width);
    let state = model.rows_state();
    let margin = u16::from(!layout::is_bare(model));
    let inner = Rect {
        x: places.body.x + margin,
        width,
        ..places.body
    };
    let editing = in_a_row(model);
    let mut cursor = None;
    let wanted = model.wanted();
    let places_of = |text: &str| match &wanted {
        Some(wanted) => wanted.places(text),
        None => literal(text, &state.query),
    };
    canvas.hit(places.body, Target::Rows);
    // Of a list the whole entry is lit.
    let lit = match &model.screen.overlay {
        Some(_) => entry(&rows, state.cursor),
        None => state.cursor..state.cursor + 1,
    };
    for (line, index) in (0..).zip(state.seen(&rows, height)) {
        let row = &rows[index];
        let whole = Rect {
            y: places.body.y + line,
            height: 1,
            ..places.body
        };
        canvas.hit(whole, Target::Row(index));
        if let Some((field, editor)) = editing
            && row.field == Some(field)
        {
            if cursor.is_none() {
                cursor = field_line(canvas, inner, line, row, editor, model);
            }
            continue;
        }
        let folded = is_folded(&rows, &state.folds, index);
        let spans = dressed(&rows, index, folded, model.look.glyphs);
        canvas.line(inner, line, &spans);
        if let Some((severity, _)) = row.found.filter(|_| margin > 0) {
            let (role, mark) = look(severity, &model.cx(width));
            let edge = Rect {
                x: places.body.x,
                width: margin,
                ..inner
            };
            canvas.line(edge, line, &[(role, mark.to_owned())]);
        }
        let here = lit.contains(&index) && !model.on_rail() && editing.is_none();
        if here && !layout::is_bare(model) {
            canvas.mark(
                Rect {
                    x: places.body.x,
                    width: width + margin,
                    ..inner
                },
                line,
                Role::Selection,
            );
        }
        // Over the bar: its colours and those of a match do not mix.
        found(canvas, inner, line, row, &places_of);
    }
    more(canvas, places, model, &rows, height);
    note(canvas, places, model, rows.get(state.cursor));
    cursor
}

/// Says which attempt it is, where the cursor is, and how much is above and below, on the rule over the rows.
fn more(
    canvas: &mut Canvas<'_>,
    places: &Places,
    model: &Model,
    rows: &Arc<Vec<Row>>,
    height: usize,
) {
    let state = model.rows_state();
    let shown = crate::ui::rows::fold(rows, &state.folds).len();
    let mut says = String::new();
    if let Some(place) = rows.get(state.cursor).and_then(|row| row.place.as_ref()) {
        says = format!(" {place} ");
    }
    if shown > height {
        let from = state.scroll.min(shown - height);
        let rows = if says.is_empty() { " " } else { "rows " };
        let _ = write!(says, "{rows}{}-{} of {shown} ", from + 1, from + height);
    }
    if !state.query.is_empty() {
        says.insert_str(0, &count(model, rows));
    }
    let mut spans: Spans = attempt(model).into_iter().collect();
    spans.push((Role::Muted, says));
    let wide: usize = spans.iter().map(|(_, text)| text.width()).sum();
    if wide == 0 || places.rule.width < 20 {
        return;
    }
    let wide = u16::try_from(wide)
        .unwrap_or(u16::MAX)
        .min(places.rule.width);
    let place = Rect {
        x: places.rule.x + places.rule.width - wide,
        width: wide,
        ..places.rule
    };
    canvas.line(place, 0, &spans);
}

/// Says which attempt of the step is looked at, where it is not the newest.
fn attempt(model: &Model) -> Option<(Role, String)> {
    let place = model.place();
    let index = place.attempt.filter(|_| model.screen.overlay.is_none())?;
    let count = model.session().step(place.step).attempts.len();
    let says = format!(" attempt {} of {count} ", index + 1);
    Some((Role::FindingWarning, says))
}

/// Says how many rows have what is looked for, those that folds hide too, and at which of them the cursor is.
fn count(model: &Model, rows: &Arc<Vec<Row>>) -> String {
    let found = model.matches(rows);
    match (found.binary_search(&model.rows_state().cursor), found.len()) {
        (_, 0) => " no match ".to_owned(),
        (Ok(at), all) => format!(" {} of {all} ", at + 1),
        (Err(_), 1) => " 1 match ".to_owned(),
        (Err(_), all) => format!(" {all} matches "),
    }
}

/// Marks what was looked for.
fn found(
    canvas: &mut Canvas<'_>,
    place: Rect,
    line: u16,
    row: &Row,
    places_of: &impl Fn(&str) -> Vec<Range<usize>>,
) {
    let text = row.plain().to_lowercase();
    for found in places_of(&text) {
        let before = u16::try_from(text[..found.start].width()).unwrap_or(u16::MAX);
        let wide = u16::try_from(text[found].width()).unwrap_or(u16::MAX);
        if before < place.width {
            let wide = wide.min(place.width - before);
            canvas.paint(place.x + before, place.y + line, wide, Role::FindMatch);
        }
    }
}

/// Tells whether the place of the note is taken by a field that is edited.
pub fn notes_field(model: &Model) -> bool {
    in_a_row(model).is_some()
}

/// Returns where a text in small letters has another one as it stands.
fn literal(text: &str, query: &str) -> Vec<Range<usize>> {
    let wanted = query.to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let found = text.match_indices(&wanted);
    found.map(|(at, found)| at..at + found.len()).collect()
}

/// Returns the field that is edited in its own row, unless it needs a box.
fn in_a_row(model: &Model) -> Option<(crate::profile::FieldPath, &Editor)> {
    let editor = model.screen.editor.as_ref()?;
    match (&editor.purpose, &editor.taking) {
        (Purpose::Field(_), Taking::Typed(input)) if input.is_long() => None,
        (Purpose::Field(field), _) => Some((*field, editor)),
        _ => None,
    }
}

fn field_line(
    canvas: &mut Canvas<'_>,
    place: Rect,
    line: u16,
    row: &Row,
    editor: &Editor,
    model: &Model,
) -> Option<Position> {
    let glyphs = model.look.glyphs;
    let mut label: Spans = row
        .spans
        .iter()
        .take_while(|(role, text)| *role == Role::FieldLabel || text.trim().is_empty())
        .cloned()
        .collect();
    if label.is_empty() {
        label.push((Role::FieldLabel, "  ".to_owned()));
    }
    let used: usize = label.iter().map(|(_, text)| text.width()).sum();
    let used = u16::try_from(used).unwrap_or(u16::MAX);
    // A long name must not leave the value without room.
    let used = if used + 12 > place.width { 0 } else { used };
    if used > 0 {
        canvas.line(place, line, &label);
    }
    let value = Rect {
        x: place.x + used,
        width: place.width - used,
        ..place
    };
    let invalid = editor.says.is_some();
    let role = if invalid {
        Role::FieldInvalid
    } else {
        Role::FieldFocus
    };
    match &editor.taking {
        Taking::Typed(input) => {
            let veil = |line: &str| model.veiled(&editor.purpose, line);
            let seen = input.seen(value.width, 1, glyphs, &veil);
            let text = seen.lines.first().cloned().unwrap_or_default();
            canvas.mark(value, line, role);
            canvas.line(value, line, &[(role, text)]);
            canvas.hit(
                Rect {
                    y: value.y + line,
                    height: 1,
                    ..value
                },
                Target::Text,
            );
            Some(Position::new(value.x + seen.cursor.0, value.y + line))
        }
        Taking::Chosen { words, at, .. } => {
            let word = if words[*at].is_empty() {
                "(as by default)"
            } else {
                words[*at]
            };
            let text = format!("{} {word} {}", glyphs.head_left, glyphs.head_right);
            canvas.line(value, line, &[(role, text)]);
            None
        }
    }
}

/// Draws what is known of the row under the cursor, or of the field that is edited.
fn note(canvas: &mut Canvas<'_>, places: &Places, model: &Model, row: Option<&Row>) {
    let place = Rect {
        x: places.note.x + 1,
        width: places.note.width.saturating_sub(2),
        ..places.note
    };
    if place.is_empty() {
        return;
    }
    let most = usize::from(place.height);
    let look = &model.look;
    let mut out: Vec<Spans> = Vec::new();
    if let Some((field, editor)) = in_a_row(model) {
        if let Some(says) = &editor.says {
            let says = model.shown(says);
            out.extend(lines(look, Role::FieldInvalid, &says, place.width, most));
        }
        if let Taking::Chosen { words, at, .. } = &editor.taking {
            let all = words.iter().enumerate().map(|(index, word)| {
                let word = if word.is_empty() { "default" } else { word };
                if index == *at {
                    format!("[{word}]")
                } else {
                    format!(" {word} ")
                }
            });
            out.push(vec![(Role::Text, all.collect::<Vec<_>>().join(" "))]);
        }
        let offered = model.offered();
        match &offered {
            Some(Ok(words)) => out.extend(picks(model, editor, words, place.width, most)),
            Some(Err(why)) => {
                out.extend(lines(
                    look,
                    Role::Text,
                    &model.shown(why),
                    place.width,
                    most,
                ));
            }
            None => {}
        }
        let info = field.field();
        let how = match info.kind {
            _ if offered.is_some() => {
                "Several, with a space between them; any other word can be typed, too.".to_owned()
            }
            Kind::Secret => format!(
                "env:NAME, file:PATH, cmd:COMMAND, or the secret itself. Now: {}. {}",
                words_of(&model.shown(&model.session().profile.shown_effective(field))),
                info.help
            ),
            Kind::List => format!("{} Several: with commas.", info.help),
            Kind::Choice(_) | Kind::Flag => info.help.to_owned(),
            _ => format!("{} For example {}", info.help, info.example),
        };
        out.extend(lines(look, Role::Muted, &how, place.width, most));
    } else if let Some(note) = row.and_then(|row| row.note.as_deref()) {
        out.extend(lines(
            look,
            Role::Muted,
            &model.shown(note),
            place.width,
            most,
        ));
    }
    let wide =
        Tier::of(model.size) == Tier::Wide && model.screen.overlay.is_none() && !model.screen.zoom;
    if wide && let Some(step) = model.session().flow.step(model.place().step) {
        let info = step.info();
        out.push(Vec::new());
        out.extend(lines(look, Role::Text, info.why, place.width, most));
        out.push(vec![(Role::Muted, info.spec.join(", "))]);
    }
    for (line, spans) in (0..place.height).zip(out) {
        canvas.line(place, line, &spans);
    }
}

/// Returns the words that are offered, those that are typed marked and the one at the cursor in brackets; from the line
/// with the cursor on, so that it is always seen.
fn picks(model: &Model, editor: &Editor, words: &[String], width: u16, most: usize) -> Vec<Spans> {
    let typed = match &editor.taking {
        Taking::Typed(input) => input.text(),
        Taking::Chosen { .. } => return Vec::new(),
    };
    let mut rows: Vec<(String, bool)> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let taken = typed.split_whitespace().any(|other| other == word);
        let glyphs = model.look.glyphs;
        let mark = if taken { glyphs.done } else { glyphs.idle };
        let (open, close) = if index == editor.pick {
            ("[", "]")
        } else {
            (" ", " ")
        };
        let shown = format!("{open}{mark} {}{close}", model.shown(word));
        let here = index == editor.pick;
        match rows.last_mut() {
            Some((row, has)) if row.width() + shown.width() <= usize::from(width) => {
                row.push_str(&shown);
                *has |= here;
            }
            _ => rows.push((shown, here)),
        }
    }
    let first = rows.iter().position(|(_, here)| *here).unwrap_or(0);
    let first = if rows.len() < most { 0 } else { first };
    rows.into_iter()
        .skip(first)
        .map(|(row, _)| vec![(Role::Text, row)])
        .collect()
}

fn words_of(source: &str) -> &str {
    if source.is_empty() { "nothing" } else { source }
}
