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
    let shown = curl(http, &cx.session.vault, !cx.reveal);
    let whole = curl(http, &cx.session.vault, false);
    let whole = || CopyText::from(Secret::minted("curl", whole.text.clone()));
    let mut rows = Vec::new();
    if matches!(chosen.request, Request::Browser(_)) {
        let says = "This goes through the user's browser; cURL gets the first page only.";
        rows.push(Row::text(Role::Muted, says));
    }
    if !shown.vars.is_empty() && !cx.reveal {
        let says = "Each secret is a shell variable here; copying takes the real values.";
        rows.push(Row::text(Role::Muted, says));
    }
    if !rows.is_empty() {
        rows.push(Row::blank());
    }
    // The text was masked by the exporter; the door is passed once more, because values of the profile are in it.
    for line in shown.text.lines() {
        let role = if line.starts_with('#') { Role::Muted } else { Role::Text };
        rows.push(Row::text(role, cx.text(line)).copying(whole()));
    }
    wrap(rows, cx.width)
}
