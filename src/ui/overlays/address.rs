//! The address for the browser alone: no border, no indentation, so that the mouse can take it whole.

use unicode_width::UnicodeWidthChar;

use crate::{
    protocol::visible::visible,
    ui::{model::Model, rows::Row, theme::Role},
};

/// Returns the address, broken at the very edge of the screen.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    model
        .address()
        .map(|address| broken(&visible(&address), width))
        .unwrap_or_default()
        .into_iter()
        .map(|line| Row::text(Role::Link, line))
        .collect()
}

/// Breaks a text at the width, with nothing added and nothing left out.
pub fn broken(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(1));
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        line.push(c);
        used += wide;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_join_to_the_address() {
        let address = "https://idp.example/authorize?state=abc";
        for width in [1, 7, 200] {
            assert_eq!(broken(address, width).concat(), address);
        }
    }
}
