//! The screen as cells: a pure function of the model, so that drawing twice gives the same.

mod body;
mod boxes;
mod header;
pub mod story;
mod tabs;

use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use unicode_width::UnicodeWidthStr;

use super::{
    hits::{Bar, Hits, Target},
    keymap::{self, Sequence},
    layout::{self, Places, Tier},
    model::Model,
    rail,
    rows::{Goes, words},
    theme::{Glyphs, Look, Role},
};
use crate::protocol::visible::visible;

/// Pieces of one line, each with what it means.
pub type Spans = Vec<(Role, String)>;

/// Draws the screen; returns what stands where, the cursor of the text that is being edited among it.
pub fn view(model: &Model, area: Rect, buf: &mut Buffer) -> Hits {
    let area = area.intersection(buf.area);
    let hits = draw(model, area, buf);
    whole(area, buf);
    // The one door out: whatever wrote it, a terminal that takes ASCII only gets no more.
    if model.look.glyphs == Glyphs::ASCII {
        for place in area.positions() {
            if let Some(stand_in) = Glyphs::stand_in(buf[place].symbol()) {
                buf[place].set_symbol(stand_in);
            }
        }
    }
    hits
}

/// Takes away wide characters of which something covers the half: a terminal would show them whole, over the other thing.
pub(super) fn whole(area: Rect, buf: &mut Buffer) {
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let symbol = buf[(x, y)].symbol();
            if symbol.len() == 1 || symbol.width() < 2 {
                continue;
            }
            let covered = x + 1 == area.right() || buf[(x + 1, y)].symbol() != " ";
            if covered {
                buf[(x, y)].set_symbol(" ");
            }
        }
    }
}

fn draw(model: &Model, area: Rect, buf: &mut Buffer) -> Hits {
    buf.set_style(area, model.look.ground());
    let mut canvas = Canvas {
        buf,
        area,
        look: &model.look,
        hits: Hits::default(),
    };
    if Tier::of(model.size) == Tier::Tiny {
        let (columns, lines) = model.size;
        let says = match columns {
            ..16 => "60x16".to_owned(),
            _ => model.keys.spoken(&format!(
                "jagwalk needs 60x16; this is {columns}x{lines}. {{leave}} leaves."
            )),
        };
        let all = self::lines(&model.look, Role::Text, &says, columns, usize::from(lines));
        for (line, spans) in (0..area.height).zip(all) {
            canvas.line(area, line, &spans);
        }
        return Hits::default();
    }
    let places = layout::places(model);
    header::draw(&mut canvas, model, &places);
    rail_of(&mut canvas, model, &places);
    titles(&mut canvas, model, &places);
    canvas.across(places.rule);
    canvas.across(places.second_rule);
    canvas.down(places.bar);
    canvas.hit(places.bar, Target::Bar(Bar::Rail));
    canvas.down(places.side_bar);
    canvas.hit(places.side_bar, Target::Bar(Bar::Notes));
    let mut cursor = body::draw(&mut canvas, model, &places);
    story::draw(&mut canvas, model, &places);
    hints(&mut canvas, model, &places);
    if let Some(at) = boxes::draw(&mut canvas, model, &places) {
        cursor = Some(at);
    }
    Hits {
        cursor: cursor.filter(|at| area.contains(*at)),
        ..canvas.hits
    }
}

/// What is drawn on: nothing outside of it can be reached.
pub struct Canvas<'a> {
    buf: &'a mut Buffer,
    area: Rect,
    look: &'a Look,
    hits: Hits,
}

impl Canvas<'_> {
    /// Says what a place means to the mouse.
    pub fn hit(&mut self, place: Rect, target: Target) {
        let place = place.intersection(self.area);
        if !place.is_empty() {
            self.hits.areas.push((place, target));
        }
    }

    /// Says what pieces mean that stand one after the other from a place on, where they mean anything.
    pub fn hit_along(
        &mut self,
        place: Rect,
        pieces: impl Iterator<Item = (usize, Option<Target>)>,
    ) {
        let mut x = place.x;
        for (wide, target) in pieces {
            let wide = u16::try_from(wide).unwrap_or(u16::MAX);
            let width = wide.min(place.right().saturating_sub(x));
            if let Some(target) = target {
                self.hit(
                    Rect {
                        x,
                        width,
                        height: 1,
                        ..place
                    },
                    target,
                );
            }
            x = x.saturating_add(wide);
        }
    }

    /// Writes one line of a place; what does not fit is cut, and a mark says so.
    pub fn line(&mut self, place: Rect, line: u16, spans: &[(Role, String)]) {
        if line >= place.height {
            return;
        }
        let row = Rect {
            y: place.y + line,
            height: 1,
            ..place
        }
        .intersection(self.area);
        if row.is_empty() {
            return;
        }
        let mut x = row.x;
        let whole: usize = spans.iter().map(|(_, text)| text.width()).sum();
        for (role, text) in spans {
            let room = usize::from(row.right().saturating_sub(x));
            if room == 0 {
                break;
            }
            (x, _) = self
                .buf
                .set_stringn(x, row.y, text, room, self.look.style(*role));
        }
        if whole > usize::from(row.width) {
            let cut = self.look.glyphs.cut;
            let wide = u16::try_from(cut.width()).unwrap_or(1).min(row.width);
            let at = row.right() - wide;
            self.buf.set_stringn(
                at,
                row.y,
                cut,
                usize::from(wide),
                self.look.style(Role::Muted),
            );
        }
    }

    /// Writes to the left and to the right of a line; the left gives way.
    pub fn both(
        &mut self,
        place: Rect,
        line: u16,
        left: &[(Role, String)],
        right: &[(Role, String)],
    ) {
        let wide: usize = right.iter().map(|(_, text)| text.width()).sum();
        let wide = u16::try_from(wide).unwrap_or(u16::MAX).min(place.width);
        let left_place = Rect {
            width: (place.width - wide).saturating_sub(u16::from(wide > 0)),
            ..place
        };
        self.line(left_place, line, left);
        let right_place = Rect {
            x: place.x + place.width - wide,
            width: wide,
            ..place
        };
        self.line(right_place, line, right);
    }

    /// Styles a whole line over what is written there.
    pub fn mark(&mut self, place: Rect, line: u16, role: Role) {
        let row = Rect {
            y: place.y.saturating_add(line),
            height: 1,
            ..place
        }
        .intersection(self.area);
        self.buf.set_style(row, self.look.style(role));
    }

    /// Blanks a place.
    pub fn clear(&mut self, place: Rect) {
        let place = place.intersection(self.area);
        for y in place.top()..place.bottom() {
            for x in place.left()..place.right() {
                self.buf[(x, y)].reset();
            }
        }
        self.buf.set_style(place, self.look.ground());
    }

    /// Draws a line from left to right.
    pub fn across(&mut self, place: Rect) {
        let text = self.look.glyphs.horizontal.repeat(usize::from(place.width));
        self.line(place, 0, &[(Role::Border, text)]);
    }

    /// Draws a line from top to bottom.
    pub fn down(&mut self, place: Rect) {
        for line in 0..place.height {
            self.line(
                place,
                line,
                &[(Role::Border, self.look.glyphs.vertical.to_owned())],
            );
        }
    }

    /// Returns the style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.look.style(role)
    }

    /// Styles cells where a text was found.
    pub fn paint(&mut self, x: u16, y: u16, width: u16, role: Role) {
        let place = Rect::new(x, y, width, 1).intersection(self.area);
        let style = self.style(role);
        self.buf.set_style(place, style);
    }
}

fn rail_of(canvas: &mut Canvas<'_>, model: &Model, places: &Places) {
    let session = model.session();
    let step = model.place().step;
    let glyphs = model.look.glyphs;
    if places.rail_line.height > 0 {
        let line = rail::rail_line(session, step, places.rail_line.width, glyphs);
        canvas.line(places.rail_line, 0, &line);
        // Each step is followed by a blank.
        let steps = session
            .steps()
            .flat_map(|step| [Some(step.info().id), None]);
        let pieces = line
            .iter()
            .zip(steps)
            .map(|((_, text), step)| (text.width(), step.map(|id| Target::Rail(Goes::Step(id)))));
        canvas.hit_along(places.rail_line, pieces);
        if model.on_rail() {
            canvas.mark(places.rail_line, 0, Role::Selection);
        }
    }
    if places.rail.height > 0 {
        let width = places.rail.width.saturating_sub(1);
        let rows = rail::rail_rows(session, step, model.now, width, glyphs);
        let here = rows
            .iter()
            .position(|row| row.goes == Some(Goes::Step(step)))
            .unwrap_or_default();
        let height = usize::from(places.rail.height);
        let from = (here + 3)
            .saturating_sub(height)
            .min(rows.len().saturating_sub(height));
        for (line, (index, row)) in (0..).zip(rows.iter().enumerate().skip(from).take(height)) {
            canvas.line(places.rail, line, &row.spans);
            if let Some(goes) = row.goes {
                let place = Rect {
                    y: places.rail.y + line,
                    height: 1,
                    width,
                    ..places.rail
                };
                canvas.hit(place, Target::Rail(goes));
            }
            if model.on_rail() && index == here {
                canvas.mark(
                    Rect {
                        width,
                        ..places.rail
                    },
                    line,
                    Role::Selection,
                );
            }
        }
    }
}

/// Returns what lies under the list or page on the screen, from the walk on: the way that Esc goes back.
pub fn trail(model: &Model) -> String {
    let mut way = String::new();
    for overlay in &model.screen.beneath {
        way.push_str(overlay.name());
        way.push_str(" › ");
    }
    way
}

fn titles(canvas: &mut Canvas<'_>, model: &Model, places: &Places) {
    if let Some(overlay) = &model.screen.overlay {
        canvas.line(
            places.title,
            0,
            &[(
                Role::Title,
                format!(" {}{}", trail(model), model.keys.spoken(overlay.title())),
            )],
        );
        canvas.hit(places.title, Target::Heading);
        return;
    }
    let session = model.session();
    let id = model.place().step;
    let Some(step) = session.flow.step(id) else {
        return;
    };
    let info = step.info();
    let to = model.look.glyphs.to;
    let left = [(Role::Title, format!(" {}", info.title))];
    let (role, word) = story::status(model);
    // What stands at the right keeps away from what is cut for it.
    let mut right = vec![(role, format!(" {word} "))];
    let lane = format!(" {} {to} {} ", info.from.name(), info.to.name());
    // Who speaks to whom gives way to what the step does.
    if info.title.width() + lane.width() + word.width() + 4 <= usize::from(places.title.width) {
        right.insert(0, (Role::Muted, lane));
    }
    canvas.both(places.title, 0, &left, &right);
    tabs::draw(canvas, model, places);
}

fn hints(canvas: &mut Canvas<'_>, model: &Model, places: &Places) {
    // The way back and the help are worth more than whatever they would push out.
    let (kept, all): (Vec<_>, Vec<_>) = keymap::hinted(model)
        .into_iter()
        .partition(|(_, text)| keymap::is_kept(text));
    let wide = |(key, text): &(Sequence, &str)| key.to_string().width() + text.width() + 3;
    let mut room =
        usize::from(places.hints.width).saturating_sub(1 + kept.iter().map(wide).sum::<usize>());
    let mut spans: Spans = vec![(Role::Text, " ".to_owned())];
    let mut targets = vec![None];
    for hint in all
        .iter()
        .map_while(|hint| {
            room = room.checked_sub(wide(hint))?;
            Some(hint)
        })
        .chain(&kept)
    {
        spans.push((Role::HintKey, hint.0.to_string()));
        spans.push((Role::HintText, format!(" {}  ", hint.1)));
        targets.extend([Some(Target::Keys(hint.0)); 2]);
    }
    let pieces = spans
        .iter()
        .zip(targets)
        .map(|((_, text), target)| (text.width(), target));
    canvas.hit_along(places.hints, pieces);
    canvas.line(places.hints, 0, &trimmed(spans));
}

/// Takes the blanks off the end, which would count as something that does not fit.
fn trimmed(mut spans: Spans) -> Spans {
    if let Some((_, text)) = spans.last_mut() {
        text.truncate(text.trim_end().len());
    }
    spans
}

/// Returns a text as a sentence on lines of a width, at most so many; the last says when there is more.
pub fn lines(look: &Look, role: Role, text: &str, width: u16, most: usize) -> Vec<Spans> {
    let text = words::sentence(&visible(text));
    let rows = super::rows::wrap(vec![super::rows::Row::text(role, text)], width);
    let more = rows.len() > most;
    let mut out: Vec<Spans> = rows.into_iter().take(most).map(|row| row.spans).collect();
    if more && let Some(last) = out.last_mut() {
        last.push((Role::Muted, look.glyphs.cut.to_owned()));
    }
    out
}
