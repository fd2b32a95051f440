//! The address for the browser alone: no border, no indentation, so that the mouse can take it whole.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr as _};

use crate::{
    protocol::visible::visible,
    ui::{
        layout,
        model::Model,
        qr,
        rows::{Row, wrap},
        theme::Role,
    },
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

/// Returns the address as a QR code, or how large the screen would have to be for it.
pub fn qr_rows(model: &Model, width: u16) -> Vec<Row> {
    let Some(address) = model.address() else {
        return Vec::new();
    };
    let says = match qr::half_blocks(&address) {
        Err(too_big) => too_big.to_string(),
        Ok(lines) => {
            let wide = lines.first().map_or(0, |line| line.width());
            let (_, room) = layout::rows_area(model);
            if wide <= usize::from(width) && lines.len() <= room {
                return lines
                    .into_iter()
                    .map(|line| Row::text(Role::Qr, line))
                    .collect();
            }
            let (columns, height) = model.size;
            let around = usize::from(height).saturating_sub(room);
            format!(
                "As a QR code the address needs a screen of {wide}x{}; this one is {columns}x{height}.",
                lines.len() + around
            )
        }
    };
    let rows = vec![
        Row::text(Role::Text, says),
        Row::text(
            Role::Muted,
            "Make the letters smaller, or use o for the address alone, c to copy it, s for a file.",
        ),
    ];
    wrap(rows, width)
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
