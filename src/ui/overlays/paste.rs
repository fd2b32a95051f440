//! The page that waits for the browser, and the words of the box for what it ends on.

use super::address::broken;
use crate::{
    protocol::{exchange::Login, time::Lifetime},
    ui::{
        model::Model,
        rows::{Row, wrap},
        theme::Role,
    },
};

/// What the box for the redirect asks for.
pub const ASKS: &str =
    "Paste the whole address that the browser ended on, its query, or the bare code.";

/// Returns the page: the address without border or indentation, what happens next, and how long it waits.
///
/// Where lines are few, the empty ones go.
pub fn waiting_rows(model: &Model, width: u16, lines: usize) -> Vec<Row> {
    let mut rows = page(model, width);
    // From the end: the address keeps its distance longest.
    while rows.len() > lines
        && let Some(at) = rows.iter().rposition(|row| row.plain().is_empty())
    {
        rows.remove(at);
    }
    rows
}

fn page(model: &Model, width: u16) -> Vec<Row> {
    let Some((_, asked, going)) = model.waits_for_browser() else {
        return Vec::new();
    };
    let reception = &model.session().walk.reception;
    let mut rows = match (asked.login, &reception.no_browser) {
        (Login::Open, None) => wrap(
            vec![Row::text(
                Role::Strong,
                "Sign in with the browser. If none opened, open this address:",
            )],
            width,
        ),
        _ => wrap(
            vec![Row::text(
                Role::Strong,
                "Open this address in a browser and sign in:",
            )],
            width,
        ),
    };
    rows.push(Row::blank());
    let address: Vec<Row> = whole(model, &asked.http.address(), width).collect();
    let broken = address.len() > 1;
    rows.extend(address);
    rows.push(Row::blank());
    if broken {
        let says =
            "{copy-address} copies it whole; what is selected over several lines may lose its end.";
        rows.extend(wrap(
            vec![Row::text(Role::Muted, model.spoken(says))],
            width,
        ));
    }
    rows.extend(wrap(listening(model, &asked.redirect_uri), width));
    if let Some(tunnel) = &reception.tunnel {
        rows.extend(wrap(
            vec![Row::text(
                Role::Text,
                "From another machine, forward the port there first:",
            )],
            width,
        ));
        rows.extend(whole(model, tunnel, width));
    }
    let mut words = vec![Row::text(
        Role::Text,
        "A last page that fails to load is expected: paste its whole address here.",
    )];
    if let (Login::Open, Some(why)) = (asked.login, &reception.no_browser) {
        words.push(Row::text(
            Role::Muted,
            format!("No browser was started: {}.", model.shown(why)),
        ));
    }
    words.push(Row::blank());
    if let Some(until) = going.until {
        let left = Lifetime((until.0 - model.now.0).max(0) / 1000 * 1000);
        words.push(Row::text(
            Role::Text,
            model.keys.spoken(&format!(
                "{left} left. {{cancel}} cancels; {{copy-address}} copies the address, {{address}} shows it alone."
            )),
        ));
    }
    rows.extend(wrap(words, width));
    rows
}

/// Returns a text to be copied with the mouse: nothing before it, broken only at the very edge.
fn whole(model: &Model, text: &str, width: u16) -> impl Iterator<Item = Row> + use<> {
    broken(&model.shown(text), width)
        .into_iter()
        .map(|line| Row::text(Role::Link, line))
}

/// Says where the answer is waited for, or why nobody does.
fn listening(model: &Model, redirect_uri: &str) -> Vec<Row> {
    let walk = &model.session().walk;
    let back = model.shown(redirect_uri);
    let mut rows: Vec<Row> = walk
        .reception
        .tried
        .iter()
        .map(|says| Row::text(Role::FindingWarning, model.shown(says)))
        .collect();
    match &walk.deaf {
        Some(why) => {
            rows.push(Row::new(vec![
                (
                    Role::FindingWarning,
                    "Nobody listens for the answer: ".to_owned(),
                ),
                (Role::Text, model.shown(why)),
            ]));
            rows.push(Row::text(
                Role::Text,
                format!("The browser will end on {back}."),
            ));
        }
        None => {
            let tested = if walk.reception.tested {
                " · self-test passed"
            } else {
                ""
            };
            rows.push(Row::text(
                Role::Text,
                format!("Listening on {back}{tested}"),
            ));
        }
    }
    rows
}
