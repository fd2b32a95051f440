//! A QR code as text: two rows of it in each line, in half blocks, with the light margin that readers need.

use std::fmt;

use qrcode::{EcLevel, QrCode};

/// The light margin around the code, in modules: half of what the standard asks for, which cameras read and 24 lines hold.
const MARGIN: usize = 2;

/// The text is longer than any QR code holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooBig {
    /// How many bytes it has.
    pub bytes: usize,
}

/// `A QR code holds at most 2953 bytes; this has 4000.`
impl fmt::Display for TooBig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "A QR code holds at most 2953 bytes; this has {}.",
            self.bytes
        )
    }
}

/// Draws a text as a QR code, margin included; what is light is drawn, so it reads on a dark terminal as printed on paper; light
/// themes turn it round ([`super::theme::Role::Qr`]).
/// All lines are equally wide: the size on the screen is the width of the first and the number of them.
///
/// # Errors
/// The text is longer than any QR code holds.
pub fn half_blocks(text: &str) -> Result<Vec<String>, TooBig> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)
        .map_err(|_| TooBig { bytes: text.len() })?;
    let inner = code.width();
    let outer = inner + 2 * MARGIN;
    let light = |x: usize, y: usize| {
        let inside = |at: usize| (MARGIN..MARGIN + inner).contains(&at);
        // Below the last row of an odd number there is nothing, not even margin.
        y < outer && !(inside(x) && inside(y) && code[(x - MARGIN, y - MARGIN)].select(true, false))
    };
    let line = |y: usize| {
        (0..outer)
            .map(|x| match (light(x, y), light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect()
    };
    Ok((0..outer).step_by(2).map(line).collect())
}
