//! Writes cells to the terminal in as few bytes as they take: what a slow line carries is what makes a screen feel slow.
//!
//! The backend that comes with ratatui begins every frame with the pen laid down and ends it with four commands that lay
//! it down again, writes two commands where one does, moves by the longest way, and flushes after each of them. Here the
//! pen keeps its ink from frame to frame, and a frame goes out in one piece.

use std::fmt::Write as _;
use std::io::{self, Write};

use crossterm::terminal;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::link::Link;

/// What the terminal can be told beside text and colours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "terminals have them in every mixture"
)]
pub struct Takes {
    /// Where links are (OSC 8).
    pub links: bool,
    /// That a frame begins and ends (DEC mode 2026), so that no half of it is shown.
    pub frames: bool,
    /// To erase so many cells (ECH), and not only all to the end of a line.
    pub erases_some: bool,
    /// To erase in the colour behind the text, and not only in its own.
    pub erases_in_colour: bool,
    /// Questions, which it answers or leaves alone, but never prints.
    pub questions: bool,
}

/// How a cell is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Ink {
    fg: Color,
    bg: Color,
    modifiers: Modifier,
}

impl Ink {
    /// The terminal's own.
    const PLAIN: Self = Self {
        fg: Color::Reset,
        bg: Color::Reset,
        modifiers: Modifier::empty(),
    };

    fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifiers: cell.modifier,
        }
    }

    /// Tells whether a blank looks the same in both: its letters have no colour, unless they are what is filled.
    fn blanks_like(self, other: Self) -> bool {
        let seen = |ink: Self| ink.modifiers & SEEN_ON_BLANKS;
        let reversed = self.modifiers.contains(Modifier::REVERSED);
        self.bg == other.bg && seen(self) == seen(other) && (!reversed || self.fg == other.fg)
    }
}

/// A backend for ratatui that writes what changed and nothing else.
#[derive(Debug)]
pub struct Pen<W: Write> {
    out: W,
    takes: Takes,
    /// What the frame has come to so far.
    frame: String,
    /// Where the terminal's cursor is, where that is known for sure.
    at: Option<Position>,
    /// What the terminal writes with, where that is known.
    ink: Option<Ink>,
    /// Whether the cursor is seen, where that is known.
    seen: Option<bool>,
    /// What stands on the screen once the frame is out.
    shown: Shown,
    links: Vec<Link>,
}

/// A symbol that is one cell wide for sure, and how it is written.
type Letter = (char, Ink);

/// What stands on the screen, as far as it is known: ratatui keeps that to itself and hands over only what changes, yet to
/// write a cell again can be shorter than to step over it.
#[derive(Debug, Default)]
struct Shown {
    lines: Vec<Vec<Option<Letter>>>,
    /// What stands where nothing has been written.
    elsewhere: Option<Letter>,
}

impl Shown {
    /// A screen that has just been cleared.
    const CLEARED: Self = Self {
        lines: Vec::new(),
        elsewhere: Some((' ', Ink::PLAIN)),
    };

    fn letter(&self, at: Position) -> Option<Letter> {
        let line = self.lines.get(usize::from(at.y));
        let letter = line.and_then(|line| line.get(usize::from(at.x)));
        letter.copied().unwrap_or(self.elsewhere)
    }

    fn note(&mut self, at: Position, cell: &Cell) {
        let symbol = cell.symbol();
        let letter = (sure_width(symbol) == Some(1)).then(|| symbol.chars().next());
        self.set(at, letter.flatten().map(|letter| (letter, Ink::of(cell))));
        // What a wide one covers is not told of.
        for covered in 1..symbol.width() {
            let x =
                at.x.saturating_add(u16::try_from(covered).unwrap_or(u16::MAX));
            self.set(Position { x, ..at }, None);
        }
    }

    fn set(&mut self, at: Position, letter: Option<Letter>) {
        let (x, y) = (usize::from(at.x), usize::from(at.y));
        if self.lines.len() <= y {
            self.lines.resize(y + 1, Vec::new());
        }
        let line = &mut self.lines[y];
        if line.len() <= x {
            line.resize(x + 1, self.elsewhere);
        }
        line[x] = letter;
    }
}

impl<W: Write> Pen<W> {
    /// Makes the pen of a terminal of which nothing is known yet.
    pub fn new(out: W, takes: Takes) -> Self {
        Self {
            out,
            takes,
            frame: String::new(),
            at: None,
            ink: None,
            seen: None,
            shown: Shown::default(),
            links: Vec::new(),
        }
    }

    /// Forgets how the terminal was left: somebody else has written to it.
    pub fn forget(&mut self) {
        (self.at, self.ink, self.seen) = (None, None, None);
        self.shown = Shown::default();
    }

    /// Says which places lead to an address from now on; tells whether that is news. A cell that only gains or loses its
    /// link is not written again by itself.
    pub fn set_links(&mut self, links: Vec<Link>) -> bool {
        if !self.takes.links || self.links == links {
            return false;
        }
        self.links = links;
        true
    }

    /// Puts a command for the terminal into the frame.
    pub fn tell(&mut self, command: &str) {
        self.frame.push_str(command);
    }

    fn link_at(&self, at: Position) -> Option<usize> {
        self.links.iter().position(|link| link.place.contains(at))
    }

    /// Moves the cursor in the shortest way.
    fn go(&mut self, to: Position) {
        self.step_over(to);
        let Position { x, y } = to;
        let right = |by: u16| match by {
            0 => String::new(),
            by => format!("{ESC}[{}C", some(by)),
        };
        let way = match self.at {
            Some(at) if at == to => return,
            Some(at) if at.y == y && x > at.x => Some(right(x - at.x)),
            // Never back by a count: at the end of a line, terminals do not agree where the cursor is.
            Some(at) if at.y == y => Some(format!("\r{}", right(x))),
            Some(at) if at.y.checked_add(1) == Some(y) => Some(format!("\r\n{}", right(x))),
            _ => None,
        };
        let column = if x == 0 {
            String::new()
        } else {
            format!(";{}", x + 1)
        };
        let there = format!("{ESC}[{}{column}H", some(y + 1));
        let way = way.filter(|way| way.len() < there.len());
        self.frame.push_str(&way.unwrap_or(there));
        self.at = Some(to);
    }

    /// Writes again what stands between here and there, where that is shorter than to say how far it is.
    fn step_over(&mut self, to: Position) {
        let (Some(from), Some(ink)) = (self.at, self.ink) else {
            return;
        };
        if from.y != to.y || !(1..=STEP).contains(&to.x.saturating_sub(from.x)) {
            return;
        }
        let again = |x| {
            let at = Position { x, ..to };
            let (letter, has) = self.shown.letter(at)?;
            let alike = has == ink || letter == ' ' && has.blanks_like(ink);
            (alike && self.link_at(at).is_none()).then_some(letter)
        };
        let between: Option<String> = (from.x..to.x).map(again).collect();
        if let Some(between) = between.filter(|between| between.len() <= usize::from(STEP)) {
            self.frame.push_str(&between);
            self.at = Some(to);
        }
    }

    /// Changes the ink, by what differs or from the plain one on, whichever is shorter.
    fn dip(&mut self, ink: Ink) {
        if self.ink == Some(ink) {
            return;
        }
        let mut fresh = params(Ink::PLAIN, ink);
        if !fresh.is_empty() {
            fresh.insert_str(0, "0;");
        }
        let short = self.ink.map(|before| params(before, ink));
        let short = short.filter(|short| short.len() < fresh.len());
        let _ = write!(self.frame, "{ESC}[{}m", short.unwrap_or(fresh));
        self.ink = Some(ink);
    }

    fn put(&mut self, at: Position, cell: &Cell) {
        let symbol = cell.symbol();
        let ink = Ink::of(cell);
        let blank = symbol == " ";
        // With either ink.
        self.step_over(at);
        if !(blank && self.ink.is_some_and(|before| before.blanks_like(ink))) {
            self.dip(ink);
        }
        self.go(at);
        let wide = sure_width(symbol);
        if wide.is_none() {
            // Where the terminal takes it for narrower, what stood there must not look out behind it.
            self.frame.push_str(&" ".repeat(symbol.width()));
            self.at = None;
            self.go(at);
        }
        self.frame.push_str(symbol);
        self.at = wide.map(|wide| Position {
            x: at.x + wide,
            ..at
        });
    }

    /// Blanks cells of one line that are to look like this one, in the shortest way; `open` tells whether anything is to
    /// be written right behind them.
    fn blank(&mut self, cells: &[Put<'_>], ink: Ink, to_the_end: bool, open: bool) {
        let count = cells.len();
        let erase = if to_the_end {
            Some(format!("{ESC}[K"))
        } else {
            let some = self.takes.erases_some;
            some.then(|| format!("{ESC}[{count}X"))
        };
        // The cursor stays where it is, and has to be moved over them.
        let move_on = if open {
            format!("{ESC}[{count}C").len()
        } else {
            0
        };
        let Some(erase) = erase.filter(|erase| erase.len() + move_on < count) else {
            for (at, cell) in cells {
                self.put(*at, cell);
            }
            return;
        };
        if !self.ink.is_some_and(|before| before.blanks_like(ink)) {
            self.dip(ink);
        }
        self.go(cells[0].0);
        self.frame.push_str(&erase);
    }

    /// Tells whether blanks with this ink can be erased instead of written.
    fn erases(&self, ink: Ink) -> bool {
        let colours = ink.bg == Color::Reset || self.takes.erases_in_colour;
        colours && !ink.modifiers.intersects(SEEN_ON_BLANKS)
    }
}

impl<W: Write> Backend for Pen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let last = self.size()?.width.saturating_sub(1);
        self.write_cells(content, last);
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.seen.replace(false) != Some(false) {
            let _ = write!(self.frame, "{ESC}[?25l");
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.seen.replace(true) != Some(true) {
            let _ = write!(self.frame, "{ESC}[?25h");
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Who asks the terminal has to read the answer, and keys have one reader.
        self.at
            .ok_or_else(|| io::Error::other("the terminal is not asked for its cursor"))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.go(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        let what = match region {
            ClearType::All => "2J",
            ClearType::AfterCursor => "J",
            ClearType::BeforeCursor => "1J",
            ClearType::CurrentLine => "2K",
            ClearType::UntilNewLine => "K",
        };
        // It is cleared in the colour that the pen has.
        self.dip(Ink::PLAIN);
        let _ = write!(self.frame, "{ESC}[{what}");
        self.shown = match region {
            ClearType::All => Shown::CLEARED,
            _ => Shown::default(),
        };
        Ok(())
    }

    fn append_lines(&mut self, count: u16) -> io::Result<()> {
        self.frame.push_str(&"\n".repeat(usize::from(count)));
        self.at = None;
        self.shown = Shown::default();
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = terminal::size()?;
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let size = terminal::window_size()?;
        Ok(WindowSize {
            columns_rows: Size::new(size.columns, size.rows),
            pixels: Size::new(size.width, size.height),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        if self.takes.frames && self.frame.len() > WHOLE {
            self.frame.insert_str(0, "\x1b[?2026h");
            self.frame.push_str("\x1b[?2026l");
        }
        let written = self.out.write_all(self.frame.as_bytes());
        self.frame.clear();
        written?;
        self.out.flush()
    }
}

/// A cell and where it stands.
type Put<'a> = (Position, &'a Cell);

impl<W: Write> Pen<W> {
    /// Writes cells, which come in the order of reading, in that order or ink by ink, whichever is shorter; `last` is the
    /// last column.
    fn write_cells<'a>(&mut self, content: impl Iterator<Item = (u16, u16, &'a Cell)>, last: u16) {
        let cells: Vec<Put> = content
            .map(|(x, y, cell)| (Position { x, y }, cell))
            .collect();
        for (at, cell) in &cells {
            self.shown.note(*at, cell);
        }
        let (from, at, ink) = (self.frame.len(), self.at, self.ink);
        self.write_in_order(&cells, last);
        let Some(cells) = self.by_ink(&cells, ink) else {
            return;
        };
        let (read_at, read_ink) = (self.at, self.ink);
        let read = self.frame.split_off(from);
        (self.at, self.ink) = (at, ink);
        self.write_in_order(&cells, last);
        if self.frame.len() - from >= read.len() {
            self.frame.truncate(from);
            self.frame.push_str(&read);
            (self.at, self.ink) = (read_at, read_ink);
        }
    }

    /// Brings cells that look alike together, beginning with those that the pen has the ink for; `None` where the order
    /// matters: around links, and beside symbols that are not one cell wide for sure.
    fn by_ink<'a>(&self, cells: &[Put<'a>], first: Option<Ink>) -> Option<Vec<Put<'a>>> {
        let moves = |(_, cell): &Put| sure_width(cell.symbol()) != Some(1);
        if !self.links.is_empty() || cells.iter().any(moves) {
            return None;
        }
        let mut inks: Vec<(Ink, Vec<Put>)> = Vec::new();
        inks.extend(first.map(|ink| (ink, Vec::new())));
        let mut here = 0;
        for (index, put) in cells.iter().enumerate() {
            let ink = Ink::of(put.1);
            let blank = put.1.symbol() == " ";
            // A blank goes with what stands right before it, else with what stands behind it.
            let joined = index
                .checked_sub(1)
                .is_some_and(|last| follows(&cells[last], put));
            let behind = Some(&cells[index..])
                .filter(|_| blank && !joined)
                .and_then(leads_to);
            let behind = behind.filter(|behind| behind.blanks_like(ink));
            let look = behind.unwrap_or(ink);
            let takes = |(known, _): &(Ink, _)| {
                *known == look || blank && behind.is_none() && known.blanks_like(ink)
            };
            if behind.is_some() || !inks.get(here).is_some_and(takes) {
                here = inks.iter().position(takes).unwrap_or(inks.len());
            }
            if here == inks.len() {
                inks.push((look, Vec::new()));
            }
            inks[here].1.push(*put);
        }
        Some(inks.into_iter().flat_map(|(_, cells)| cells).collect())
    }

    fn write_in_order(&mut self, cells: &[Put<'_>], last: u16) {
        let mut content = cells.iter().copied().peekable();
        let mut link = None;
        // Blanks are held back until it is known whether they go on to the end of the line.
        let mut blanks: Vec<Put> = Vec::new();
        while let Some((at, cell)) = content.next() {
            let here = self.link_at(at);
            if here != link {
                // The same name joins the lines to one link.
                let address = here.map_or("", |index| &*self.links[index].address);
                let name = if here.is_some() { "id=jagwalk" } else { "" };
                let _ = write!(self.frame, "{ESC}]8;{name};{address}{ESC}\\");
                link = here;
            }
            let ink = Ink::of(cell);
            if cell.symbol() == " " && here.is_none() && self.erases(ink) {
                blanks.push((at, cell));
                let behind = content
                    .peek()
                    .filter(|(next, _)| next.y == at.y && next.x == at.x + 1);
                let goes_on = behind.is_some_and(|(next, other)| {
                    other.symbol() == " "
                        && ink.blanks_like(Ink::of(other))
                        && self.link_at(*next).is_none()
                });
                if !goes_on {
                    let open = behind.is_some();
                    self.blank(&blanks, ink, at.x == last, open);
                    blanks.clear();
                }
                continue;
            }
            self.put(at, cell);
        }
        if link.is_some() {
            let _ = write!(self.frame, "{ESC}]8;;{ESC}\\");
        }
    }
}

/// Tells whether a cell stands right behind another one.
fn follows((before, _): &Put<'_>, (at, _): &Put<'_>) -> bool {
    before.y == at.y && before.x.checked_add(1) == Some(at.x)
}

/// Returns the ink of the first cell behind blanks that is none.
fn leads_to(blanks: &[Put<'_>]) -> Option<Ink> {
    let behind = blanks
        .windows(2)
        .take_while(|two| follows(&two[0], &two[1]));
    let mut behind = behind.map(|two| two[1].1);
    behind.find(|cell| cell.symbol() != " ").map(Ink::of)
}

/// Returns how many cells a symbol takes, where every terminal agrees: about emoji, marks that combine and much else they
/// do not, and what comes after such a symbol has to say itself where it stands.
fn sure_width(symbol: &str) -> Option<u16> {
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else {
        return None;
    };
    match c {
        ' '..='~' => Some(1),
        // Kana, ideographs and Hangul, as old as the tables themselves.
        '\u{3041}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' => Some(2),
        _ if c.width() == Some(1) => Some(1),
        _ => None,
    }
}

/// Returns the parameters that lead from one ink to another.
fn params(from: Ink, to: Ink) -> String {
    let mut out = Vec::new();
    let gone = from.modifiers - to.modifiers;
    let mut come = to.modifiers - from.modifiers;
    let weights = Modifier::BOLD | Modifier::DIM;
    if gone.intersects(weights) {
        // One command takes both away.
        come |= to.modifiers & weights;
    }
    let mut off: Vec<&str> = MODIFIERS
        .iter()
        .filter(|(modifier, ..)| gone.contains(*modifier))
        .map(|(_, _, off)| *off)
        .collect();
    off.dedup();
    out.extend(off.into_iter().map(str::to_owned));
    let on = MODIFIERS
        .iter()
        .filter(|(modifier, ..)| come.contains(*modifier));
    out.extend(on.map(|(_, on, _)| (*on).to_owned()));
    if from.fg != to.fg {
        out.push(colour(to.fg, 30));
    }
    if from.bg != to.bg {
        out.push(colour(to.bg, 40));
    }
    out.join(";")
}

/// Returns the parameters for a colour: of the letters from 30 on, behind them from 40 on.
fn colour(colour: Color, base: u8) -> String {
    let ansi = |number: u8| (base + number).to_string();
    let bright = |number: u8| (base + 60 + number).to_string();
    match colour {
        Color::Reset => ansi(9),
        Color::Black => ansi(0),
        Color::Red => ansi(1),
        Color::Green => ansi(2),
        Color::Yellow => ansi(3),
        Color::Blue => ansi(4),
        Color::Magenta => ansi(5),
        Color::Cyan => ansi(6),
        Color::Gray => ansi(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(number) => format!("{};5;{number}", base + 8),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}

/// A count as a parameter: one is what none means.
fn some(count: u16) -> String {
    if count == 1 {
        String::new()
    } else {
        count.to_string()
    }
}

/// Each with what switches it on and off.
const MODIFIERS: [(Modifier, &str, &str); 9] = [
    (Modifier::BOLD, "1", "22"),
    (Modifier::DIM, "2", "22"),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::RAPID_BLINK, "6", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

const SEEN_ON_BLANKS: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::CROSSED_OUT);

/// So many bytes take the cursor to the right, at least.
const STEP: u16 = 3;

/// A frame of so many bytes arrives whole: it fits into one packet, and terminals read more than that at once.
const WHOLE: usize = 1024;

const ESC: char = '\x1b';

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;
    use vt100::Parser;

    use super::super::view::whole;
    use super::*;

    const SIZE: (u16, u16) = (20, 4);

    const ALL: Takes = Takes {
        links: true,
        frames: true,
        erases_some: true,
        erases_in_colour: true,
        questions: true,
    };

    fn blank() -> Buffer {
        Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1))
    }

    /// Draws what differs between two screens; returns what was written.
    fn written(pen: &mut Pen<Vec<u8>>, before: &Buffer, after: &Buffer) -> String {
        pen.write_cells(before.diff(after).into_iter(), SIZE.0 - 1);
        Backend::flush(pen).expect("a vector takes all");
        String::from_utf8(std::mem::take(&mut pen.out)).expect("it is text")
    }

    fn at(text: &str, style: Style) -> Buffer {
        let mut buffer = blank();
        buffer.set_string(0, 1, text, style);
        buffer
    }

    #[test]
    fn the_pen_keeps_its_place_and_its_ink() {
        let mut pen = Pen::new(Vec::new(), ALL);
        let red = Style::new().fg(Color::Red);
        let one = at("red", red);
        assert_eq!(written(&mut pen, &blank(), &one), "\x1b[0;31m\x1b[2Hred");
        let two = at("redder", red);
        assert_eq!(written(&mut pen, &one, &two), "der");
        let three = at("redder!", red.add_modifier(Modifier::BOLD));
        assert_eq!(written(&mut pen, &two, &three), "\x1b[1m\rredder!");
        // Blanks have no letters: the ink does not matter.
        assert_eq!(written(&mut pen, &three, &blank()), "\r\x1b[7X");
        assert_eq!(written(&mut pen, &blank(), &blank()), "");
        pen.forget();
        assert_eq!(
            written(&mut pen, &blank(), &at("x", Style::new())),
            "\x1b[m\x1b[2Hx"
        );
    }

    #[test]
    fn what_stands_in_between_is_written_again_where_that_is_shorter() {
        let blue = Style::new().fg(Color::Blue);
        let both = |between: &str, behind: u16| {
            let [mut before, mut after] = [blank(), blank()];
            before.set_string(3, 1, between, Style::new());
            after.set_string(0, 1, "one", Style::new());
            after.set_string(3, 1, between, Style::new());
            after.set_string(behind, 1, "two", blue);
            let mut pen = Pen::new(Vec::new(), ALL);
            pen.clear().expect("it is only noted");
            drop(written(&mut pen, &blank(), &before));
            written(&mut pen, &before, &after)
        };
        for (between, behind, meant) in [
            (" ", 4, "\x1b[2Hone \x1b[34mtwo"),
            (" a ", 6, "\rone a \x1b[34mtwo"),
            ("─", 4, "\rone─\x1b[34mtwo"),
            ("─ ", 5, "\rone\x1b[34m\x1b[2Ctwo"),
            ("宽", 5, "\rone\x1b[34m\x1b[2Ctwo"),
            ("    ", 7, "\x1b[2Hone\x1b[34m\x1b[4Ctwo"),
        ] {
            assert_eq!(both(between, behind), meant, "{between:?}");
        }
        // Of what is not known, nothing is written.
        let mut pen = Pen::new(Vec::new(), ALL);
        let [one, two] = [at("a b", Style::new()), at("c d", Style::new())];
        drop(written(&mut pen, &blank(), &one));
        pen.forget();
        assert_eq!(written(&mut pen, &one, &two), "\x1b[m\x1b[2Hc\x1b[Cd");
        // From a line to the next one.
        let mut pen = Pen::new(Vec::new(), ALL);
        let mut lines = at("  up", Style::new());
        lines.set_string(2, 2, "down", Style::new());
        lines.set_string(0, 3, "left", Style::new());
        assert_eq!(
            written(&mut pen, &blank(), &lines),
            "\x1b[m\x1b[2;3Hup\x1b[3;3Hdown\r\nleft"
        );
    }

    #[test]
    fn a_colour_that_comes_again_and_again_is_said_once() {
        let [light, dark] = [214, 107].map(|shade| Style::new().fg(Color::Rgb(shade, 113, 148)));
        let mut after = blank();
        for (x, style) in (0..SIZE.0).step_by(4).zip([light, dark].iter().cycle()) {
            after.set_string(x, 1, "key", *style);
        }
        let spoken = |drawn: &str| drawn.matches(";2;").count();
        let drawn = written(&mut Pen::new(Vec::new(), ALL), &blank(), &after);
        assert_eq!(spoken(&drawn), 2, "{drawn:?}");
        // The ink that the pen has comes first.
        let mut pen = Pen::new(Vec::new(), ALL);
        drop(written(&mut pen, &blank(), &at("x", dark)));
        let drawn = written(&mut pen, &at("x", dark), &after);
        assert_eq!(spoken(&drawn), 1, "{drawn:?}");
        // What is blanked in front of a word goes with the word.
        let [mut before, mut after] = [blank(), blank()];
        for (y, (word, style)) in (0..).zip([("key", light), ("word", dark), ("key", light)]) {
            before.set_string(0, y, "old", Style::new());
            after.set_string(3, y, word, style);
        }
        let mut pen = Pen::new(Vec::new(), ALL);
        drop(written(&mut pen, &blank(), &before));
        let drawn = written(&mut pen, &before, &after);
        assert_eq!(spoken(&drawn), 2, "{drawn:?}");
        assert!(drawn.contains("\x1b[3H   key\x1b[2H   \x1b"), "{drawn:?}");
        // Short names are not worth the way; symbols of unsure width stay in their order.
        let mut plain = blank();
        for (x, colour) in [(0, Color::Red), (2, Color::Blue), (4, Color::Red)] {
            plain.set_string(x, 1, "ab", Style::new().fg(colour));
        }
        let drawn = written(&mut Pen::new(Vec::new(), ALL), &blank(), &plain);
        assert!(drawn.ends_with("ab\x1b[34mab\x1b[31mab"), "{drawn:?}");
        after.set_string(0, 2, "e\u{301}", light);
        let drawn = written(&mut Pen::new(Vec::new(), ALL), &blank(), &after);
        assert!(spoken(&drawn) > 2, "{drawn:?}");
    }

    #[test]
    fn a_cursor_that_is_as_it_should_be_costs_nothing() {
        let mut pen = Pen::new(Vec::new(), ALL);
        for _ in 0..3 {
            pen.hide_cursor().expect("it is only noted");
        }
        assert_eq!(written(&mut pen, &blank(), &blank()), "\x1b[?25l");
        let text = at("x", Style::new());
        drop(written(&mut pen, &blank(), &text));
        pen.show_cursor().expect("it is only noted");
        pen.set_cursor_position((1, 1)).expect("it is only noted");
        assert_eq!(written(&mut pen, &text, &text), "\x1b[?25h");
    }

    #[test]
    fn blanks_are_erased_in_their_colour_only_where_the_terminal_can() {
        let blue = Style::new().bg(Color::Blue);
        let mut bar = blank();
        bar.set_style(Rect::new(4, 1, 16, 1), blue);
        for (takes, erased) in [(ALL, true), (Takes::default(), false)] {
            let mut pen = Pen::new(Vec::new(), takes);
            let drawn = written(&mut pen, &blank(), &bar);
            assert_eq!(drawn.ends_with("\x1b[K"), erased, "{drawn:?}");
            // What is blank in the terminal's own colour can always be erased.
            assert!(written(&mut pen, &bar, &blank()).ends_with("\x1b[K"));
        }
        // Blanks that show something are written.
        bar.set_style(
            Rect::new(4, 1, 16, 1),
            Style::new().add_modifier(Modifier::REVERSED),
        );
        let mut pen = Pen::new(Vec::new(), ALL);
        assert!(!written(&mut pen, &blank(), &bar).contains("\x1b[K"));
    }

    #[test]
    fn what_terminals_do_not_agree_on_moves_nothing_behind_it() {
        for symbol in ["\u{1F44B}\u{1F3FD}", "e\u{301}", "\u{1F1E9}\u{1F1EA}"] {
            let mut pen = Pen::new(Vec::new(), ALL);
            let drawn = written(&mut pen, &blank(), &at(&format!("{symbol}x"), Style::new()));
            let (_, after) = drawn.split_once(symbol).expect("it is drawn");
            let column = symbol.width() + 1;
            assert_eq!(after, format!("\x1b[2;{column}Hx"), "{symbol:?}");
        }
        let mut pen = Pen::new(Vec::new(), ALL);
        let drawn = written(&mut pen, &blank(), &at("宽x", Style::new()));
        assert!(drawn.ends_with("宽x"), "{drawn:?}");
    }

    #[test]
    fn a_frame_is_fenced_only_when_it_could_tear() {
        let full = "\x1b[m".to_owned() + &"\x1b[H".repeat(WHOLE);
        for (takes, fenced) in [(ALL, true), (Takes::default(), false)] {
            let mut pen = Pen::new(Vec::new(), takes);
            pen.tell(&full);
            let drawn = written(&mut pen, &blank(), &blank());
            assert_eq!(drawn.starts_with("\x1b[?2026h"), fenced);
            assert_eq!(drawn.ends_with("\x1b[?2026l"), fenced);
            assert!(!written(&mut pen, &blank(), &at("small", Style::new())).contains("2026"));
        }
    }

    #[test]
    fn a_link_stands_around_its_cells_and_nowhere_else() {
        let mut pen = Pen::new(Vec::new(), ALL);
        let link = Link {
            place: Rect::new(1, 1, 2, 1),
            address: "https://idp.example/".to_owned(),
        };
        assert!(pen.set_links(vec![link.clone()]) && !pen.set_links(vec![link.clone()]));
        let text = written(&mut pen, &blank(), &at("abcd", Style::new()));
        let (before, rest) = text
            .split_once("\x1b]8;id=jagwalk;https://idp.example/\x1b\\")
            .expect("it begins");
        let (inside, after) = rest.split_once("\x1b]8;;\x1b\\").expect("it ends");
        assert!(
            before.contains('a') && inside == "bc" && after == "d",
            "{text:?}"
        );
        assert!(!Pen::new(Vec::new(), Takes::default()).set_links(vec![link]));
    }

    /// Whatever is drawn, a terminal shows it, however it was left by the frame before.
    #[test]
    fn a_terminal_shows_what_was_meant() {
        use proptest::prelude::*;
        let styles = [
            Style::new(),
            Style::new().fg(Color::Red),
            Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(20)),
            Style::new().bg(Color::Blue).add_modifier(Modifier::BOLD),
            Style::new().add_modifier(Modifier::DIM | Modifier::REVERSED),
            Style::new().add_modifier(Modifier::UNDERLINED | Modifier::ITALIC),
            Style::new()
                .fg(Color::LightCyan)
                .add_modifier(Modifier::BOLD),
        ];
        // No wide ones: what is left of one that is written over by half, terminals colour as they like.
        let texts = [
            "",
            "abc",
            "      ",
            "a  ‹ b",
            "long enough for the line",
            "e\u{301}e",
        ];
        let put = (0..SIZE.0, 0..SIZE.1, 0..texts.len(), 0..styles.len());
        let frames = proptest::collection::vec(proptest::collection::vec(put, 0..12), 1..8);
        let config = ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        proptest!(config, |(frames in frames, [some, coloured, cleared] in any::<[bool; 3]>())| {
            let takes = Takes { erases_some: some, erases_in_colour: coloured, ..ALL };
            let mut pen = Pen::new(Vec::new(), takes);
            if cleared {
                pen.clear().expect("it is only noted");
            }
            let size = |cells: u16| std::num::NonZeroU16::new(cells).expect("it has some");
            let mut parser = Parser::new(size(SIZE.1), size(SIZE.0), 0);
            let mut before = blank();
            for frame in frames {
                let mut after = blank();
                for (x, y, text, style) in frame {
                    after.set_string(x, y, texts[text], styles[style]);
                }
                whole(after.area, &mut after);
                parser.process(written(&mut pen, &before, &after).as_bytes());
                for y in 0..SIZE.1 {
                    for x in 0..SIZE.0 {
                        let wanted = &after[(x, y)];
                        let cell = parser.screen().cell(y, x).expect("it is on the screen");
                        if cell.is_wide_continuation() {
                            continue;
                        }
                        let shown = if cell.has_contents() { cell.contents() } else { " " };
                        prop_assert_eq!(shown, wanted.symbol());
                        let has = |modifier| wanted.modifier.contains(modifier);
                        prop_assert_eq!(cell.inverse(), has(Modifier::REVERSED));
                        prop_assert_eq!(cell.underline(), has(Modifier::UNDERLINED));
                        prop_assert_eq!(cell.bgcolor(), theirs(wanted.bg));
                        if shown != " " {
                            prop_assert_eq!(cell.fgcolor(), theirs(wanted.fg));
                            // It knows one weight at a time.
                            prop_assert_eq!(cell.bold() || cell.dim(), has(Modifier::BOLD) || has(Modifier::DIM));
                            prop_assert_eq!(cell.italic(), has(Modifier::ITALIC));
                        }
                    }
                }
                before = after;
            }
        });
    }

    fn theirs(colour: Color) -> vt100::Color {
        match colour {
            Color::Red => vt100::Color::Idx(1),
            Color::Blue => vt100::Color::Idx(4),
            Color::LightCyan => vt100::Color::Idx(14),
            Color::Indexed(number) => vt100::Color::Idx(number),
            Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
            _ => vt100::Color::Default,
        }
    }
}
