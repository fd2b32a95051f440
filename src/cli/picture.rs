//! `jagwalk --screenshot FILE`: the screen as an SVG picture, without a terminal.

use std::{path::Path, sync::Arc};

use super::{
    Failed,
    args::{Screen, When},
    host::Desk,
    start,
};
use crate::{
    profile::fields,
    protocol::visible::visible,
    transport::clock,
    ui::{
        keymap::Keymap,
        model::Start,
        picture,
        theme::{Depth, Glyphs},
    },
};

/// The theme of pictures where none is asked for: one that brings its own background.
const THEME: &str = "dark";

/// Draws the screen that would open into a file; a walk of the lab is walked to its end first, and nobody else is sent
/// anything.
///
/// # Errors
/// When the file cannot be written.
pub async fn draw(
    path: &Path,
    options: &Screen,
    mut start: Start,
    desk: Desk,
) -> Result<u8, Failed> {
    let never = matches!(options.color, Some(When::Never));
    start.theme = options.theme.clone().unwrap_or_else(|| THEME.to_owned());
    start.depth = if never { Depth::None } else { Depth::True };
    // Whoever looks at a picture has the keys that everyone has, and no locale.
    start.keys = Keymap::default();
    start.glyphs = Glyphs::UNICODE;
    // They are about this machine, not about the walk.
    for warning in std::mem::take(&mut start.warnings) {
        super::tell(&format!("jagwalk: {}", visible(&warning)));
    }
    let walks = start.session.profile.flag(fields::LAB) && !start.session.archived;
    let model = if walks {
        picture::walked(start, Arc::new(desk.without_browser()), options.size).await
    } else {
        picture::still(start, options.size, clock::now())
    };
    start::write_private(path, &picture::svg(&model))?;
    super::tell(&format!(
        "The picture is stored in {}.",
        visible(&path.display().to_string())
    ));
    Ok(0)
}
