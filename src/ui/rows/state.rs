//! What a panel remembers: where it is scrolled to, the cursor, folds and what was looked for; and moving about in it.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use unicode_width::UnicodeWidthStr as _;

use super::Row;
use crate::ui::theme::{Glyphs, Role};

/// The state of one panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PanelState {
    /// The first line that is seen, counted over the rows that no fold hides.
    pub scroll: usize,
    /// The row of the cursor, by its index in all rows.
    pub cursor: usize,
    /// The headings whose fold was turned over, by their number among the headings.
    pub folds: BTreeSet<usize>,
    /// What was looked for.
    pub query: String,
    /// The columns of the rows that scroll and cursor are counted over; none while they were not laid out yet.
    pub width: u16,
}

impl PanelState {
    /// Moves the cursor by so many shown rows, and scrolls so that it is seen.
    pub fn move_by(&mut self, delta: isize, rows: &[Row], height: usize) {
        let shown = fold(rows, &self.folds);
        if shown.is_empty() {
            (self.cursor, self.scroll) = (0, 0);
            return;
        }
        let at = position(&shown, self.cursor)
            .saturating_add_signed(delta)
            .min(shown.len() - 1);
        self.cursor = shown[at];
        self.follow(at, shown.len(), height);
    }

    /// Moves by whole pages.
    pub fn page(&mut self, pages: isize, rows: &[Row], height: usize) {
        let step = isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(isize::MAX);
        self.leap(pages.saturating_mul(step), rows, height);
    }

    /// Moves by halves of a page.
    pub fn half_page(&mut self, halves: isize, rows: &[Row], height: usize) {
        let step = isize::try_from((height / 2).max(1)).unwrap_or(isize::MAX);
        self.leap(halves.saturating_mul(step), rows, height);
    }

    /// Moves the cursor with what is seen, so that it stays where it was on the screen.
    fn leap(&mut self, delta: isize, rows: &[Row], height: usize) {
        let last = fold(rows, &self.folds).len().saturating_sub(height.max(1));
        self.scroll = self.scroll.saturating_add_signed(delta).min(last);
        self.move_by(delta, rows, height);
    }

    /// Scrolls by so many shown rows; the cursor moves only as far as it must to be seen.
    pub fn scroll_by(&mut self, delta: isize, rows: &[Row], height: usize) {
        let shown = fold(rows, &self.folds);
        let height = height.max(1);
        let last = shown.len().saturating_sub(height);
        self.scroll = self.scroll.saturating_add_signed(delta).min(last);
        let seen = self.scroll..(self.scroll + height).min(shown.len());
        if let Some(end) = seen.end.checked_sub(1) {
            self.cursor = shown[position(&shown, self.cursor).clamp(seen.start, end)];
        }
    }

    /// Moves to the first row.
    pub fn home(&mut self, rows: &[Row], height: usize) {
        self.move_by(isize::MIN, rows, height);
    }

    /// Moves to the last row.
    pub fn end(&mut self, rows: &[Row], height: usize) {
        self.move_by(isize::MAX, rows, height);
    }

    /// Brings cursor and scroll back into what there is, after the rows or the height changed.
    pub fn clamp(&mut self, rows: &[Row], height: usize) {
        self.move_by(0, rows, height);
    }

    /// Stays where it is, in rows that are laid out for another width: the cursor and the first line that is seen are on
    /// the same text, however it is broken now.
    pub fn refit(&mut self, before: &[Row], after: &[Row]) {
        let first = fold(before, &self.folds).get(self.scroll).copied();
        self.cursor = again(before, self.cursor, after);
        if let Some(first) = first {
            self.scroll = position(&fold(after, &self.folds), again(before, first, after));
        }
    }

    /// Puts the cursor on a row, opening the folds that hide it.
    pub fn go_to(&mut self, index: usize, rows: &[Row], height: usize) {
        self.uncover(index, rows);
        self.cursor = index;
        self.clamp(rows, height);
    }

    /// Opens or closes the heading at the cursor, or the one it stands under.
    pub fn toggle(&mut self, rows: &[Row], height: usize) {
        let Some(heading) = heading_of(rows, self.cursor) else {
            return;
        };
        let number = number(rows, heading);
        if !self.folds.remove(&number) {
            self.folds.insert(number);
        }
        self.cursor = heading;
        self.clamp(rows, height);
    }

    /// Folds the heading at the cursor, or the nearest around it that is not folded yet, and goes there.
    pub fn fold_around(&mut self, rows: &[Row], height: usize) {
        let mut at = heading_of(rows, self.cursor);
        while let Some(heading) = at.filter(|at| is_folded(rows, &self.folds, *at)) {
            at = above(rows, heading);
        }
        if let Some(heading) = at {
            self.cursor = heading;
            self.toggle(rows, height);
        }
    }

    /// Returns which of the shown rows are seen, by their place among the shown.
    pub fn window(&self, height: usize) -> Range<usize> {
        self.scroll..self.scroll.saturating_add(height)
    }

    /// Returns the rows that are seen, by their index in all rows.
    pub fn seen(&self, rows: &[Row], height: usize) -> Vec<usize> {
        let shown = fold(rows, &self.folds);
        let scroll = self.scroll.min(shown.len().saturating_sub(height));
        shown.into_iter().skip(scroll).take(height).collect()
    }

    fn uncover(&mut self, index: usize, rows: &[Row]) {
        let mut at = index;
        while let Some(heading) = above(rows, at) {
            if is_folded(rows, &self.folds, heading) {
                let number = number(rows, heading);
                if !self.folds.remove(&number) {
                    self.folds.insert(number);
                }
            }
            at = heading;
        }
    }

    fn follow(&mut self, at: usize, count: usize, height: usize) {
        let height = height.max(1);
        self.scroll = self
            .scroll
            .min(at)
            .max((at + 1).saturating_sub(height))
            .min(count.saturating_sub(height));
    }
}

/// Returns the rows that have a text, those that folds hide too, by index; in any case of letters.
pub fn matches(rows: &[Row], query: &str) -> Vec<usize> {
    let wanted = query.to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let has = |row: &Row| {
        // Sentences name a field by its path, and so does who looks for it.
        let named = row.field.is_some_and(|field| field.0.contains(&wanted));
        named || row.plain().to_lowercase().contains(&wanted)
    };
    (0..rows.len()).filter(|at| has(&rows[*at])).collect()
}

/// Returns the rows that no fold hides, by index.
pub fn fold(rows: &[Row], folds: &BTreeSet<usize>) -> Vec<usize> {
    let mut shown = Vec::with_capacity(rows.len());
    let mut hidden_below: Option<u16> = None;
    let mut heading = 0;
    for (index, row) in rows.iter().enumerate() {
        if hidden_below.is_some_and(|depth| row.depth <= depth) {
            hidden_below = None;
        }
        if hidden_below.is_none() {
            shown.push(index);
        }
        if row.heading {
            if hidden_below.is_none() && row.shut != folds.contains(&heading) {
                hidden_below = Some(row.depth);
            }
            heading += 1;
        }
    }
    shown
}

/// Returns the rows of the entry of a list that a row belongs to: all its lines lead to the same.
pub fn entry(rows: &[Row], at: usize) -> Range<usize> {
    let goes = rows.get(at).and_then(|row| row.goes);
    let same = |row: &&Row| goes.is_some() && row.goes == goes;
    let before = rows.iter().take(at).rev().take_while(same).count();
    let after = rows.iter().skip(at + 1).take_while(same).count();
    at - before..(at + 1 + after).min(rows.len().max(at + 1))
}

/// Returns the rows where the entries of a list begin: each has something to copy, which its further lines have, too.
pub fn entries(rows: &[Row]) -> Vec<usize> {
    let begins = |at: &usize| {
        let copy = |at: usize| rows.get(at).and_then(|row| row.copy.as_ref());
        copy(*at).is_some() && at.checked_sub(1).and_then(copy) != copy(*at)
    };
    (0..rows.len()).filter(begins).collect()
}

/// Tells whether the row is a heading whose rows are hidden.
pub fn is_folded(rows: &[Row], folds: &BTreeSet<usize>, index: usize) -> bool {
    rows.get(index)
        .is_some_and(|row| row.heading && row.shut != folds.contains(&number(rows, index)))
}

/// Returns a row's pieces with the mark of its fold as it stands; a bracket that is folded says how many rows are in it.
pub fn dressed(rows: &[Row], index: usize, folded: bool, glyphs: &Glyphs) -> Vec<(Role, String)> {
    let row = &rows[index];
    let mut spans = row.spans.clone();
    let opens = |(_, text): &(Role, String)| text.ends_with(['[', '{']);
    if row.heading && folded && spans.last().is_some_and(opens) {
        let within = rows[index + 1..].iter();
        let hidden = within.take_while(|other| other.depth > row.depth).count();
        spans.push((Role::Muted, format!(" {} {hidden}", glyphs.cut)));
    }
    if row.heading && folded {
        let mark = format!("{} ", glyphs.unfolded);
        if let Some((_, text)) = spans.iter_mut().find(|(_, text)| *text == mark) {
            *text = format!("{} ", glyphs.current);
        }
    }
    spans
}

fn position(shown: &[usize], cursor: usize) -> usize {
    match shown.binary_search(&cursor) {
        Ok(at) => at,
        // Hidden by a fold: the heading above it.
        Err(at) => at.saturating_sub(1),
    }
}

/// Finds a row among the same rows in another width; where it is not among them any more, the one that stands where it
/// stood.
fn again(before: &[Row], at: usize, after: &[Row]) -> usize {
    let begins = |rows: &[Row], at: usize| at == 0 || !goes_on(&rows[at - 1], &rows[at]);
    let Some(row) = before.get(at) else {
        return at;
    };
    let alike = |rows: &[Row]| {
        let all = 0..rows.len();
        all.filter(|index| begins(rows, *index) && is_alike(&rows[*index], row))
            .collect::<Vec<_>>()
    };
    let (old, new) = (alike(before), alike(after));
    let nth = old.partition_point(|begin| *begin <= at).saturating_sub(1);
    let (Some(begin), Some(mut found)) = (old.get(nth), new.get(nth).or(new.last()).copied())
    else {
        return at.min(after.len().saturating_sub(1));
    };
    // Of a broken row, the line that has the beginning of this one.
    let text = |row: &Row| row.plain().trim().width();
    let mut ahead: usize = before[*begin..at].iter().map(text).sum();
    let more = |found: usize| found + 1 < after.len() && !begins(after, found + 1);
    while more(found) && ahead >= text(&after[found]) {
        ahead -= text(&after[found]);
        found += 1;
    }
    found
}

/// Tells whether the second of two neighbours is the same row, broken.
fn goes_on(above: &Row, row: &Row) -> bool {
    let both = above.whole.as_ref().zip(row.whole.as_ref());
    both.is_some_and(|(above, whole)| Arc::ptr_eq(above, whole))
}

/// Tells whether two rows show the same thing, whatever room they have for it.
fn is_alike(one: &Row, other: &Row) -> bool {
    let shows = |row: &Row| (row.field, row.goes, row.depth);
    shows(one) == shows(other) && one.place == other.place && one.at == other.at
}

fn number(rows: &[Row], index: usize) -> usize {
    rows[..index].iter().filter(|row| row.heading).count()
}

/// The heading at a row, or the nearest that it stands under.
fn heading_of(rows: &[Row], index: usize) -> Option<usize> {
    match rows.get(index) {
        Some(row) if row.heading => Some(index),
        Some(_) => above(rows, index),
        None => None,
    }
}

/// The nearest heading above a row that is less deep.
fn above(rows: &[Row], index: usize) -> Option<usize> {
    let depth = rows.get(index)?.depth;
    (0..index)
        .rev()
        .find(|at| rows[*at].heading && rows[*at].depth < depth)
}
