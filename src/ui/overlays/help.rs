//! What the keys do, from the action table; what cannot be had now says why.

use crate::ui::{
    action::{ACTIONS, Scope},
    keymap,
    model::Model,
    rows::{Row, wrap},
    theme::Role,
};

/// Returns the help: every action under the heading of its place.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let mut rows = vec![
        Row::text(Role::Title, model.session().flow.title),
        Row::text(Role::Muted, model.session().flow.about),
    ];
    for scope in Scope::ALL {
        rows.push(Row::blank());
        rows.push(Row::text(Role::Strong, scope.title()));
        for entry in ACTIONS.iter().filter(|entry| entry.scope == scope) {
            let keys = keymap::shown(entry);
            let pad = " ".repeat(18_usize.saturating_sub(keys.chars().count()).max(1));
            rows.push(Row::new(vec![
                (Role::Text, " ".to_owned()),
                (Role::FieldLabel, keys),
                (Role::Text, pad),
                (Role::Text, entry.about.to_owned()),
            ]));
        }
    }
    wrap(rows, width)
}
