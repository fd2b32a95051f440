//! The request as a cURL command: masked on the screen, whole when it is copied.

use super::{Panel, no_badge, request::chosen};
use crate::{
    export::curl::curl,
    protocol::{exchange::Request, secret::Secret},
    ui::{
        rows::{CopyText, Cx, Row, words, wrap},
        theme::Role,
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "curl",
    title: "cURL",
    rows,
    badge: no_badge,
};

fn rows(cx: &Cx) -> Vec<Row> {
    let Some(chosen) = chosen(cx) else {
        return wrap(words::why_not(cx, "There is no request yet"), cx.width);
    };
    let http = chosen.request.http();
    let shown = curl(http, cx.vault, true);
    let whole = curl(http, &cx.session.vault, false);
    let whole = || CopyText::from(Secret::minted("curl", whole.text.clone()));
    let mut rows = Vec::new();
    if matches!(chosen.request, Request::Browser(_)) {
        let says = "This goes through the user’s browser; cURL gets the first page only.";
        rows.push(Row::text(Role::Muted, says));
    }
    if !shown.vars.is_empty() {
        let says = "Each secret is a shell variable here; copying takes the real values.";
        rows.push(Row::text(Role::Muted, says));
    }
    if !rows.is_empty() {
        rows.push(Row::blank());
    }
    // The text was masked by the exporter; the door is passed once more, because values of the profile are in it.
    for line in shown.text.lines() {
        let role = if line.starts_with('#') { Role::Muted } else { Role::Text };
        let mut row = Row::text(role, cx.text(line)).copying(whole());
        let named = shown.vars.iter().filter(|(name, _)| names(line, name));
        row.secrets = named.flat_map(|(_, holds)| cx.session.vault.written(holds)).collect();
        rows.push(row);
    }
    wrap(rows, cx.width)
}

/// Tells whether a line has a variable in it: `"$NAME"`, `${NAME}`.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].ends_with(['$', '{']);
        before && !line[at + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    })
}
