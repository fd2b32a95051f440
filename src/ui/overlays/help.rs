//! What the keys do, from the action table and the user's keys; the place that it was asked in comes first.

use crate::ui::{
    action::{ACTIONS, Entry, Scope},
    keymap::defaults,
    model::{Context, Model, Purpose, Taking},
    rows::{Row, wrap},
    theme::Role,
};

/// The width of the keys.
const KEYS: usize = 20;

/// Returns the help: every action under the heading of its place, those that hold where it was asked first; only what
/// has the text that is looked for, while it is typed, too.
pub fn rows(model: &Model, from: Context, query: &str, width: u16) -> Vec<Row> {
    let query = typed(model).unwrap_or_else(|| query.to_owned());
    let query = query.to_lowercase();
    let mut rows = Vec::new();
    if query.is_empty() {
        rows.push(Row::text(Role::Title, model.session().flow.title));
        rows.push(Row::text(Role::Muted, model.session().flow.about));
        let wrong = model.warnings.iter();
        rows.extend(wrong.map(|says| Row::text(Role::FindingWarning, model.shown(says))));
    }
    let (here, elsewhere): (Vec<Scope>, Vec<Scope>) = Scope::ALL
        .into_iter()
        .partition(|scope| scope.holds_in(from));
    for scope in here.into_iter().chain(elsewhere) {
        let listed: Vec<Row> = ACTIONS
            .iter()
            .filter(|entry| entry.scope == scope)
            .map(|entry| row(model, entry))
            .filter(|row| row.plain().to_lowercase().contains(&query))
            .collect();
        if !listed.is_empty() {
            if !rows.is_empty() {
                rows.push(Row::blank());
            }
            rows.push(Row::text(Role::Strong, scope.title()));
            rows.extend(listed);
        }
    }
    if rows.is_empty() {
        rows.push(Row::text(Role::Muted, "No action is like that."));
    }
    wrap(rows, width)
}

/// Returns the text that is being looked for, while it is typed.
fn typed(model: &Model) -> Option<String> {
    let editor = model.screen.editor.as_ref()?;
    match &editor.taking {
        Taking::Typed(input) if editor.purpose == Purpose::Find => Some(input.text().to_string()),
        _ => None,
    }
}

fn row(model: &Model, entry: &Entry) -> Row {
    let keys = match model.keys.shown(entry.action) {
        keys if keys.is_empty() => "no key".to_owned(),
        keys => keys,
    };
    let changed = model.keys.is_changed(entry);
    let role = if changed {
        Role::Accent
    } else {
        Role::FieldLabel
    };
    let gap = " ".repeat(KEYS.saturating_sub(keys.chars().count()).max(1));
    let own = if changed {
        let default: Vec<String> = defaults(entry).iter().map(ToString::to_string).collect();
        format!("; by default {}", default.join("  "))
    } else {
        String::new()
    };
    Row::new(vec![
        (Role::Text, " ".to_owned()),
        (role, keys),
        (Role::Text, gap),
        (Role::Text, entry.about.to_owned()),
    ])
    .noted(Some(format!("{} in [keys] of config.toml{own}.", entry.id)))
    .copying(entry.id.into())
}
