//! What stands where on the screen: the areas that the mouse can reach, with what each of them means.

use ratatui::layout::{Position, Rect};

use super::{keymap::Sequence, rows::Goes};

/// What an area of the screen means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// The rows that keys move over, where none stands.
    Rows,
    /// One of them, by its index.
    Row(usize),
    /// A line of the rail, and where it leads.
    Rail(Goes),
    /// The tab of a panel, by the panel's id.
    Tab(&'static str),
    /// Keys that stand there with what they do: a hint, or an answer to a question.
    Keys(Sequence),
    /// The text that is edited.
    Text,
    /// The heading of what lies over the walk, which says the way back.
    Heading,
    /// A bar between two parts, which can be dragged.
    Bar(Bar),
    /// Something that lies over the rows and means nothing.
    Nothing,
}

/// A bar between two parts of the screen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bar {
    /// Between the rail and the panel.
    Rail,
    /// Between the panel and the notes.
    Notes,
}

/// What a frame has where, as the view returns it; the next update reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// The cursor of the text that is edited.
    pub cursor: Option<Position>,
    /// The areas, those that lie over others after them.
    pub areas: Vec<(Rect, Target)>,
}

impl Hits {
    /// Returns what stands at a place, with its area.
    pub fn at(&self, place: Position) -> Option<(Rect, Target)> {
        let mut above = self.areas.iter().rev();
        above.find(|(area, _)| area.contains(place)).copied()
    }
}
