//! Which cells of the screen lead to an address, for terminals that can follow it (OSC 8).

use ratatui::layout::Rect;

use super::{layout, model::Model, overlays::paste, theme::Role};

/// A place on the screen that leads to an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// Where it stands: one line.
    pub place: Rect,
    /// Where it leads.
    pub address: String,
}

/// Returns the lines of the address for the browser, on the pages that show it whole.
pub fn links(model: &Model) -> Vec<Link> {
    let alone = match &model.screen.overlay {
        Some(super::overlays::Overlay::Address(_)) => true,
        None if model.waiting_page() => false,
        _ => return Vec::new(),
    };
    let Some(address) = model
        .address()
        .filter(|address| is_plain(address) && !model.masks(address))
    else {
        return Vec::new();
    };
    let body = layout::places(model).body;
    let lines = usize::from(body.height);
    let rows = if alone {
        let rows = model.rows(body.width);
        let seen = model.rows_state().seen(&rows, lines);
        seen.into_iter().map(|index| rows[index].clone()).collect()
    } else {
        paste::waiting_rows(model, body.width, lines)
    };
    (body.y..body.bottom())
        .zip(rows)
        .filter_map(|(y, row)| {
            let (role, text) = row.spans.first()?;
            let width = u16::try_from(text.len()).ok()?.min(body.width);
            (*role == Role::Link && address.contains(text.as_str())).then(|| Link {
                place: Rect::new(body.x, y, width, 1),
                address: address.clone(),
            })
        })
        .collect()
}

/// Tells whether an address can stand in a command to the terminal: the web, and nothing but printable ASCII.
fn is_plain(address: &str) -> bool {
    (address.starts_with("https://") || address.starts_with("http://"))
        && address.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_ends_the_command_is_linked() {
        assert!(is_plain("https://idp.example/authorize?state=abc"));
        for address in [
            "https://a\u{1b}\\",
            "https://a\u{7}",
            "javascript:x",
            "https://ä",
        ] {
            assert!(!is_plain(address), "{address:?}");
        }
    }
}
