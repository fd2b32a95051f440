//! What the screen is made from: sessions, where the user stands in them, and what lies over the walk.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    iter,
    ops::Range,
    sync::Arc,
};

use super::{
    awaited::{self, Awaited},
    away::Draft,
    filter::Filter,
    hits::Bar,
    kept::Kept,
    keymap::{Key, Keymap},
    layout,
    masking::{Mask, Masking},
    overlays::{
        self, Overlay,
        check::{self, Checkup},
        palette::Palette,
    },
    panels::{PANELS, Panel, diagram, log},
    places::{Places, Posture, Stood},
    rows::{Cx, Goes, PanelState, Row, entries, is_folded, light},
    seek::Wanted,
    theme::{Depth, Glyphs, Look, Shelf},
    ways::Ways,
    widgets::field::Input,
};
use crate::{
    flow::{Artifact, Flow, Ink, Origin, Step as _, StepId, flows, scopes, steps},
    profile::{self, FieldPath, FieldValue, Problem, Profile, fields, import::Import},
    protocol::{
        exchange::{AuthorizeRequest, Login, Request},
        proxy::Environment,
        secret::Secret,
        time::Timestamp,
        visible::visible,
    },
    session::{
        Command, Going, Outcome, Session, Status, Vault, What, people::personal, vault::SecretId,
    },
};

/// The number of an open profile: answers find their session by it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OpenId(pub u64);

/// A profile to choose from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProfileEntry {
    /// The name it is opened by.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its environment: dev, test or prod.
    pub environment: String,
    /// Whether it is the built-in lab, which has no file.
    pub built_in: bool,
    /// What is wrong with its file, with line and column.
    pub problems: Vec<String>,
}

/// Something that a server of the lab can be told to do wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FaultEntry {
    /// Its word.
    pub id: &'static str,
    /// What happens.
    pub title: &'static str,
    /// The server, as people call it.
    pub party: &'static str,
    /// The flow in which it shows.
    pub flow: &'static str,
    /// The step at which it shows.
    pub step: &'static str,
    /// What the profile has to say for it to show: paths and values.
    pub with: &'static [(&'static str, &'static str)],
    /// The rules that it breaks.
    pub rules: &'static [&'static str],
    /// Whether it is on.
    pub on: bool,
}

/// What the screen starts with; made by the command line.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Start {
    /// The session to show first: of a profile, or of a stored trace.
    pub session: Session,
    /// Whether its profile has a file; the built-in lab has none.
    pub has_file: bool,
    /// What is wrong with that file.
    pub problems: Vec<Problem>,
    /// What is wrong elsewhere: in the configuration, in a theme.
    pub warnings: Vec<String>,
    /// Which keys do what.
    pub keys: Keymap,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// The theme's name.
    pub theme: String,
    /// Whether the user chose it; else it fits the terminal as well as is known.
    pub theme_chosen: bool,
    /// The themes there are.
    pub shelf: Shelf,
    /// How many colours the terminal takes.
    pub depth: Depth,
    /// The marks it has.
    pub glyphs: &'static Glyphs,
    /// Whether everything is masked from the start, for a screen share.
    pub share: bool,
    /// Where the user stood in each profile the last time.
    pub places: Places,
}

/// How far the lab of a profile is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Lab {
    /// The profile wants none.
    Unwanted,
    /// It starts.
    Starting,
    /// It runs, and the profile is filled in.
    Running,
    /// It could not start, and why.
    Failed(String),
}

impl Lab {
    /// Tells whether nothing can be sent yet.
    pub fn is_starting(&self) -> bool {
        *self == Self::Starting
    }
}

/// A profile that was visited: its session is kept, so that switching loses nothing.
pub struct Opened {
    /// Its number.
    pub id: OpenId,
    /// The session.
    pub session: Session,
    /// Where the user stands in it.
    pub place: Place,
    /// The walks that are over, the oldest first: at most [`PAST_LIMIT`].
    pub past: Vec<Past>,
    /// Which of them is looked at; none while it is the walk that is on.
    pub looking: Option<usize>,
    /// The profile as its file has it.
    pub saved: Profile,
    /// Whether it has a file.
    pub has_file: bool,
    /// What is wrong with that file.
    pub problems: Vec<Problem>,
    /// Its lab.
    pub lab: Lab,
    /// How it was looked at, while another profile is shown.
    posture: Posture,
}

/// A walk that is over, and where the user stands in it.
pub struct Past {
    /// The walk, with the profile and the flow that it was walked with.
    pub session: Session,
    /// Where the user stands in it.
    pub place: Place,
}

/// So many walks that are over are kept of a profile; the oldest goes first.
pub const PAST_LIMIT: usize = 20;

impl Opened {
    /// Puts a session on the screen, at the step that is next; a stored walk at the step it ended with.
    pub fn new(id: OpenId, session: Session, has_file: bool, problems: Vec<Problem>) -> Self {
        let wants_lab = session.profile.flag(fields::LAB) && !session.archived;
        Self {
            id,
            saved: session.profile.clone(),
            place: Place::of(&session),
            past: Vec::new(),
            looking: None,
            has_file,
            problems,
            lab: if wants_lab {
                Lab::Starting
            } else {
                Lab::Unwanted
            },
            posture: Posture::default(),
            session,
        }
    }

    /// Stands where the user stood the last time, at the step that is next.
    fn recall(&mut self, stood: Stood) {
        self.posture = stood.posture;
        self.place = Place::recalling(&self.session, stood);
    }

    /// Goes to where the walk that is on goes on; its panels are shown as they were left, as after a restart.
    pub fn rewind(&mut self) {
        self.recall(self.stood(self.posture));
    }

    /// Returns where the user stands, to be remembered.
    fn stood(&self, posture: Posture) -> Stood {
        let (chosen, states) = self.place.stood();
        Stood {
            posture,
            chosen,
            states,
        }
    }

    /// Lays the walk that is on aside, where anything happened in it, and starts another one in its place.
    pub fn begin(&mut self, flow: &'static Flow, ink: Ink) {
        let fresh = self.session.anew(flow, ink);
        let place = Place::recalling(&fresh, self.stood(self.posture));
        let place = std::mem::replace(&mut self.place, place);
        let was = std::mem::replace(&mut self.session, fresh);
        self.looking = None;
        if !was.is_blank() {
            let session = was.over(ink);
            self.past.push(Past { session, place });
            let more = self.past.len().saturating_sub(PAST_LIMIT);
            self.past.drain(..more);
        }
    }

    /// Returns the walks there are, the oldest first; the last is the one that is on.
    pub fn walks(&self) -> impl DoubleEndedIterator<Item = &Session> {
        let past = self.past.iter().map(|past| &past.session);
        past.chain(iter::once(&self.session))
    }

    /// Returns the walk that is looked at, where it is over.
    pub fn seen(&self) -> Option<&Past> {
        self.past.get(self.looking?)
    }

    fn place_seen(&mut self) -> &mut Place {
        let past = self.looking.and_then(|at| self.past.get_mut(at));
        past.map_or(&mut self.place, |past| &mut past.place)
    }

    /// Returns what was edited since the file was read or written; `None` takes a field back.
    pub fn edits(&self) -> Vec<(FieldPath, Option<FieldValue>)> {
        fields::FIELDS
            .iter()
            .map(|field| field.path)
            .filter(|path| written(&self.saved, *path) != written(&self.session.profile, *path))
            .map(|path| (path, written(&self.session.profile, path).cloned()))
            .collect()
    }

    /// Returns the profile as it would be without the edits of one field.
    pub fn without_edit(&self, field: FieldPath) -> Profile {
        let mut profile = self.session.profile.clone();
        match written(&self.saved, field) {
            Some(value) => profile.set(field, value.clone()),
            None => profile.unset(field),
        }
        profile
    }

    /// Tells whether a profile says other things than the one of the session, apart from what the lab fills in.
    pub fn differs_from(&self, profile: &Profile) -> bool {
        fields::FIELDS
            .iter()
            .any(|field| written(profile, field.path) != written(&self.session.profile, field.path))
    }

    /// Tells whether the profile differs from its file.
    pub fn is_dirty(&self) -> bool {
        !self.edits().is_empty()
    }
}

/// What is written in the very field, not filled in by the lab.
fn written(profile: &Profile, field: FieldPath) -> Option<&FieldValue> {
    (profile.origin(field) == profile::Origin::Own)
        .then(|| profile.own(field))
        .flatten()
}

/// What panels remember.
type States = BTreeMap<(StepId, &'static str), PanelState>;

/// Where the user stands in a walk.
#[derive(Clone, Debug)]
pub struct Place {
    /// The step that is shown.
    pub step: StepId,
    /// The panel that the user chose; else the most telling one is shown.
    pub chosen: Option<&'static str>,
    /// The panel that was chosen before the diagram took its place.
    pub before: Option<&'static str>,
    /// The attempt that is looked at; else the newest.
    pub attempt: Option<usize>,
    /// The way that a row led, for the way back.
    pub jump: Option<Jump>,
    /// What each panel remembers.
    pub states: States,
    /// The panel that the user chose at a step and may expect there the next time, before it is sent.
    expected: BTreeMap<StepId, &'static str>,
    /// The steps that were not come to since that was remembered.
    unseen: BTreeSet<StepId>,
    /// What was remembered of panels that were not seen since.
    remembered: States,
}

/// A jump from a row of one panel to another panel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Jump {
    /// The step and the panel that were left.
    pub from: (StepId, &'static str),
    /// Those that were come to.
    pub to: (StepId, &'static str),
}

/// Panels that say as much before a step is sent, and more than the one that is shown by itself.
const EXPECTED: &[&str] = &["curl", "diagram"];

/// Panels that are about what will be sent; the others are about what came, and a new answer is read from its top.
const BEFORE: &[&str] = &["inputs", "request", "curl"];

impl Place {
    /// Begins where a walk goes on; in a stored one where it ended.
    fn of(session: &Session) -> Self {
        let first = session.steps().next().map(|step| step.info().id);
        let ended = session
            .walk
            .steps
            .iter()
            .rfind(|state| !state.attempts.is_empty());
        let step = ended
            .filter(|_| session.archived)
            .map(|state| state.id)
            .or_else(|| session.next_step(None))
            .or(first)
            .expect("every flow has a step");
        Self {
            step,
            chosen: None,
            before: None,
            attempt: None,
            jump: None,
            states: BTreeMap::new(),
            expected: BTreeMap::new(),
            unseen: BTreeSet::new(),
            remembered: BTreeMap::new(),
        }
    }

    /// Begins where a walk goes on, as it was left the last time.
    fn recalling(session: &Session, stood: Stood) -> Self {
        let mut place = Self::of(session);
        place.unseen = stood.chosen.keys().copied().collect();
        place.expected = stood.chosen;
        place.remembered = stood.states;
        place
    }

    /// Returns what is to be remembered for the next time.
    fn stood(&self) -> (BTreeMap<StepId, &'static str>, States) {
        let mut states = self.remembered.clone();
        // What was only looked at says nothing.
        let moved = |state: &PanelState| state.scroll + state.cursor > 0 || !state.folds.is_empty();
        let now = self.states.iter().filter(|(_, state)| moved(state));
        states.extend(now.map(|(key, state)| (*key, state.clone())));
        (self.expected.clone(), states)
    }

    /// Takes what is remembered of a panel that is seen for the first time; of one that is about an answer only the
    /// folds, and once there is one.
    fn recall(&mut self, panel: &'static str, sent: bool) -> bool {
        let key = (self.step, panel);
        let before = BEFORE.contains(&panel);
        if self.states.contains_key(&key) || !(before || sent) {
            return false;
        }
        let Some(mut state) = self.remembered.remove(&key) else {
            return false;
        };
        if !before {
            (state.scroll, state.cursor) = (0, 0);
        }
        self.states.insert(key, state);
        true
    }

    /// Shows a panel because the user chose it; `None` shows the most telling one.
    pub fn choose(&mut self, panel: Option<&'static str>) {
        self.chosen = panel;
        match panel {
            Some(id) if EXPECTED.contains(&id) => drop(self.expected.insert(self.step, id)),
            Some("request" | "inputs") | None => drop(self.expected.remove(&self.step)),
            Some(_) => {}
        }
    }

    /// Shows a step that is come to for the first time, and can be sent, as it was left the last time.
    fn meet(&mut self, session: &Session) {
        let first = self.chosen.is_none() && self.unseen.contains(&self.step);
        if first && session.status(self.step) == Status::Ready {
            self.unseen.remove(&self.step);
            self.chosen = self.expected.get(&self.step).copied();
        }
    }

    /// Goes back to where a row led away from.
    pub fn go_back(&mut self) {
        if let Some(jump) = self.jump.take() {
            let (step, panel) = jump.from;
            self.go(step);
            self.attempt = None;
            self.choose(Some(panel));
        }
    }

    /// Goes to a step, where the most telling panel is shown.
    pub fn go(&mut self, step: StepId) {
        if self.step != step {
            self.step = step;
            self.attempt = None;
        }
        self.chosen = None;
    }
}

/// What lies over the walk, and how it is looked at.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Screen {
    /// The list or page over the walk.
    pub overlay: Option<Overlay>,
    /// What was understood of a source, on the page that shows it before it is kept.
    pub import: Option<Box<Import>>,
    /// The check of the page for it.
    pub check: Checkup,
    /// What the palette offers, while it is open.
    pub palette: Option<Box<Palette>>,
    /// What lies under it, what Esc comes back to first at the end.
    pub beneath: Vec<Overlay>,
    /// The first of two keys, while the second is waited for.
    pub prefix: Option<Key>,
    /// What is asked before something is lost.
    pub ask: Option<Ask>,
    /// The text that is being edited.
    pub editor: Option<Editor>,
    /// Whether the keys are on the rail.
    pub rail: bool,
    /// Whether the panel is alone.
    pub zoom: bool,
    /// How secrets are masked.
    pub masking: Masking,
    /// Whether the log is that of the walk.
    pub log_whole: bool,
    /// Whether the walk is played along the diagram, and when it goes on.
    pub play: Option<Play>,
    /// How fast: the place in [`PACES`].
    pub pace: usize,
    /// The theme to go back to, while others are tried.
    pub trying: Option<String>,
    /// How wide the rail and the notes are.
    pub widths: layout::Widths,
    /// The bar that the mouse holds.
    pub held: Option<Bar>,
    /// What the log shows; everything where there is none.
    pub filter: Option<Filter>,
    /// What the last key came to; gone with the next.
    pub toast: Option<Toast>,
    /// Whose notice has been followed by such a sentence, and how much had happened there: it does not come back.
    pub followed: Option<(OpenId, usize)>,
}

/// The walk is played.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Play {
    /// When the next message comes.
    pub next: Timestamp,
}

/// How many milliseconds a message is looked at, from slow to fast.
pub const PACES: &[i64] = &[2000, 1000, 500, 250];

/// A sentence about the last key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Toast {
    /// Whether it is bad news.
    pub bad: bool,
    /// The sentence.
    pub says: String,
}

/// A question of the screen's own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ask {
    /// The question.
    pub says: String,
    /// What a yes does.
    pub then: Then,
}

/// What a yes does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Then {
    /// Leaves.
    Quit,
    /// Deletes a profile.
    Delete(String),
    /// Opens the editor again on the file of a profile that has mistakes.
    EditAgain(String),
}

/// What is being typed.
pub struct Editor {
    /// What it is for.
    pub purpose: Purpose,
    /// What it is typed into.
    pub taking: Taking,
    /// What was wrong with it, or what was done to a paste.
    pub says: Option<String>,
    /// Which of the words that are offered the cursor is on.
    pub pick: usize,
    /// What the rows remembered before something was looked for in them.
    pub before: Option<PanelState>,
}

/// What a text is typed for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// A field of the profile.
    Field(FieldPath),
    /// A text to find.
    Find,
    /// Which entries of the log are shown.
    Filter,
    /// The redirect that the browser ended on.
    Redirect,
    /// A token or code that the user has.
    Existing(Artifact),
    /// What a new profile begins with.
    Template,
    /// The name of a new profile from that template.
    Create(&'static str),
    /// The name of a copy of that profile.
    Duplicate(String),
    /// Another name for that profile.
    Rename(String),
    /// The name to save the built-in profile under.
    SaveAs,
    /// Where a profile is to be made from: a file, an address, or the text itself as a paste.
    Import,
    /// The name to keep what was understood under.
    Keep,
    /// The file for the trace.
    Trace,
    /// What the palette is to find.
    Palette,
}

/// How a value is taken.
pub enum Taking {
    /// By typing.
    Typed(Box<Input>),
    /// By choosing; the first word is empty and takes the field back.
    Chosen {
        /// The words.
        words: Vec<&'static str>,
        /// Which one.
        at: usize,
        /// What was typed of its name.
        typed: String,
    },
}

/// What the cursor is on: found once after every change, so that asking costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Under {
    /// How many rows there are.
    pub rows: usize,
    /// The field of the row.
    pub field: Option<FieldPath>,
    /// Where the row leads.
    pub goes: Option<Goes>,
    /// The finding that speaks of it, by its index at the step.
    pub finding: Option<usize>,
    /// Whether the row is a heading.
    pub heading: bool,
    /// Whether it is one whose rows are hidden.
    pub folded: bool,
    /// Whether something can be folded.
    pub foldable: bool,
}

/// Where keys go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Context {
    /// To the walk.
    Walk,
    /// To a list or page over it.
    Overlay,
    /// To the list of profiles.
    Profiles,
    /// To a question.
    Question,
    /// Into a text.
    Field,
}

impl Context {
    /// Every context.
    pub const ALL: [Self; 5] = [
        Self::Walk,
        Self::Overlay,
        Self::Profiles,
        Self::Question,
        Self::Field,
    ];
}

/// All that is known on the screen's side.
pub struct Model {
    /// The profiles that were visited; never empty.
    pub open: Vec<Opened>,
    /// Which of them is shown.
    pub current: usize,
    /// What lies over the walk.
    pub screen: Screen,
    /// The profiles to choose from.
    pub profiles: Vec<ProfileEntry>,
    /// What the lab can be told to do wrong.
    pub faults: Vec<FaultEntry>,
    /// Columns and lines.
    pub size: (u16, u16),
    /// Which keys do what.
    pub keys: Keymap,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// How things look.
    pub look: Look,
    /// The theme's name.
    pub theme: String,
    /// Whether the user chose it.
    pub theme_chosen: bool,
    /// The themes there are.
    pub shelf: Shelf,
    /// What is wrong with the configuration.
    pub warnings: Vec<String>,
    /// What the environment says of proxies.
    pub proxies: Environment,
    /// The ways by which a copied text can leave.
    pub ways: Ways,
    /// Profiles' files that were changed in an editor and cannot be saved as they are, by name.
    pub drafts: BTreeMap<String, Draft>,
    /// What the cursor is on.
    pub under: Under,
    /// Now, as of the last message.
    pub now: Timestamp,
    /// What masks what is drawn.
    pub mask: Mask,
    /// What was asked of the world outside and has not come yet, the oldest first.
    pub awaited: Vec<Awaited>,
    kept: Kept,
    next_id: u64,
    /// Where the user stood in each profile the last time.
    places: Places,
}

impl Model {
    /// Makes the model of the first frame.
    pub fn new(start: Start, size: (u16, u16), now: Timestamp) -> Self {
        let (theme, mistakes) = start.shelf.load(&start.theme);
        let mut warnings = start.warnings;
        warnings.extend(mistakes.iter().map(ToString::to_string));
        let mut opened = Opened::new(OpenId(0), start.session, start.has_file, start.problems);
        let stood = start.places.of(&opened.saved.name);
        if let Some(stood) = stood.filter(|_| !opened.session.archived) {
            opened.recall(stood.clone());
        }
        let mut model = Self {
            open: vec![opened],
            current: 0,
            screen: Screen {
                masking: if start.share {
                    Masking::Shared
                } else {
                    Masking::default()
                },
                ..Screen::default()
            },
            places: start.places,
            profiles: Vec::new(),
            faults: Vec::new(),
            size,
            keys: start.keys,
            mouse: start.mouse,
            look: Look::new(&theme, start.depth, start.glyphs),
            theme: start.shelf.listed(&start.theme).to_owned(),
            theme_chosen: start.theme_chosen,
            shelf: start.shelf,
            warnings,
            proxies: Environment::default(),
            ways: Ways::default(),
            drafts: BTreeMap::new(),
            under: Under::default(),
            now,
            mask: Mask::default(),
            awaited: Vec::new(),
            kept: Kept::default(),
            next_id: 1,
        };
        model.stand();
        let problem = model.opened().problems.first().map(ToString::to_string);
        if let Some(mut says) = model.warnings.first().cloned().or(problem) {
            match model.warnings.len() {
                0 | 1 => {}
                count => {
                    let _ = write!(says, " And {} more: {{help}} lists them.", count - 1);
                }
            }
            model.warn(says);
        }
        model
    }

    /// Returns the open profile.
    pub fn opened(&self) -> &Opened {
        &self.open[self.current]
    }

    /// Returns the open profile for change.
    pub fn opened_mut(&mut self) -> &mut Opened {
        &mut self.open[self.current]
    }

    /// Returns the session that is looked at: of the walk that is on, or of one that is over.
    pub fn session(&self) -> &Session {
        let opened = self.opened();
        opened.seen().map_or(&opened.session, |past| &past.session)
    }

    /// Returns where the user stands.
    pub fn place(&self) -> &Place {
        let opened = self.opened();
        opened.seen().map_or(&opened.place, |past| &past.place)
    }

    /// Returns where the user stands, for change.
    pub fn place_mut(&mut self) -> &mut Place {
        self.open[self.current].place_seen()
    }

    /// Tells whether a walk of this session that is over is looked at.
    pub fn in_past(&self) -> bool {
        self.opened().seen().is_some()
    }

    /// Says which walk of how many is looked at.
    pub fn which_walk(&self) -> String {
        let (this, last) = (&self.session().walk, &self.opened().session.walk);
        format!("walk {} of {}", this.number, last.number)
    }

    /// Finds an open profile by its number.
    pub fn by_id(&mut self, id: OpenId) -> Option<&mut Opened> {
        self.open.iter_mut().find(|opened| opened.id == id)
    }

    /// Opens a profile beside the others and shows it; returns its number.
    pub fn open_profile(
        &mut self,
        profile: Profile,
        has_file: bool,
        problems: Vec<Problem>,
        ink: Ink,
    ) -> OpenId {
        let flow = profile
            .text(fields::FLOW)
            .and_then(find_flow)
            .unwrap_or(flows::FLOWS[0]);
        let id = OpenId(self.next_id);
        self.next_id += 1;
        let session = Session::new(flow, profile, ink);
        let mut opened = Opened::new(id, session, has_file, problems);
        if let Some(stood) = self.places.of(&opened.saved.name) {
            opened.recall(stood.clone());
        }
        self.open.push(opened);
        self.show(self.open.len() - 1);
        id
    }

    /// Shows an open profile; each is looked at in its own way.
    pub fn show(&mut self, at: usize) {
        let posture = self.posture();
        self.opened_mut().posture = posture;
        self.current = at;
        self.stand();
    }

    fn stand(&mut self) {
        let posture = self.opened().posture;
        let screen = &mut self.screen;
        (screen.rail, screen.zoom) = (posture.rail, posture.zoom);
        screen.log_whole = posture.log_whole;
    }

    fn posture(&self) -> Posture {
        Posture {
            rail: self.screen.rail,
            zoom: self.screen.zoom,
            log_whole: self.screen.log_whole,
        }
    }

    /// Returns where the user stands in each profile that can be opened again, the one that is shown last.
    pub fn left(&self) -> Vec<(String, Stood)> {
        let named = |opened: &Opened| {
            let name = &opened.saved.name;
            let mut built_in = self.profiles.iter().filter(|entry| entry.built_in);
            let again = opened.has_file || built_in.any(|entry| entry.name == *name);
            (again && !opened.session.archived).then(|| name.clone())
        };
        let mut order: Vec<usize> = (0..self.open.len()).collect();
        order.sort_by_key(|at| *at == self.current);
        let stood = |at: usize| {
            let opened = &self.open[at];
            let here = at == self.current;
            let posture = if here { self.posture() } else { opened.posture };
            Some((named(opened)?, opened.stood(posture)))
        };
        order.into_iter().filter_map(stood).collect()
    }

    /// Tells whether the shown profile walks the lab.
    pub fn walks_the_lab(&self) -> bool {
        let on = &self.opened().session;
        on.profile.flag(fields::LAB) && !on.archived
    }

    /// Returns the ids of the faults that are on.
    pub fn faults_on(&self) -> Vec<&'static str> {
        let on = self.faults.iter().filter(|entry| entry.on);
        on.map(|entry| entry.id).collect()
    }

    /// Tells whether a fault shows in another flow only. The lab's servers are the same in all of them, and what the first
    /// flow asks of them the others ask as well.
    pub fn shows_elsewhere(&self, fault: &FaultEntry) -> bool {
        let here = self.session().flow.id.0;
        fault.flow != here && fault.flow != flows::FLOWS[0].id.0
    }

    /// Tells where keys go.
    pub fn context(&self) -> Context {
        if self.screen.editor.is_some() {
            Context::Field
        } else if self.screen.ask.is_some() || self.session().question.is_some() {
            Context::Question
        } else {
            match &self.screen.overlay {
                None => Context::Walk,
                Some(Overlay::Profiles(_)) => Context::Profiles,
                Some(_) => Context::Overlay,
            }
        }
    }

    /// Tells whether the keys are on the rail.
    pub fn on_rail(&self) -> bool {
        self.screen.rail && self.screen.overlay.is_none()
    }

    /// Tells whether the keys are on the diagram.
    pub fn on_diagram(&self) -> bool {
        let on_walk = self.context() == Context::Walk && !self.on_rail() && !self.waiting_page();
        on_walk && self.panel().id == "diagram"
    }

    /// Tells whether the log is shown.
    pub fn on_log(&self) -> bool {
        self.screen.overlay.is_none() && !self.waiting_page() && self.panel().id == "log"
    }

    /// Returns the sign-in that waits for a browser.
    pub fn waits_for_browser(&self) -> Option<(StepId, &AuthorizeRequest, &Going)> {
        browser_of(self.session())
    }

    /// Returns the step that waits until a code is entered on another device, and what belongs on the page.
    pub fn waits_for_code(&self) -> Option<(StepId, Vec<String>, String)> {
        let (lines, address) = crate::export::text::code_to_enter(self.session())?;
        let (step, _) = self.session().waiting()?;
        Some((step, lines, address))
    }

    /// Tells whether the page that waits for the browser, or for a code to be entered, is shown.
    pub fn waiting_page(&self) -> bool {
        let place = self.place();
        place.chosen.is_none()
            && (self
                .waits_for_browser()
                .is_some_and(|(step, ..)| step == place.step)
                || self.code_page())
    }

    /// Tells whether the page with the code to enter is shown.
    pub fn code_page(&self) -> bool {
        let place = self.place();
        let waits = self.waits_for_code();
        place.chosen.is_none() && waits.is_some_and(|(step, ..)| step == place.step)
    }

    /// Returns the address for the browser, of what waits or of what this step would send.
    pub fn address(&self) -> Option<String> {
        if let Some((_, asked, _)) = self.waits_for_browser() {
            return Some(asked.http.address());
        }
        if let Some((_, _, address)) = self.waits_for_code() {
            return Some(address);
        }
        match &self.session().step(self.place().step).draft {
            Some(Ok(draft)) => match &draft.request {
                Request::Browser(asked) => Some(asked.http.address()),
                Request::Http(_) => None,
            },
            _ => None,
        }
    }

    /// Returns the artifacts of this step that were handed in.
    pub fn given_here(&self) -> Vec<Artifact> {
        let session = self.session();
        let Some(step) = session.flow.step(self.place().step) else {
            return Vec::new();
        };
        let info = step.info();
        let mut artifacts: Vec<Artifact> = info.gives.iter().chain(info.needs).copied().collect();
        let needs = step.needs(&session.profile);
        artifacts.extend(
            needs
                .into_iter()
                .filter(|other| !info.needs.contains(other)),
        );
        artifacts
            .into_iter()
            .filter(|artifact| {
                session
                    .walk
                    .bag
                    .held(*artifact)
                    .is_some_and(|held| held.origin == Origin::Given)
            })
            .collect()
    }

    /// Returns the next step that is not left out.
    pub fn step_after(&self, step: StepId) -> Option<StepId> {
        let session = self.session();
        session
            .steps()
            .map(|step| step.info().id)
            .skip_while(|id| *id != step)
            .skip(1)
            .find(|id| session.skipped(*id).is_none())
    }

    /// Returns the panel that is shown.
    pub fn panel(&self) -> &'static Panel {
        let place = self.place();
        let id = match place.chosen {
            Some(id) => id,
            // What its form lacks is about to be filled in: an Enter that comes early must not open a field.
            None if self.opened().lab.is_starting() && !self.in_past() => "request",
            None => telling(self.session(), place.step),
        };
        PANELS
            .iter()
            .find(|panel| panel.id == id)
            .copied()
            .unwrap_or(PANELS[0])
    }

    /// Brings what is masked up to date; to be called after every change, before anything is looked at.
    pub fn settle_mask(&mut self) {
        let opened = &self.open[self.current];
        let session = opened.seen().map_or(&opened.session, |past| &past.session);
        let import = self.screen.import.as_deref();
        self.mask
            .settle(opened.id, session, import, &self.screen.masking);
    }

    /// Returns what masks whatever is drawn: all secrets but those that are shown, and people while the screen is shared.
    pub fn vault(&self) -> &Vault {
        self.mask.vault().unwrap_or(&self.session().vault)
    }

    /// Returns what masks a text that is shown elsewhere, in a pager or an editor: what is shown here for a time is not
    /// shown there.
    pub fn whole_mask(&self) -> &Vault {
        if self.screen.masking.is_shared() {
            self.vault()
        } else {
            &self.session().vault
        }
    }

    /// Shows a text from outside: what is to be masked masked, control characters as marks.
    pub fn shown(&self, text: &str) -> String {
        visible(&self.vault().mask(text)).into_owned()
    }

    /// Tells whether anything in a text is to be masked.
    pub fn masks(&self, text: &str) -> bool {
        !self.vault().found(text).is_empty()
    }

    /// Returns where a line that is being typed is not to be seen: known secrets, the code of a redirect, and whom a
    /// parameter names while the screen is shared.
    pub fn veiled(&self, purpose: &Purpose, line: &str) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = self
            .vault()
            .found(line)
            .into_iter()
            .map(|(place, _)| place)
            .collect();
        let value = |name: &str, end: &[char]| {
            let from = line.find(name)? + name.len();
            let end = line[from..].find(end).map_or(line.len(), |at| from + at);
            Some(from..end)
        };
        match purpose {
            Purpose::Redirect if line.contains("://") || line.contains('=') => {
                places.extend(value("code=", &['&', '#']));
            }
            Purpose::Redirect => places.push(0..line.len()),
            // Behind the name of a file, or the address of a document, anything may be a secret.
            Purpose::Import => {
                let from = line.find(|c: char| c.is_whitespace() || matches!(c, '?' | '='));
                places.extend(from.map(|from| from + 1..line.len()));
            }
            Purpose::Field(field) if self.screen.masking.is_shared() => {
                let name = line.split('=').next().unwrap_or_default().trim();
                if *field == fields::ACTOR_ISSUER_SUBJECT {
                    places.push(0..line.len());
                } else if field.field().kind == profile::Kind::Map && personal(name).is_some() {
                    places.extend(value("=", &[]));
                }
            }
            _ => {}
        }
        places
    }

    /// Returns the secrets of the row under the cursor.
    pub fn secrets_under(&self) -> BTreeSet<SecretId> {
        let (width, _) = layout::rows_area(self);
        let rows = self.rows(width);
        let row = rows.get(self.rows_state().cursor);
        row.map(|row| row.secrets(&self.session().vault))
            .unwrap_or_default()
    }

    /// Returns what panels look at.
    pub fn cx(&self, width: u16) -> Cx<'_> {
        Cx {
            session: self.session(),
            step: self.place().step,
            now: self.now,
            vault: self.vault(),
            glyphs: self.look.glyphs,
            width,
            log_whole: self.screen.log_whole,
            attempt: self.place().attempt,
        }
    }

    /// Returns the rows that keys move over: of the overlay, or of the panel.
    pub fn rows(&self, width: u16) -> Arc<Vec<Row>> {
        match &self.screen.overlay {
            Some(overlay) => Arc::new(overlays::rows(overlay, self, width)),
            None if self.waiting_page() => Arc::default(),
            None => self.kept_rows(width),
        }
    }

    /// Returns the rows of the panel that is shown, whatever lies over it; laid out only if something in them changed.
    pub fn kept_rows(&self, width: u16) -> Arc<Vec<Row>> {
        self.kept.rows(self, width)
    }

    /// Returns which rows have what is looked for; looked for again only in other rows, or for something else. Of a list
    /// that has nothing else left, every entry.
    pub fn matches(&self, rows: &Arc<Vec<Row>>) -> Arc<Vec<usize>> {
        if let Some(wanted) = self.wanted() {
            return Arc::new(if wanted.is_empty() {
                Vec::new()
            } else {
                entries(rows)
            });
        }
        self.kept.matches(rows, &self.rows_state().query)
    }

    /// Returns the words by which a list that lists fewer does so; `None` where a text is only looked for.
    pub fn wanted(&self) -> Option<Wanted> {
        let overlay = self.screen.overlay.as_ref()?;
        overlay
            .lists_fewer()
            .then(|| Wanted::new(&overlay.state().query))
    }

    /// Returns the rows of a panel, with what the rules found lit.
    pub fn panel_rows(&self, panel: &Panel, width: u16) -> Vec<Row> {
        let cx = self.cx(width);
        let mut rows = match &self.screen.filter {
            Some(filter) if panel.id == log::PANEL.id => log::filtered(&cx, Some(filter)),
            _ => (panel.rows)(&cx),
        };
        if panel.id != "findings" {
            light(&cx, &mut rows);
        }
        rows
    }

    /// Returns what those rows remember.
    pub fn rows_state(&self) -> &PanelState {
        static BLANK: std::sync::LazyLock<PanelState> =
            std::sync::LazyLock::new(PanelState::default);
        match &self.screen.overlay {
            Some(overlay) => overlay.state(),
            None => self
                .place()
                .states
                .get(&(self.place().step, self.panel().id))
                .unwrap_or(&BLANK),
        }
    }

    /// Returns what those rows remember, for change.
    pub fn rows_state_mut(&mut self) -> &mut PanelState {
        let panel = self.panel().id;
        match &mut self.screen.overlay {
            Some(overlay) => overlay.state_mut(),
            None => {
                let place = self.open[self.current].place_seen();
                place.states.entry((place.step, panel)).or_default()
            }
        }
    }

    /// Lays the rows out and does something with what they remember, given them and how many are seen.
    pub fn over_rows<T>(&mut self, does: impl FnOnce(&mut PanelState, &[Row], usize) -> T) -> T {
        let (width, height) = layout::rows_area(self);
        self.refit(width);
        let rows = self.rows(width);
        does(self.rows_state_mut(), &rows, height)
    }

    /// Brings what the rows remember to the width that they have now.
    fn refit(&mut self, width: u16) {
        let before = self.rows_state().width;
        if before == width {
            return;
        }
        if before > 0 {
            let (before, after) = (self.rows(before), self.rows(width));
            self.rows_state_mut().refit(&before, &after);
        }
        self.rows_state_mut().width = width;
    }

    /// Looks at what is under the cursor; to be called after every change.
    pub fn look_under(&mut self, width: u16, height: usize) {
        let opened = &mut self.open[self.current];
        if opened.looking.is_none() {
            opened.place.meet(&opened.session);
        }
        let first_sight = self.screen.overlay.is_none()
            && !self
                .place()
                .states
                .contains_key(&(self.place().step, self.panel().id));
        let (panel, sent) = (
            self.panel().id,
            !self.session().step(self.place().step).attempts.is_empty(),
        );
        let recalled = first_sight && self.place_mut().recall(panel, sent);
        self.refit(width);
        let rows = self.rows(width);
        if first_sight && self.panel().id == "inputs" {
            // On the first gap, else on the first field: `e` and Enter is the way to change one.
            let first = || {
                let mut rows = rows.iter();
                (!recalled).then(|| rows.position(|row| row.field.is_some()))?
            };
            if let Some(at) = self.missing_row(&rows).or_else(first) {
                self.rows_state_mut().go_to(at, &rows, height);
            }
        }
        if first_sight && self.panel().id == "diagram" {
            self.to_arrow();
        }
        self.rows_state_mut().clamp(&rows, height);
        let state = self.rows_state();
        let row = rows.get(state.cursor);
        self.under = Under {
            rows: rows.len(),
            field: row.and_then(|row| row.field),
            goes: row.and_then(|row| row.goes),
            finding: row.and_then(|row| row.found).map(|(_, index)| index),
            heading: row.is_some_and(|row| row.heading),
            folded: is_folded(&rows, &state.folds, state.cursor),
            foldable: row.is_some_and(|row| row.heading)
                || is_folded(&rows, &state.folds, state.cursor)
                || rows.iter().any(|row| row.heading) && row.is_some_and(|row| row.depth > 0),
        };
    }

    /// Puts the cursor of the diagram on the first arrow of the step that is shown.
    pub fn to_arrow(&mut self) {
        let step = self.place().step;
        self.over_rows(|state, rows, height| {
            if let Some(at) = diagram::row_of(rows, step) {
                state.go_to(at, rows, height);
            }
        });
    }

    /// Finds the row of the first field that is missing or wrong.
    pub fn missing_row(&self, rows: &[Row]) -> Option<usize> {
        let Some(Err(blocked)) = &self.session().step(self.place().step).draft else {
            return None;
        };
        blocked.iter().find_map(|why| {
            let (crate::flow::Blocked::Missing(path) | crate::flow::Blocked::Invalid(path, _)) =
                why
            else {
                return None;
            };
            rows.iter()
                .position(|row| row.field.is_some_and(|field| field.0 == path))
        })
    }

    /// Returns the profile of the list that the cursor is on.
    pub fn picked_profile(&self) -> Option<&ProfileEntry> {
        match &self.screen.overlay {
            Some(Overlay::Profiles(state)) => overlays::profiles::at(self, state.cursor),
            _ => None,
        }
    }

    /// Tells whether Enter takes something of the overlay.
    pub fn overlay_picks(&self) -> bool {
        match &self.screen.overlay {
            Some(Overlay::Profiles(_)) => self.picked_profile().is_some(),
            Some(Overlay::Flows(_) | Overlay::Existing(_)) => true,
            Some(Overlay::Copy(items, state)) => state.cursor < items.len(),
            Some(Overlay::Walks(_)) => matches!(self.under.goes, Some(Goes::Walk(_))),
            Some(Overlay::Themes(_)) => matches!(self.under.goes, Some(Goes::Theme(_))),
            _ => false,
        }
    }

    /// Tells whether the cursor is on a field of the page with every field.
    pub fn on_page_field(&self) -> bool {
        matches!(self.screen.overlay, Some(Overlay::Profile(_)))
            && self.under.field.is_some()
            && !self.session().archived
    }

    /// Returns the name of the profile whose file an editor would be given: of the page with every field, or of the row in
    /// the list of profiles.
    pub fn file_to_edit(&self) -> Option<String> {
        match &self.screen.overlay {
            Some(Overlay::Profile(_)) => Some(self.opened().saved.name.clone()),
            Some(Overlay::Profiles(_)) => self.picked_profile().map(|entry| entry.name.clone()),
            _ => None,
        }
    }

    /// Tells whether the page with the address is shown.
    pub fn on_address_page(&self) -> bool {
        matches!(
            self.screen.overlay,
            Some(Overlay::Address(_) | Overlay::Qr(_))
        )
    }

    /// Tells whether the page with a check of the profile is shown.
    pub fn on_check_page(&self) -> bool {
        matches!(self.screen.overlay, Some(Overlay::Check(_)))
    }

    /// Tells whether the page with what was understood of a source is shown.
    pub fn on_import_page(&self) -> bool {
        matches!(self.screen.overlay, Some(Overlay::Import(_))) && self.screen.import.is_some()
    }

    /// Tells whether a check of the profile is on.
    pub fn is_checking(&self) -> bool {
        matches!(self.screen.check.state, check::State::Going(_))
    }

    /// Returns the report of the check on its page, secrets masked as they are there.
    pub fn checked_text(&self) -> Option<String> {
        match &self.screen.check.state {
            check::State::Done(preflight) if self.on_check_page() => {
                let vault = &self.session().vault;
                let lines = preflight.text(&self.screen.check.profile);
                let masked = |line| visible(&vault.mask(line)).into_owned() + "\n";
                Some(lines.lines().map(masked).collect())
            }
            _ => None,
        }
    }

    /// Tells whether a text of several lines is edited.
    pub fn edits_long_text(&self) -> bool {
        matches!(
            &self.screen.editor,
            Some(Editor {
                taking: Taking::Typed(input),
                ..
            }) if input.is_long()
        )
    }

    /// Returns the words that are offered while `agent.scope` or `api.tool` is typed, or why there are none; `None`
    /// elsewhere.
    pub fn offered(&self) -> Option<Result<Vec<String>, String>> {
        let editor = self.screen.editor.as_ref()?;
        let session = self.session();
        match editor.purpose {
            Purpose::Field(fields::AGENT_SCOPE) => {
                Some(scopes::offered(&session.profile, &session.walk.bag))
            }
            Purpose::Field(fields::API_TOOL) => {
                let step = steps::MCP_TOOLS.info().id;
                let has = session.flow.step(step).is_some();
                let made = || session.step(step).last().map_or(&[][..], |last| &last.made);
                has.then(|| steps::listed_tools(made()))
            }
            _ => None,
        }
    }

    /// Tells whether a word is chosen.
    pub fn edits_choice(&self) -> bool {
        matches!(
            &self.screen.editor,
            Some(Editor {
                taking: Taking::Chosen { .. },
                ..
            })
        )
    }

    /// Tells whether the palette takes what is typed.
    pub fn in_palette(&self) -> bool {
        let editor = self.screen.editor.as_ref();
        editor.is_some_and(|editor| editor.purpose == Purpose::Palette)
    }

    /// Puts keys into a sentence that names actions, for `{walk}` the walk that is looked at, and for `{query}` what is
    /// looked for.
    pub fn spoken(&self, says: &str) -> String {
        self.keys
            .spoken(&says.replace("{walk}", &self.which_walk()))
            .replace("{query}", &self.rows_state().query)
    }

    /// Says a sentence about the last key; an action in braces stands for its key.
    pub fn say(&mut self, says: impl Into<String>) {
        self.screen.followed = Some(self.so_far());
        self.screen.toast = Some(Toast {
            bad: false,
            says: self.spoken(&says.into()),
        });
    }

    /// Says a bad sentence about the last key; an action in braces stands for its key.
    pub fn warn(&mut self, says: impl Into<String>) {
        self.screen.toast = Some(Toast {
            bad: true,
            says: self.spoken(&says.into()),
        });
    }

    /// Returns which profile is open and how much has happened in its session.
    pub fn so_far(&self) -> (OpenId, usize) {
        (self.opened().id, self.session().journal().len())
    }

    /// Gives the shown session a command; to be followed by what it asks for. A walk that is over takes none.
    pub fn command(&mut self, command: Command, ink: Ink) -> Vec<super::update::Effect> {
        if self.in_past() {
            self.warn(OVER);
            return Vec::new();
        }
        let opened = self.opened_mut();
        let id = opened.id;
        let effects = opened.session.command(command, ink);
        // A step that the walk has no more gives way to the one that is next.
        if !opened.session.has_step(opened.place.step)
            && let Some(next) = opened.session.next_step(None)
        {
            opened.place.go(next);
        }
        effects
            .into_iter()
            .map(|effect| super::update::Effect::Session(id, effect))
            .collect()
    }

    /// Returns when the screen must be drawn again although nothing happens: while something is awaited or played,
    /// while a secret is shown, and while something that is shown ends within two minutes.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let next = self.screen.play.map(|play| play.next);
        let shown = self
            .screen
            .masking
            .next_end()
            .map(|end| end.min(self.next_second()));
        let word = awaited::next_word(self);
        let all = next.into_iter().chain(shown).chain(word);
        all.chain(self.ticks_at()).min()
    }

    fn next_second(&self) -> Timestamp {
        Timestamp(self.now.0 - self.now.0.rem_euclid(1000) + 1000)
    }

    /// Returns when the next countdown changes.
    fn ticks_at(&self) -> Option<Timestamp> {
        let next_second = self.next_second();
        let session = self.session();
        if session.waiting().is_some() || self.is_checking() {
            return Some(next_second);
        }
        session
            .walk
            .bag
            .iter()
            .filter_map(|(_, held)| held.expires)
            .filter(|end| end.0.saturating_add(1000) > self.now.0)
            .map(|end| {
                let soon = Timestamp(end.0.saturating_sub(SOON));
                if soon > self.now { soon } else { next_second }
            })
            .min()
    }

    /// Hands in a token for the shown session.
    pub fn use_existing(
        &mut self,
        artifact: Artifact,
        secret: Secret,
        ink: Ink,
    ) -> Vec<super::update::Effect> {
        self.command(Command::UseExisting(artifact, secret), ink)
    }
}

/// Returns the sign-in of a session that waits for a browser.
pub fn browser_of(session: &Session) -> Option<(StepId, &AuthorizeRequest, &Going)> {
    match session.waiting()? {
        (
            step,
            going @ Going {
                what: What::Sending(_, Request::Browser(asked)),
                ..
            },
        ) if asked.login != Login::Follow => Some((step, asked, going)),
        _ => None,
    }
}

/// Why nothing can be sent from a walk that is over.
pub const OVER: &str =
    "This is {walk}, which is over; {current-walk} goes back to the one that is on.";

/// A countdown that ends within this many milliseconds is drawn every second.
const SOON: i64 = 120_000;

/// Finds a flow by its id.
pub fn find_flow(id: &str) -> Option<&'static Flow> {
    flows::FLOWS.iter().copied().find(|flow| flow.id.0 == id)
}

/// Returns the panel that tells most about a step as it stands.
fn telling(session: &Session, step: StepId) -> &'static str {
    let state = session.step(step);
    let info = session.flow.step(step).map(crate::flow::Step::info);
    let makes = |artifact| info.is_some_and(|info| info.gives.contains(&artifact));
    if state.given.iter().any(|record| makes(record.artifact)) {
        return "tokens";
    }
    let has_tokens = state
        .last()
        .is_some_and(|attempt| !attempt.tokens.is_empty());
    let suspect = matches!(state.outcome(), Some(Outcome::Suspect(_)));
    match session.status(step) {
        Status::Blocked(_) => "inputs",
        Status::Ready | Status::Interrupted | Status::Skipped(_) | Status::Waiting => "request",
        _ if state.stale => match &state.draft {
            Some(Ok(_)) => "request",
            _ => "inputs",
        },
        Status::Done if has_tokens => "tokens",
        _ if suspect => "tokens",
        _ => "answer",
    }
}
