//! QR codes in half blocks, read back by a decoder.

use jagwalk::ui::qr;

/// Reads a QR code from lines of half blocks, as a camera would from the screen.
pub fn decode(lines: &[String]) -> Option<String> {
    const DOT: usize = 4;
    let rows: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
    let width = rows.iter().map(Vec::len).max()?;
    let dark = |x: usize, y: usize| {
        let cell = rows[y / DOT / 2].get(x / DOT).copied().unwrap_or(' ');
        !match (y / DOT) % 2 {
            0 => matches!(cell, '█' | '▀'),
            _ => matches!(cell, '█' | '▄'),
        }
    };
    let mut image =
        rqrr::PreparedImage::prepare_from_bitmap(width * DOT, rows.len() * 2 * DOT, dark);
    let (_, text) = image.detect_grids().first()?.decode().ok()?;
    Some(text)
}

#[test]
fn a_decoder_reads_what_was_drawn() {
    let long = format!(
        "https://idp.example/authorize?client_id=sso&state={}",
        "x".repeat(700)
    );
    for text in [
        "https://idp.example/device",
        "https://login.acme.example:8443/activate?user_code=WDJB-MJHT",
        long.as_str(),
    ] {
        let lines = qr::half_blocks(text).unwrap();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert_eq!(decode(&lines).as_deref(), Some(text));
    }
}

#[test]
fn a_device_address_fits_a_small_terminal() {
    let lines =
        qr::half_blocks("https://login.acme.example:8443/activate?user_code=WDJB-MJHT").unwrap();
    assert!(lines.len() <= 19, "{} lines", lines.len());
    assert!(lines[0].chars().count() <= 38);
}

#[test]
fn what_no_code_holds_says_so() {
    let why = qr::half_blocks(&"x".repeat(2954)).unwrap_err();
    assert_eq!(
        why.to_string(),
        "A QR code holds at most 2953 bytes; this has 2954."
    );
}
