//! A rule in words: what it checks, why, the section, the usual cause, the remedy.

use crate::{
    lint::{self, explain},
    ui::{
        rows::{Row, wrap},
        theme::Role,
    },
};

/// Returns what `jagwalk explain` says of the rule.
pub fn rows(code: &str, width: u16) -> Vec<Row> {
    let Some(rule) = lint::find(code) else {
        return Vec::new();
    };
    let mut rows = vec![
        Row::new(vec![
            (Role::Strong, rule.code.to_owned()),
            (Role::Muted, format!("  {}", explain::severity(rule))),
        ]),
        Row::text(Role::Text, rule.title),
        Row::blank(),
    ];
    let parts = explain::parts(rule);
    rows.extend(parts.iter().map(|(label, says)| {
        Row::pair(label, 12, Role::Text, says.as_str()).copying(says.as_str().into())
    }));
    wrap(rows, width)
}
