//! The names of the panels: all of them in sight wherever there is a way to it, and the one that is shown always.

use unicode_width::UnicodeWidthStr as _;

use super::{Canvas, Spans, trimmed};
use crate::ui::{
    hits::Target,
    layout::{self, Places},
    model::Model,
    panels::PANELS,
    theme::Role,
};

/// What is left of the words behind a name.
type Badge = fn(&str) -> &str;

/// The ways to write them, the first that fits is taken: what is left of the words behind a name, and whether the names
/// stand close together.
const WAYS: [(Badge, bool); 4] = [
    (|badge| badge, false),
    (number, false),
    (number, true),
    (|_| "", true),
];

/// Draws the names; with too little room for all of them those around the one that is shown.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, places: &Places) {
    let width = usize::from(places.tabs.width);
    let cx = model.cx(layout::rows_area(model).0);
    let badges: Vec<Option<String>> = PANELS.iter().map(|panel| (panel.badge)(&cx)).collect();
    let shown = model.panel().id;
    let here = PANELS
        .iter()
        .position(|panel| panel.id == shown)
        .filter(|_| !model.waiting_page());
    let ways = WAYS.map(|(left, close)| {
        let names = PANELS.iter().zip(&badges).map(|(panel, badge)| {
            let badge = badge.as_deref().map_or("", left);
            let gap = if badge.is_empty() { "" } else { " " };
            format!("{}{gap}{badge}", panel.title)
        });
        tabs(names, here, close)
    });
    let fits = |spans: &&Spans| wide(&trimmed((*spans).clone())) <= width;
    let [.., closest] = &ways;
    let all = ways.iter().find(fits);
    let spans = all.unwrap_or(closest);
    // What is before the one that is shown gives way until that one, and the marks beside it, have room.
    let from = here.filter(|_| all.is_none()).map_or(0, |here| {
        let has_room = |from: &usize| wide(&spans[from + 1..here + 2]) + MARKS <= width;
        (0..here).find(has_room).unwrap_or(here)
    });
    let lead = match from {
        0 => spans[0].clone(),
        _ => (Role::Muted, model.look.glyphs.cut.to_owned()),
    };
    let mut pieces: Spans = vec![lead];
    pieces.extend_from_slice(&spans[from + 1..]);
    let targets = PANELS[from..]
        .iter()
        .map(|panel| Some(Target::Tab(panel.id)));
    let targets = std::iter::once(None).chain(targets);
    let areas = pieces.iter().zip(targets);
    canvas.hit_along(
        places.tabs,
        areas.map(|((_, text), target)| (text.width(), target)),
    );
    canvas.line(places.tabs, 0, &trimmed(pieces));
}

/// The marks of what is cut before and behind the one that is shown.
const MARKS: usize = 4;

/// Returns what stands before the names, and each of them; the brackets of the one that is shown take the place of the
/// blanks beside it.
fn tabs(names: impl Iterator<Item = String>, here: Option<usize>, close: bool) -> Spans {
    let lead = if close { "" } else { " " };
    let each = names.enumerate().map(|(at, name)| {
        if here == Some(at) {
            return (Role::TabCurrent, format!("[{name}]"));
        }
        let behind_it = here.is_some_and(|here| here + 1 == at);
        let text = match close {
            false => format!(" {name} "),
            true if behind_it => name,
            true => format!(" {name}"),
        };
        (Role::Tab, text)
    });
    std::iter::once((Role::Tab, lead.to_owned()))
        .chain(each)
        .collect()
}

/// The number that a badge begins with.
fn number(badge: &str) -> &str {
    badge.split(' ').next().unwrap_or_default()
}

fn wide(spans: &[(Role, String)]) -> usize {
    spans.iter().map(|(_, text)| text.width()).sum()
}
