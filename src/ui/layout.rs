//! Where things stand: three tiers by size, and one line below the smallest.

use ratatui::layout::Rect;

use super::{hits::Bar, model::Model, rail, view::story};
use crate::{lint::verdict::Judgement, session::Outcome};

/// How much room there is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tier {
    /// Too little: one line says so.
    Tiny,
    /// The rail is one line.
    Compact,
    /// The rail stands at the left.
    Regular,
    /// And the notes at the right.
    Wide,
}

impl Tier {
    /// Chooses by columns and lines.
    pub fn of((width, height): (u16, u16)) -> Self {
        match (width, height) {
            (..60, _) | (_, ..16) => Self::Tiny,
            (width, 40..) if Self::wide(width) => Self::Wide,
            (100.., 28..) => Self::Regular,
            _ => Self::Compact,
        }
    }

    /// Tells whether so many columns are enough for notes at the right.
    fn wide(width: u16) -> bool {
        width >= 160
    }
}

/// How wide the parts beside the panel are; the mouse drags the bars between them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Widths {
    /// The rail; as wide as its titles want until it is dragged.
    pub rail: Option<u16>,
    /// The notes.
    pub notes: u16,
}

impl Default for Widths {
    fn default() -> Self {
        Self {
            rail: None,
            notes: 46,
        }
    }
}

impl Widths {
    /// Puts the bar between two parts on a column of so many.
    pub fn drag(&mut self, bar: Bar, to: u16, width: u16) {
        match bar {
            Bar::Rail => self.rail = Some(to.min(width.saturating_sub(PANEL + 1))),
            Bar::Notes => self.notes = width.saturating_sub(to.saturating_add(1)),
        }
    }

    /// Returns the columns of the rail and of the notes that leave every part readable, for a rail that wants so many;
    /// where that is not enough for both, the notes give way.
    fn fitting(self, width: u16, wanted: u16) -> (u16, u16) {
        let wide = Tier::wide(width);
        let room = width.saturating_sub(PANEL + 1);
        let least = if wide { NOTES + 1 } else { 0 };
        let most = if wide { WIDE_RAIL } else { USUAL_RAIL };
        let rail = self.rail.unwrap_or(wanted.clamp(USUAL_RAIL, most));
        let rail = rail.min(room.saturating_sub(least)).max(RAIL);
        let left = room.saturating_sub(rail + 1);
        (rail, self.notes.min(left).max(NOTES))
    }
}

/// The panel keeps so many columns whatever is dragged: those that the names of all panels take, …
const PANEL: u16 = 64;

/// … the rail so many, …
const RAIL: u16 = 16;

/// … and the notes so many.
const NOTES: u16 = 24;

/// The rail has so many by itself, …
const USUAL_RAIL: u16 = 32;

/// … and up to so many where there is room and its titles want them.
const WIDE_RAIL: u16 = 48;

/// From so many lines on a blank one stands between the rows and what is said of them.
const AIRY: u16 = 24;

/// The places of the walk's screen; a place that is left out has no area.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Places {
    /// Flow, profile, environment, marks.
    pub header: Rect,
    /// The rail as one line.
    pub rail_line: Rect,
    /// The rail at the left.
    pub rail: Rect,
    /// Between the rail and the rest.
    pub bar: Rect,
    /// What the step does.
    pub title: Rect,
    /// The names of the panels.
    pub tabs: Rect,
    /// Under them.
    pub rule: Rect,
    /// The rows.
    pub body: Rect,
    /// What the row under the cursor is.
    pub note: Rect,
    /// Above the story.
    pub second_rule: Rect,
    /// What happened, in a sentence or two.
    pub story: Rect,
    /// What can be done now.
    pub hints: Rect,
    /// Between the panel and the notes at the right.
    pub side_bar: Rect,
}

/// Returns the places for a model.
pub fn places(model: &Model) -> Places {
    with(model, model.screen.overlay.is_some())
}

/// Returns how many columns the rows of the panel have, whatever lies over it.
pub fn panel_width(model: &Model) -> u16 {
    with(model, false).body.width.saturating_sub(2).max(1)
}

fn with(model: &Model, overlay: bool) -> Places {
    let (width, height) = model.size;
    let waits = model.waiting_page();
    let tier = Tier::of(model.size);
    if tier == Tier::Tiny {
        return Places::default();
    }
    let gap = u16::from(height >= AIRY);
    let mut places = Places::default();
    let mut rest = Rect::new(0, 0, width, height);
    places.header = top(&mut rest, 1);
    places.hints = bottom(&mut rest, 1);
    if !overlay && model.code_page() {
        // The QR code needs every line.
        places.body = rest;
        return places;
    }
    if overlay || (model.screen.zoom && !waits) {
        // What lies over the walk under its heading, or the panel alone under its tabs; what is said of the last key
        // stands in the place of the note.
        let head = top(&mut rest, 1);
        *(if overlay {
            &mut places.title
        } else {
            &mut places.tabs
        }) = head;
        places.rule = top(&mut rest, 1);
        places.note = bottom(&mut rest, 2);
        bottom(&mut rest, gap);
        places.body = rest;
        return places;
    }
    let wanted = rail::wanted(model.session());
    let (rail, notes) = model.screen.widths.fitting(width, wanted);
    if tier == Tier::Compact || waits {
        places.rail_line = top(&mut rest, 1);
    } else {
        places.rail = left(&mut rest, rail);
        places.bar = left(&mut rest, 1);
    }
    places.title = top(&mut rest, 1);
    places.tabs = top(&mut rest, 1);
    places.rule = top(&mut rest, 1);
    let told = story::height(model, rest.width);
    places.story = bottom(&mut rest, told);
    places.second_rule = bottom(&mut rest, 1);
    if waits {
        places.body = rest;
        return places;
    }
    if tier == Tier::Wide {
        places.note = right(&mut rest, notes);
        places.side_bar = right(&mut rest, 1);
    } else {
        places.note = bottom(&mut rest, if height >= 34 { 3 } else { 2 });
        bottom(&mut rest, gap);
    }
    places.body = rest;
    places
}

/// Returns the verdict, where the step that is shown is the one it is about, or the one where the walk stopped.
pub fn verdict_here(model: &Model) -> Option<Judgement> {
    let session = model.session();
    let id = model.place().step;
    if model.screen.overlay.is_some() || model.place().attempt.is_some() {
        return None;
    }
    let state = session.step(id);
    let stopped = !matches!(state.outcome(), Some(Outcome::Done) | None);
    let stale = state.stale || state.going.is_some();
    session
        .verdict(None)
        .filter(|verdict| !stale && (stopped || verdict.step == id))
}

/// Returns how many columns and lines the rows have.
pub fn rows_area(model: &Model) -> (u16, usize) {
    let body = places(model).body;
    let margin = if is_bare(model) { 0 } else { 2 };
    (
        body.width.saturating_sub(margin).max(1),
        usize::from(body.height.max(1)),
    )
}

/// Returns the columns of a list over the walk.
pub fn overlay_width((width, _): (u16, u16)) -> u16 {
    width.saturating_sub(2).max(1)
}

/// Tells whether rows stand at the very edge.
pub fn is_bare(model: &Model) -> bool {
    match &model.screen.overlay {
        Some(overlay) => overlay.is_bare(),
        None => model.waiting_page(),
    }
}

fn top(rest: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(rest.height);
    let taken = Rect {
        height: lines,
        ..*rest
    };
    rest.y += lines;
    rest.height -= lines;
    taken
}

fn bottom(rest: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(rest.height);
    rest.height -= lines;
    Rect {
        y: rest.y + rest.height,
        height: lines,
        ..*rest
    }
}

fn left(rest: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(rest.width);
    let taken = Rect {
        width: columns,
        ..*rest
    };
    rest.x += columns;
    rest.width -= columns;
    taken
}

fn right(rest: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(rest.width);
    rest.width -= columns;
    Rect {
        x: rest.x + rest.width,
        width: columns,
        ..*rest
    }
}
