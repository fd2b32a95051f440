//! What can be copied from the step that is shown: how it begins, how large it is, and whether a secret goes along.

use unicode_width::UnicodeWidthStr as _;

use crate::ui::{
    copy::Item,
    model::Model,
    rows::{Row, size},
    theme::Role,
};

/// Returns one row for each thing that can be copied; the first nine have a number to pick them by.
pub fn rows(model: &Model, items: &[Item]) -> Vec<Row> {
    let widths = items.iter().map(|item| item.title.width());
    let width = widths.max().unwrap_or_default().min(TITLES);
    let row = |(index, item): (usize, &Item)| {
        let number = match index {
            0..9 => format!(" {} ", index + 1),
            _ => "   ".to_owned(),
        };
        let gap = " ".repeat(width.saturating_sub(item.title.width()) + 2);
        let mut spans = vec![
            (Role::HintKey, number),
            (Role::FieldValue, item.title.clone()),
            (Role::Text, gap),
            (Role::Muted, format!("{:>10}", size(item.bytes as u64))),
        ];
        if item.secrets {
            spans.push((Role::Secret, "  secret".to_owned()));
        }
        if model.ways.only_file_takes(item.bytes) {
            spans.push((Role::Muted, "  to a file".to_owned()));
        }
        Row::new(spans).noted(Some(format!("It begins: {}", item.begins)))
    };
    items.iter().enumerate().map(row).collect()
}

/// Titles are padded to no more than this.
const TITLES: usize = 54;
