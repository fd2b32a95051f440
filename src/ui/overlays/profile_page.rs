//! Every field of the profile, grouped as the file groups them.

use crate::{
    profile::{Origin, Profile, fields, without_password},
    ui::{
        model::Model,
        rows::{Row, wrap},
        theme::Role,
    },
};

/// Returns a heading for each table and a row for each field; what is inherited or a default is dim, with its origin.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let glyphs = model.look.glyphs;
    let mut rows = Vec::new();
    let mut table = None;
    for field in fields::FIELDS {
        if table != Some(field.path.table()) {
            table = Some(field.path.table());
            if !rows.is_empty() {
                rows.push(Row::blank());
            }
            let title = match field.path.table() {
                "" => "profile".to_owned(),
                name => format!("[{name}]"),
            };
            rows.push(Row::heading(glyphs, 0, title));
        }
        let (role, value, from) = value(model, field.path, glyphs.idle);
        let label = field.label;
        let pad = PAD.saturating_sub(label.chars().count()) + 2;
        let mut row = Row::new(vec![
            (Role::FieldLabel, label.to_owned()),
            (Role::Muted, " ".repeat(pad)),
            (role, value),
            (Role::Muted, from),
        ])
        .at_depth(1)
        .noted(Some(format!(
            "{}: {} For example {}",
            field.path, field.help, field.example
        )));
        row.field = Some(field.path);
        rows.push(row);
    }
    wrap(rows, width)
}

const PAD: usize = 22;

/// Who filled a field in: the lab, where it is walked, else the flow.
fn filled(profile: &Profile) -> &'static str {
    if profile.flag(fields::LAB) {
        "  from the lab"
    } else {
        "  from the flow"
    }
}

fn value(model: &Model, field: fields::FieldPath, none: &str) -> (Role, String, String) {
    let profile = &model.session().profile;
    let shown = |text: String| {
        let text = without_password(&text).unwrap_or(text);
        model.shown(&text.replace('\n', ", "))
    };
    match profile.origin(field) {
        Origin::Own => (Role::FieldValue, shown(profile.shown(field)), String::new()),
        Origin::Filled => (
            Role::FieldValue,
            shown(profile.shown(field)),
            filled(profile).to_owned(),
        ),
        Origin::Inherited(from) => (
            Role::Muted,
            shown(profile.shown_effective(field)),
            format!("  from {from}"),
        ),
        Origin::Default => (
            Role::Muted,
            shown(profile.shown_effective(field)),
            "  by default".to_owned(),
        ),
        Origin::Absent => (Role::Muted, none.to_owned(), String::new()),
    }
}
