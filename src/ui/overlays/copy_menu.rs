//! What can be copied from the step that is shown: how it begins, how large it is, and whether a secret goes along.

use unicode_width::UnicodeWidthStr as _;

use crate::ui::{
    copy::Item,
    model::Model,
    rail::cut,
    rows::{Row, size},
    theme::Role,
};

/// Returns one row for each thing that can be copied; the first nine have a number to pick them by.
pub fn rows(model: &Model, items: &[Item], width: u16) -> Vec<Row> {
    let to_file = |item: &Item| model.ways.only_file_takes(item.bytes);
    let marks = |item: &Item| {
        let secret = if item.secrets { SECRET.len() } else { 0 };
        secret + if to_file(item) { FILE.len() } else { 0 }
    };
    // What a title says can be guessed from its beginning; whether a secret goes along cannot.
    let marks = items.iter().map(marks).max().unwrap_or_default();
    let room = usize::from(width).saturating_sub(NUMBER + GAP + SIZE + marks);
    let widths = items.iter().map(|item| item.title.width());
    let width = widths.max().unwrap_or_default().min(TITLES).min(room);
    let row = |(index, item): (usize, &Item)| {
        let title = cut(&item.title, width, model.look.glyphs);
        let number = match index {
            0..9 => format!(" {} ", index + 1),
            _ => "   ".to_owned(),
        };
        let gap = " ".repeat(width.saturating_sub(title.width()) + GAP);
        let mut spans = vec![
            (Role::HintKey, number),
            (Role::FieldValue, title),
            (Role::Text, gap),
            (Role::Muted, format!("{:>SIZE$}", size(item.bytes as u64))),
        ];
        if item.secrets {
            spans.push((Role::Secret, SECRET.to_owned()));
        }
        if to_file(item) {
            spans.push((Role::Muted, FILE.to_owned()));
        }
        Row::new(spans).noted(Some(format!("It begins: {}", item.begins)))
    };
    items.iter().enumerate().map(row).collect()
}

/// Titles are padded to no more than this.
const TITLES: usize = 54;

/// The width of the number before a title.
const NUMBER: usize = 3;

/// The blanks after a title.
const GAP: usize = 2;

/// The width of a size.
const SIZE: usize = 10;

/// What is said of an item with a secret in it.
const SECRET: &str = "  secret";

/// What is said of an item that only a file takes.
const FILE: &str = "  to a file";
