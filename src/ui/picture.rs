//! The screen as a picture: the real view, drawn into cells in memory and written as SVG text.

use std::{fmt::Write as _, iter, sync::Arc};

use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::Modifier,
};
use unicode_width::UnicodeWidthStr as _;

use super::{
    action::Action,
    engine::{Engine, Host},
    farewell,
    model::{Model, Start},
    theme::{
        Mood,
        depth::{PAPER, Rgb, rgb_of},
    },
    update::{Msg, startup},
    view::view,
};
use crate::protocol::time::Timestamp;

/// A cell is so wide, …
const WIDE: usize = 9;

/// … and so high; a letter of this size stands so far below its top.
const HIGH: usize = 18;
const SIZE: usize = 15;
const DOWN: usize = 14;

/// The empty frame around the screen.
const FRAME: usize = 12;

/// Fonts that the reader's system may have; none is fetched.
const FONTS: &str = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace";

/// Returns the screen as it stands before anything is sent: a stored walk where it ended, a profile at its first step.
pub fn still(start: Start, size: (u16, u16), now: Timestamp) -> Model {
    let ended = |model: &Model| {
        let steps = &model.session().walk.steps;
        let attempts = steps.iter().flat_map(|state| &state.attempts);
        attempts.filter_map(|attempt| attempt.ended).max()
    };
    let mut model = Model::new(start, size, now);
    if model.session().archived {
        // Told as of its end, so that the same walk makes the same picture on any day.
        model.now = ended(&model).unwrap_or(model.session().walk.started);
    }
    // Nothing is asked of the world outside; the cursor finds its place.
    drop(startup(&mut model));
    model
}

/// Walks to the end as the screen does, or to where it stops or waits for a person, and returns the screen then.
pub async fn walked<H: Host>(start: Start, host: Arc<H>, size: (u16, u16)) -> Model {
    let keys = start.keys.of(Action::SendToEnd).first().copied();
    let mut pressed = keys
        .into_iter()
        .flat_map(|keys| iter::once(keys.first).chain(keys.then));
    let (mut engine, mut inbox) = Engine::new(start, host, size);
    drop(engine.begin());
    loop {
        while engine.is_busy() {
            let Some(msg) = inbox.recv().await else { break };
            drop(engine.take(msg));
        }
        match pressed.next() {
            Some(key) => drop(engine.take(Msg::Key(key.event()))),
            None => return engine.model,
        }
    }
}

/// Draws the screen as SVG: text that can be selected, no script, nothing from elsewhere.
pub fn svg(model: &Model) -> String {
    let (columns, lines) = model.size;
    let area = Rect::new(0, 0, columns, lines);
    let mut cells = Buffer::empty(area);
    view(model, area, &mut cells);
    let about = farewell::line(
        model.session(),
        model.screen.masking.is_shared(),
        usize::MAX,
        model.look.glyphs,
    );
    let [light, dark] = PAPER;
    let paper = match model.shelf.load(&model.theme).0.mood() {
        Some(Mood::Light) => [dark, light],
        _ => PAPER,
    };
    let ground = model.look.ground().bg.and_then(rgb_of);
    of_cells(&cells, paper, ground.unwrap_or(paper[1]), &about)
}

fn of_cells(cells: &Buffer, paper: [Rgb; 2], ground: Rgb, about: &str) -> String {
    let (columns, lines) = (
        usize::from(cells.area.width),
        usize::from(cells.area.height),
    );
    let (width, height) = (columns * WIDE + 2 * FRAME, lines * HIGH + 2 * FRAME);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
         {height}\" role=\"img\" font-family=\"{FONTS}\" font-size=\"{SIZE}\">\n\
         <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n",
        escaped(about),
        hex(ground)
    );
    for line in 0..cells.area.height {
        let pieces = pieces(cells, paper, line);
        let top = FRAME + usize::from(line) * HIGH;
        // Writing to a string does not fail.
        for piece in pieces.iter().filter(|piece| piece.ink.ground != ground) {
            let (x, wide) = (FRAME + piece.x * WIDE, piece.wide * WIDE);
            let fill = hex(piece.ink.ground);
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{top}\" width=\"{wide}\" height=\"{HIGH}\" fill=\"{fill}\"/>"
            );
        }
        for piece in &pieces {
            text(&mut out, piece, top + DOWN);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Neighbours in one style.
struct Piece {
    x: usize,
    wide: usize,
    text: String,
    ink: Ink,
    /// Whether it is a single letter of more than one cell.
    broad: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
struct Ink {
    letters: Rgb,
    ground: Rgb,
    modifier: Modifier,
}

impl Ink {
    fn of(cell: &Cell, paper: [Rgb; 2]) -> Self {
        let (letters, ground) = (
            rgb_of(cell.fg).unwrap_or(paper[0]),
            rgb_of(cell.bg).unwrap_or(paper[1]),
        );
        let (letters, ground) = if cell.modifier.contains(Modifier::REVERSED) {
            (ground, letters)
        } else {
            (letters, ground)
        };
        Self {
            letters,
            ground,
            modifier: cell.modifier - Modifier::REVERSED,
        }
    }
}

fn pieces(cells: &Buffer, paper: [Rgb; 2], line: u16) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut next = 0;
    for x in 0..cells.area.width {
        // A broad letter hides the cells that it covers.
        if usize::from(x) < next {
            continue;
        }
        let cell = &cells[(x, line)];
        let wide = cell.symbol().width().max(1);
        next = usize::from(x) + wide;
        let (ink, broad) = (Ink::of(cell, paper), wide > 1);
        match out
            .last_mut()
            .filter(|last| !broad && !last.broad && last.ink == ink)
        {
            Some(last) => {
                last.text.push_str(cell.symbol());
                last.wide += wide;
            }
            None => out.push(Piece {
                x: usize::from(x),
                wide,
                text: cell.symbol().to_owned(),
                ink,
                broad,
            }),
        }
    }
    out
}

/// Writes a piece. Readers differ in what they make of two blanks, so texts end there and begin again.
fn text(out: &mut String, piece: &Piece, y: usize) {
    let mut end = 0;
    for part in piece.text.split("  ") {
        let begin = end + part.len() - part.trim_start().len();
        end += part.len() + 2;
        let shown = part.trim();
        if shown.is_empty() {
            continue;
        }
        let before = piece.text[..begin].width();
        let (x, wide) = (
            FRAME + (piece.x + before) * WIDE,
            shown.width().max(1) * WIDE,
        );
        // The length holds the columns together, whatever font the reader has.
        let _ = write!(
            out,
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{wide}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"",
            hex(piece.ink.letters)
        );
        for (has, attribute) in [
            (Modifier::BOLD, " font-weight=\"bold\""),
            (Modifier::ITALIC, " font-style=\"italic\""),
            (Modifier::UNDERLINED, " text-decoration=\"underline\""),
            (Modifier::DIM, " opacity=\"0.65\""),
        ] {
            if piece.ink.modifier.contains(has) {
                out.push_str(attribute);
            }
        }
        let _ = writeln!(out, ">{}</text>", escaped(shown));
    }
}

fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Writes a text as XML has it (XML 1.0 §2.2, §2.4); what may not stand there at all becomes the mark for it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => {
                out.push(c);
            }
            _ => out.push('\u{fffd}'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn drawn(line: &str, style: Style) -> String {
        let mut cells = Buffer::empty(Rect::new(0, 0, 20, 1));
        cells.set_string(0, 0, line, style);
        of_cells(&cells, PAPER, PAPER[1], "about <it>")
    }

    #[test]
    fn markup_in_a_text_stays_text() {
        let svg = drawn("<b>&\"x\"</b>", Style::new());
        assert!(
            svg.contains(">&lt;b&gt;&amp;&quot;x&quot;&lt;/b&gt;</text>"),
            "{svg}"
        );
        assert!(svg.contains("<title>about &lt;it&gt;</title>"), "{svg}");
        assert_eq!(escaped("a\u{1b}[b\u{0}"), "a\u{fffd}[b\u{fffd}");
    }

    #[test]
    fn reverse_is_a_rectangle_and_blanks_are_no_text() {
        let svg = drawn(
            "  ab  ",
            Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
        );
        let (ground, letters) = (hex(PAPER[0]), hex(PAPER[1]));
        assert!(
            svg.contains(&format!(
                "<rect x=\"12\" y=\"12\" width=\"54\" height=\"18\" fill=\"{ground}\"/>"
            )),
            "{svg}"
        );
        assert!(
            svg.contains(&format!(
                "<text x=\"30\" y=\"26\" textLength=\"18\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{letters}\" \
                 font-weight=\"bold\">ab</text>"
            )),
            "{svg}"
        );
        assert_eq!(svg.matches("<text").count(), 1, "{svg}");
    }

    #[test]
    fn blanks_are_kept_by_place() {
        let svg = drawn(" a b   cd ", Style::new());
        for (x, wide, text) in [(21, 27, "a b"), (75, 18, "cd")] {
            assert!(
                svg.contains(&format!("<text x=\"{x}\" y=\"26\" textLength=\"{wide}\"")),
                "{text}: {svg}"
            );
            assert!(svg.contains(&format!(">{text}</text>")), "{svg}");
        }
    }

    #[test]
    fn a_broad_letter_takes_its_two_cells() {
        let svg = drawn("a日b", Style::new());
        for (x, wide, letter) in [(12, 9, 'a'), (21, 18, '日'), (39, 9, 'b')] {
            assert!(
                svg.contains(&format!("<text x=\"{x}\" y=\"26\" textLength=\"{wide}\"")),
                "{letter}: {svg}"
            );
        }
    }
}
