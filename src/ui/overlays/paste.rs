//! The page that waits for the browser, and the words of the box for what it ends on.

use super::address::broken;
use crate::{
    protocol::{exchange::Login, time::Lifetime, visible::visible},
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
pub fn waiting_rows(model: &Model, width: u16) -> Vec<Row> {
    let Some((_, asked, going)) = model.waits_for_browser() else {
        return Vec::new();
    };
    let session = model.session();
    let mut words = vec![match asked.login {
        Login::Open => Row::text(
            Role::Strong,
            "Sign in with the browser. If none opened, open this address:",
        ),
        _ => Row::text(Role::Strong, "Open this address in a browser and sign in:"),
    }];
    words.push(Row::blank());
    let mut rows = wrap(words, width);
    rows.extend(
        broken(&visible(&asked.http.address()), width)
            .into_iter()
            .map(|line| Row::text(Role::Link, line)),
    );
    let mut words = vec![Row::blank()];
    let back = visible(&asked.redirect_uri).into_owned();
    match &session.walk.deaf {
        Some(why) => {
            words.push(Row::new(vec![
                (
                    Role::FindingWarning,
                    "Nobody listens for the answer: ".to_owned(),
                ),
                (Role::Text, visible(why).into_owned()),
            ]));
            words.push(Row::text(
                Role::Text,
                format!("The browser will end on {back} with an error page. That is fine: copy its whole address and paste it here."),
            ));
        }
        None => {
            words.push(Row::text(
                Role::Text,
                format!("Listening on {back}: the browser comes back there by itself."),
            ));
            words.push(Row::text(
                Role::Muted,
                "If it cannot reach this machine, copy the whole address that it ends on and paste it here.",
            ));
        }
    }
    if let Some(until) = going.until {
        words.push(Row::blank());
        let left = Lifetime((until.0 - model.now.0).max(0) / 1000 * 1000);
        words.push(Row::text(
            Role::Text,
            format!("{left} left. Esc cancels; o shows the address alone."),
        ));
    }
    rows.extend(wrap(words, width));
    rows
}
