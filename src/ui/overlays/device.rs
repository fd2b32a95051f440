//! The page with the code to enter on another device: code and address raw on lines of their own, and a QR code beside.

use super::address::{self, broken};
use crate::{
    flow::Artifact,
    protocol::time::Lifetime,
    ui::{
        model::Model,
        rows::{Row, wrap},
        theme::Role,
    },
};

/// Between the words and the QR code.
const GAP: usize = 2;

/// The words beside a QR code need so many columns.
const WORDS: usize = 30;

/// Lines of the screen that are not the page's.
const AROUND: usize = 2;

/// Returns the page.
pub fn rows(model: &Model, width: u16, height: u16) -> Vec<Row> {
    let Some((_, _, whole)) = model.waits_for_code() else {
        return Vec::new();
    };
    let bag = &model.session().walk.bag;
    let shown = |artifact| model.shown(bag.shown(artifact).unwrap_or_default());
    let uri = shown(Artifact::VerificationUri);
    let mut rows = wrap(
        vec![Row::text(
            Role::Strong,
            "Open this address on any device, and enter the code:",
        )],
        width,
    );
    rows.extend(
        broken(&uri, width)
            .into_iter()
            .map(|line| Row::text(Role::Link, line)),
    );
    let mut words = vec![
        Row::blank(),
        Row::text(Role::Title, spaced(&shown(Artifact::UserCode))),
        Row::blank(),
    ];
    let end = bag.held(Artifact::UserCode).and_then(|held| held.expires);
    if let Some(end) = end {
        let left = Lifetime((end.0 - model.now.0).max(0) / 1000 * 1000);
        words.push(Row::text(Role::Text, format!("{left} left.")));
    }
    if let Some(notice) = model.session().notice.as_ref().filter(|notice| notice.bad) {
        words.push(Row::text(
            Role::FindingWarning,
            model.cx(width).text(&notice.says),
        ));
    }
    words.push(Row::text(
        Role::Muted,
        model.keys.spoken(
            "The walk goes on by itself once you have signed in. {cancel} cancels; {address} shows the address with the code alone.",
        ),
    ));
    let code = match address::code(model, &whole) {
        Ok(code) => code,
        Err(why) => {
            words.push(Row::text(Role::Muted, why));
            rows.extend(wrap(words, width));
            return rows;
        }
    };
    let wide = code.first().map_or(0, |line| line.chars().count());
    let (columns, lines) = (usize::from(width), usize::from(height));
    if columns < WORDS + GAP + wide || lines < rows.len() + code.len() {
        words.push(Row::blank());
        words.push(Row::text(
            Role::Muted,
            format!(
                "A QR code of the address needs {}x{}; this is {}x{}.",
                WORDS + GAP + wide,
                rows.len() + code.len() + AROUND,
                model.size.0,
                model.size.1
            ),
        ));
        rows.extend(wrap(words, width));
        return rows;
    }
    let room = u16::try_from(columns - GAP - wide).unwrap_or(width);
    let words = wrap(words, room);
    for index in 0..words.len().max(code.len()) {
        let mut row = words.get(index).cloned().unwrap_or_else(Row::blank);
        if let Some(line) = code.get(index) {
            let used = row.width();
            row.spans.push((
                Role::Text,
                " ".repeat((columns - wide).saturating_sub(used)),
            ));
            row.spans.push((Role::Qr, line.clone()));
        }
        rows.push(row);
    }
    rows
}

/// Sets a code so that it can be read from afar.
fn spaced(code: &str) -> String {
    let letters: Vec<String> = code.chars().map(|c| c.to_string()).collect();
    format!("    {}", letters.join(" "))
}
