//! Rows: what every panel is made of, so that scrolling, folding, finding and copying exist once.

pub mod json;
pub mod lineage;
mod lit;
pub mod since;
mod state;
pub mod tokens;
mod values;
pub mod words;
mod wrap;

use std::{collections::BTreeSet, sync::Arc};

use unicode_width::UnicodeWidthStr;

pub use lit::{light, row_near, row_of};
pub use state::{PanelState, dressed, entries, entry, fold, is_folded, matches};
pub use tokens::token_rows;
pub use values::{copy_of, encoded, lines, note_at, size, took, value_spans};
pub use wrap::wrap;

use super::theme::{Glyphs, Role};
use crate::{
    flow::{Artifact, StepId},
    lint::{Code, Severity},
    profile::FieldPath,
    protocol::{http::Params, pointer::Pointer, secret::Secret, time::Timestamp, visible::visible},
    session::{Session, Vault, vault::SecretId},
};

/// A value longer than this many characters is shown by its beginning; copying takes all of it.
const VALUE_LIMIT: usize = 4096;

/// One row of a panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its text, piece by piece; no piece has a character that a terminal would obey.
    pub spans: Vec<(Role, String)>,
    /// The place it shows, for notes, highlights and jumps.
    pub at: Option<Pointer>,
    /// The field it edits.
    pub field: Option<FieldPath>,
    /// How deep it stands: a heading folds what is deeper below it.
    pub depth: u16,
    /// What copying it takes.
    pub copy: Option<CopyText>,
    /// What it is and why it has this value.
    pub note: Option<String>,
    /// Whether it heads the deeper rows below it.
    pub heading: bool,
    /// Whether what it heads is folded until the user opens it.
    pub shut: bool,
    /// Where it leads, for Enter and the mouse.
    pub goes: Option<Goes>,
    /// What the rule above says while the cursor is here: `message 5 of 14`.
    pub place: Option<String>,
    /// How bad the worst is that a rule found there, and which finding of the step it is.
    pub found: Option<(Severity, usize)>,
    /// Its whole text, where it stands on several rows.
    pub whole: Option<Arc<str>>,
    /// Secrets that it stands for without a mark of theirs: a shell variable of a cURL.
    pub secrets: Vec<SecretId>,
}

/// Where a row leads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Goes {
    /// To an attempt of the step, by its index.
    Attempt(usize),
    /// To a step.
    Step(StepId),
    /// To a flow, by its index.
    Flow(usize),
    /// To the place that a finding of the step speaks of, by the finding's index.
    Place(usize),
    /// To the place that a finding of another step speaks of, by its rule; without one, to all that was found there.
    Cause(StepId, Option<Code>),
    /// To a field of the profile, in the inputs of the step that reads it.
    Field(FieldPath),
    /// To an artifact, which can be handed in there.
    Artifact(Artifact),
    /// To a theme, by its place in the list.
    Theme(usize),
    /// To a fault of the lab, by its place in the list.
    Fault(usize),
    /// To a walk of the profile, by its place among them; the last is the one that is on.
    Walk(usize),
}

/// What copying a row takes.
#[derive(Clone, Debug, PartialEq)]
pub enum CopyText {
    /// A text that anybody may see.
    Plain(Arc<str>),
    /// A real value behind a mask; the screen says so when it is copied.
    Secret(Arc<Secret>),
}

// Shared, because every line of a long row has it.
impl From<&str> for CopyText {
    fn from(text: &str) -> Self {
        Self::Plain(text.into())
    }
}

impl From<Secret> for CopyText {
    fn from(secret: Secret) -> Self {
        Self::Secret(Arc::new(secret))
    }
}

impl Row {
    /// Makes a row of pieces.
    pub fn new(spans: Vec<(Role, String)>) -> Self {
        Self {
            spans,
            ..Self::default()
        }
    }

    /// Makes a row of one piece.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self::new(vec![(role, text.into())])
    }

    /// Makes an empty row.
    pub fn blank() -> Self {
        Self::default()
    }

    /// Makes the heading of what stands deeper below it; its first piece is the mark of its fold.
    pub fn heading(glyphs: &Glyphs, depth: u16, title: impl Into<String>) -> Self {
        let mut row = Self::new(vec![
            (Role::Muted, format!("{} ", glyphs.unfolded)),
            (Role::Strong, title.into()),
        ]);
        row.heading = true;
        row.at_depth(depth)
    }

    /// Makes a row of a name and its value; names of one block are padded to one width.
    pub fn pair(name: &str, pad: usize, role: Role, value: impl Into<String>) -> Self {
        let gap = pad.saturating_sub(name.width()) + 2;
        Self::new(vec![
            (Role::FieldLabel, name.to_owned()),
            (Role::Muted, " ".repeat(gap)),
            (role, value.into()),
        ])
    }

    /// Indents the row and says how deep it stands.
    #[must_use]
    pub fn at_depth(mut self, depth: u16) -> Self {
        if depth > 0 {
            self.spans
                .insert(0, (Role::Text, "  ".repeat(usize::from(depth))));
        }
        self.depth = depth;
        self
    }

    /// Says which place the row shows.
    #[must_use]
    pub fn pointing(mut self, at: Pointer) -> Self {
        self.at = Some(at);
        self
    }

    /// Adds what is known of the row's value.
    #[must_use]
    pub fn noted(mut self, note: Option<String>) -> Self {
        self.note = note;
        self
    }

    /// Says what copying takes.
    #[must_use]
    pub fn copying(mut self, copy: CopyText) -> Self {
        self.copy = Some(copy);
        self
    }

    /// Says where the row leads.
    #[must_use]
    pub fn going(mut self, goes: Goes) -> Self {
        self.goes = Some(goes);
        self
    }

    /// Folds what the heading heads until the user opens it.
    #[must_use]
    pub fn shut(mut self) -> Self {
        self.shut = true;
        self
    }

    /// Returns the row's text without its roles.
    pub fn plain(&self) -> String {
        self.spans.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Returns which secrets it shows, masked or not; `vault` is the one that knows them all.
    pub fn secrets(&self, vault: &Vault) -> BTreeSet<SecretId> {
        let text = self
            .whole
            .as_deref()
            .map_or_else(|| self.plain(), str::to_owned);
        let mut secrets: BTreeSet<SecretId> = self.secrets.iter().copied().collect();
        for text in [Some(text.as_str()), self.note.as_deref()]
            .into_iter()
            .flatten()
        {
            secrets.extend(vault.held(text));
            secrets.extend(vault.behind(text));
        }
        // One that is too short to be looked for is known by its row only.
        if let Some(CopyText::Secret(secret)) = &self.copy
            && (text.contains(&vault.shown(secret)) || text.contains(secret.reveal()))
        {
            secrets.insert(SecretId::of(secret));
        }
        secrets
    }

    /// Returns how many cells it takes.
    pub fn width(&self) -> usize {
        self.spans.iter().map(|(_, text)| text.width()).sum()
    }
}

/// All that a panel may look at.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The session.
    pub session: &'a Session,
    /// The step that is shown.
    pub step: StepId,
    /// Now, for ages and countdowns.
    pub now: Timestamp,
    /// What masks: the session's own vault, without what the user has asked to see.
    pub vault: &'a Vault,
    /// The marks that this terminal has.
    pub glyphs: &'a Glyphs,
    /// How many cells a row has.
    pub width: u16,
    /// Whether the log is that of the whole walk.
    pub log_whole: bool,
    /// The attempt that is shown, by its index; the newest when none is chosen.
    pub attempt: Option<usize>,
}

impl Cx<'_> {
    /// Shows a text from outside: secrets masked, control characters as marks. The one door.
    pub fn text(&self, raw: &str) -> String {
        visible(&self.vault.mask(raw)).into_owned()
    }

    /// Shows a value from outside; of a very long one the beginning and how much is left.
    pub fn value(&self, raw: &str) -> String {
        clipped(self.text(raw), VALUE_LIMIT, self.glyphs)
    }

    /// Takes a redirect apart: its address, and its parameters from query and fragment; they go through
    /// [`Cx::value`] like everything else.
    pub fn redirect(&self, url: &Secret) -> (String, Params) {
        let (rest, fragment) = split(url.reveal(), '#');
        let (address, query) = split(rest, '?');
        let mut params = Params::decode(query);
        params.0.extend(Params::decode(fragment).0);
        (self.value(address), params)
    }

    /// Returns what copying a text from outside takes: a secret when a mask is over any of it.
    pub fn copy(&self, name: &str, raw: &str) -> CopyText {
        // What is shown for a moment is a secret all the same.
        if self.session.vault.mask(raw) == raw && self.vault.mask(raw) == raw {
            CopyText::from(raw)
        } else {
            CopyText::from(Secret::minted(name, raw))
        }
    }

    /// Tells whether the user has asked to see a secret.
    pub fn shows(&self, secret: &Secret) -> bool {
        !secret.is_empty() && !self.vault.hides(secret)
    }

    /// Shows a secret: its name and fingerprint, or itself where the user asked for it.
    pub fn secret(&self, secret: &Secret) -> String {
        if self.shows(secret) {
            self.value(secret.reveal())
        } else {
            visible(&self.vault.shown(secret)).into_owned()
        }
    }
}

/// Writes rows as a text with what is known of each, where that is more than the place of the note may show.
pub fn annotated(rows: &[Row]) -> String {
    let mut out = String::new();
    for (at, row) in rows.iter().enumerate() {
        out.push_str(row.plain().trim_end());
        out.push('\n');
        // What is known of several lines is told once, behind the last.
        let next = rows.get(at + 1).and_then(|row| row.note.as_ref());
        if let Some(note) = row.note.as_ref().filter(|note| next != Some(note)) {
            out.push_str("      ");
            out.push_str(note);
            out.push('\n');
        }
    }
    out
}

/// Returns the plain text of rows, as a file would have it.
pub fn plain(rows: &[Row]) -> String {
    let mut out = String::new();
    for row in rows {
        out.push_str(row.plain().trim_end());
        out.push('\n');
    }
    out
}

fn split(text: &str, at: char) -> (&str, &str) {
    text.split_once(at).unwrap_or((text, ""))
}

fn clipped(text: String, limit: usize, glyphs: &Glyphs) -> String {
    match text.char_indices().nth(limit) {
        None => text,
        Some((at, _)) => {
            let more = text[at..].chars().count();
            format!("{}{} ({more} more characters)", &text[..at], glyphs.cut)
        }
    }
}
