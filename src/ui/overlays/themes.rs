//! The themes to choose from, with a sample of what they speak of below: each is shown while the cursor is on it.

use crate::{
    protocol::visible::visible,
    ui::{
        model::Model,
        rows::{Goes, Row, wrap},
        theme::{Depth, Glyphs, Listed, Role},
    },
};

/// Returns a row for each theme, and the sample.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let themes = model.shelf.listing();
    let shown = |theme: &Listed| visible(&theme.name).into_owned();
    let pad = themes
        .iter()
        .map(|theme| shown(theme).chars().count())
        .max();
    let pad = pad.unwrap_or_default() + 2;
    // What the list was opened with, not what is tried.
    let kept = model.screen.trying.as_ref().unwrap_or(&model.theme);
    let rows = themes.iter().enumerate().map(|(index, theme)| {
        let mood = theme.mood_word();
        let from = if theme.own { "  yours" } else { "" };
        let here = if theme.name == *kept {
            "  this one"
        } else {
            ""
        };
        Row::new(vec![
            (Role::FieldValue, format!(" {:<pad$}", shown(theme))),
            (Role::Muted, format!("{mood:<8}")),
            (Role::Text, visible(&theme.title).into_owned()),
            (Role::Muted, format!("{from}{here}")),
        ])
        .noted(Some(note(model, theme)))
        .copying((*theme.name).into())
        .going(Goes::Theme(index))
    });
    let sample = sample(model.look.glyphs);
    let rows = rows.chain([Row::blank()]).chain(sample).collect();
    wrap(rows, width)
}

fn note(model: &Model, theme: &Listed) -> String {
    match theme.mistakes.first() {
        Some(mistake) => mistake.to_string(),
        None if model.look.depth() == Depth::None => {
            format!(
                "{} Colours are off here, so nothing of it but its stress is seen.",
                theme.about
            )
        }
        None => theme.about.clone(),
    }
}

/// Returns what most roles look like, each beside the mark or word that says the same.
fn sample(glyphs: &Glyphs) -> Vec<Row> {
    let steps = [
        (Role::StepDone, glyphs.done, "done"),
        (Role::StepRefused, glyphs.failed, "refused"),
        (Role::StepWaiting, glyphs.waiting, "waiting"),
        (Role::StepStale, glyphs.stale, "stale"),
        (Role::StepReady, glyphs.idle, "ready"),
        (Role::StepSkipped, glyphs.skipped, "left out"),
    ];
    let findings = [
        (Role::FindingError, glyphs.failed, "error"),
        (Role::FindingWarning, glyphs.warning, "warning"),
        (Role::FindingNote, glyphs.idle, "note"),
        (Role::SignatureVerified, glyphs.done, "verified"),
        (Role::SignatureFailed, glyphs.failed, "does not hold"),
    ];
    let marked = |marks: &[(Role, &str, &str)]| {
        let text = |(role, mark, word): &(Role, &str, &str)| (*role, format!(" {mark} {word}  "));
        Row::new(marks.iter().map(text).collect())
    };
    let line = |spans: &[(Role, &str)]| {
        let text = |(role, text): &(Role, &str)| (*role, (*text).to_owned());
        Row::new(spans.iter().map(text).collect())
    };
    vec![
        marked(&steps),
        marked(&findings),
        line(&[
            (Role::JsonPunct, " { "),
            (Role::JsonKey, "\"scope\""),
            (Role::JsonPunct, ": "),
            (Role::JsonString, "\"todos.read\""),
            (Role::JsonPunct, ", "),
            (Role::JsonKey, "\"expires_in\""),
            (Role::JsonPunct, ": "),
            (Role::JsonNumber, "300"),
            (Role::JsonPunct, " }  "),
            (Role::JwtHeader, "eyJhbGci"),
            (Role::JsonPunct, "."),
            (Role::JwtClaims, "eyJpc3Mi"),
            (Role::JsonPunct, "."),
            (Role::JwtSignature, "c2lnbmVk"),
        ]),
        line(&[
            (Role::FieldLabel, " issuer  "),
            (Role::Link, "https://idp.example"),
            (Role::Text, "  "),
            (Role::Secret, "a secret by its name"),
            (Role::Text, "  "),
            (Role::FieldInvalid, "not an address"),
            (Role::Text, "  "),
            (Role::FindMatch, "found"),
        ]),
        line(&[
            (Role::TabCurrent, " [Request]"),
            (Role::Tab, "  Answer  "),
            (Role::HintKey, "Enter"),
            (Role::HintText, " send  "),
            (Role::MarkProd, "prod"),
            (Role::Text, " "),
            (Role::MarkInsecure, "insecure"),
            (Role::TimeSoon, "  1 min left"),
            (Role::TimePast, "  expired"),
        ]),
    ]
}
