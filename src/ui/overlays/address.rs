//! The address for the browser alone: no border, no indentation, so that the mouse can take it whole.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr as _};

use crate::ui::{
    layout,
    model::Model,
    qr,
    rows::{Row, wrap},
    theme::Role,
};

/// Returns the address, broken at the very edge of the screen.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    model
        .address()
        .map(|address| broken(&model.shown(&address), width))
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
    let says = match code(model, &address) {
        Err(why) => why,
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
            model.keys.spoken(
                "Make the letters smaller, or go {close}: then {address} shows the address alone, {copy-address} copies \
                 it, {write-address} writes it to a file.",
            ),
        ),
    ];
    wrap(rows, width)
}

/// Draws an address as a QR code, unless it is too long, or any of it is to be masked: anybody who sees it can read it.
///
/// # Errors
/// A sentence on why there is none.
pub fn code(model: &Model, address: &str) -> Result<Vec<String>, String> {
    if model.masks(address) {
        let says = if model.screen.masking.is_shared() {
            "The address tells of a person or holds a secret, so there is no QR code of it while the screen is masked for \
             sharing."
        } else {
            "The address holds a secret, so there is no QR code of it."
        };
        return Err(says.to_owned());
    }
    qr::half_blocks(address).map_err(|too_big| too_big.to_string())
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
