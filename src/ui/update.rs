//! What happens on a message: the only place that changes the model.

mod away;
mod checking;
mod editing;
mod filtering;
mod finding;
mod importing;
mod masking;
mod moving;
mod palette;
mod past;
mod playing;
mod pointing;
mod profiles;
mod switching;
mod themes;
mod walking;

use crossterm::event::{KeyCode, KeyEvent, MouseEvent};

use super::{
    action::Action,
    awaited,
    away::{Errand, Text, Visit},
    copy::{self, Copied},
    hits::Hits,
    keymap::{self, Key, Meaning, Sequence},
    layout,
    model::{Ask, Context, Lab, Model, OpenId, ProfileEntry, Purpose, Taking, Then},
    overlays::{Overlay, existing},
    rows::{Goes, PanelState},
    theme::Mood,
};
use crate::{
    flow::{Ink, preflight::Preflight},
    profile::{FieldPath, FieldValue, Problem, Profile, import::Import},
    session::{self, Command, Session},
};

/// Something that happened.
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted in one piece.
    Paste(String),
    /// The mouse was pressed, dragged, let go or its wheel turned.
    Mouse(MouseEvent),
    /// The screen has so many columns and lines.
    Resize(u16, u16),
    /// The driver of a session reports.
    Session(OpenId, session::Event),
    /// The profiles on disk were asked or changed.
    Profiles(ProfilesOp, ProfilesReply),
    /// The lab of a profile has started and filled it in, or not.
    Lab(OpenId, Result<Box<Profile>, String>),
    /// A session's effect could not even be tried, and why.
    Stuck(OpenId, String),
    /// The source of this name was read for an import, or could not be, and why.
    Imported(String, Result<Import, String>),
    /// The check with this number has ended, or could not be made, and why.
    Checked(u64, Result<Preflight, String>),
    /// Another program gave the terminal back: with this text, or not well.
    Returned(Errand, Result<Text, String>),
    /// Something that was asked of the world outside came to this.
    Said {
        /// Whether it is bad news.
        bad: bool,
        /// The sentence.
        says: String,
    },
    /// The terminal told what its background is.
    Ground(Mood),
    /// Time passed while something was waited for.
    Tick,
}

/// Something to be done outside the model.
pub enum Effect {
    /// An effect of a session.
    Session(OpenId, session::Effect),
    /// Copies a text by every way that there is.
    Copy(Copied),
    /// Gives another program the terminal, and a text.
    Visit(Visit),
    /// Writes the trace of a session to a file.
    Trace {
        /// The path as it was typed.
        path: String,
        /// The session as it stands.
        session: Box<Session>,
    },
    /// Asks or changes the profiles on disk.
    Profiles(ProfilesOp),
    /// Starts the lab for a profile and fills it in.
    Lab(OpenId, Box<Profile>),
    /// Makes the lab's servers do exactly that wrong.
    Faults(Vec<&'static str>),
    /// Reads a source that a profile is to be made of: a file or an address.
    Import(String),
    /// Checks a profile over the network, and reports under this number; a check that is on is stopped.
    Check(u64, Box<Profile>),
    /// Stops the check that is on.
    StopCheck,
    /// Opens an address in a browser.
    Open(String),
    /// Writes an address to a file of the user's own.
    KeepAddress(String),
    /// Writes the name of a theme into the configuration.
    KeepTheme(String),
    /// Draws every cell anew.
    Redraw,
    /// Stops the program until the shell continues it.
    Suspend,
    /// Leaves.
    Quit,
}

/// What is asked of the profiles on disk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ProfilesOp {
    /// Which there are, the built-in lab among them.
    List,
    /// Reads one.
    Load(String),
    /// Writes edits into the file of one; `None` takes a field back.
    Save {
        /// Which.
        name: String,
        /// The edits.
        edits: Vec<(FieldPath, Option<FieldValue>)>,
    },
    /// Reads the text of one, with edits in it, for an editor; nothing is written.
    Text {
        /// Which.
        name: String,
        /// The edits.
        edits: Vec<(FieldPath, Option<FieldValue>)>,
    },
    /// Writes the text of one as an editor left it.
    Rewrite {
        /// Which.
        name: String,
        /// The text that it had; when it has another by now, nothing is written.
        base: String,
        /// The new text.
        text: String,
    },
    /// Makes a new file from the text of another with edits in it; never over a file that is there.
    SaveAs {
        /// The new name.
        name: String,
        /// The profile whose text it begins with; an empty one when none.
        from: Option<String>,
        /// The edits.
        edits: Vec<(FieldPath, Option<FieldValue>)>,
    },
    /// Makes a new, empty one.
    Create {
        /// Its name.
        name: String,
        /// The sample that it begins with; the plainest when none is named.
        template: Option<String>,
    },
    /// Makes a new one of what was understood of a source.
    Import {
        /// Its name.
        name: String,
        /// What was understood.
        import: Box<Import>,
    },
    /// Copies one.
    Duplicate {
        /// Which.
        from: String,
        /// The name of the copy.
        to: String,
    },
    /// Gives one another name.
    Rename {
        /// Which.
        from: String,
        /// The new name.
        to: String,
    },
    /// Deletes one.
    Delete(String),
}

/// What came of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ProfilesReply {
    /// The profiles there are now; the change was made.
    Done(Vec<ProfileEntry>),
    /// The profile that was read.
    Loaded {
        /// It.
        profile: Box<Profile>,
        /// Whether it has a file; the built-in lab has none.
        has_file: bool,
        /// What is wrong with the file.
        problems: Vec<Problem>,
    },
    /// The text of one.
    Text {
        /// As its file has it.
        base: String,
        /// With the edits in it.
        text: String,
    },
    /// It could not be done, and why.
    Failed(String),
}

/// Returns what is to be done once the first frame is drawn.
pub fn startup(model: &mut Model) -> Vec<Effect> {
    settle(model);
    let mut effects = vec![Effect::Profiles(ProfilesOp::List)];
    effects.extend(lab(model));
    begin_to_wait(model, &effects);
    effects
}

/// Notes what is awaited from now on.
fn begin_to_wait(model: &mut Model, effects: &[Effect]) {
    for effect in effects {
        awaited::begin(model, effect);
    }
}

/// Starts the lab of the open profile if it wants one that does not run.
fn lab(model: &mut Model) -> Option<Effect> {
    let opened = model.opened_mut();
    let wanted =
        opened.session.profile.flag(crate::profile::fields::LAB) && !opened.session.archived;
    if !wanted || opened.lab == Lab::Running {
        return None;
    }
    opened.lab = Lab::Starting;
    Some(Effect::Lab(
        opened.id,
        Box::new(opened.session.profile.clone()),
    ))
}

/// Has the lab fill the open profile in again, where it runs: its values go by flow and variant.
fn refill(model: &mut Model) -> Option<Effect> {
    let opened = model.opened_mut();
    if opened.lab == Lab::Running {
        opened.lab = Lab::Starting;
    }
    lab(model)
}

/// Takes a message; `hits` say what the last frame has where, `ink` carries the time, and randomness for a new walk.
pub fn update(model: &mut Model, msg: Msg, hits: &Hits, ink: Ink) -> Vec<Effect> {
    model.now = ink.now;
    model.screen.masking.expire(ink.now);
    awaited::end(model, &msg);
    let effects = match msg {
        Msg::Key(event) => match Key::of(&event) {
            Some(key) => pressed(model, key, ink),
            None => return Vec::new(),
        },
        Msg::Mouse(event) => pointing::taken(model, event, hits, ink),
        Msg::Paste(text) => editing::pasted(model, &text, ink),
        Msg::Resize(columns, lines) => {
            model.size = (columns, lines);
            Vec::new()
        }
        Msg::Session(id, event) => walking::reported(model, id, event, ink),
        Msg::Profiles(op, reply) => profiles::answered(model, op, reply, ink),
        Msg::Lab(id, result) => profiles::lab_started(model, id, result, ink),
        Msg::Stuck(id, says) => walking::stuck(model, id, says, ink),
        Msg::Imported(source, result) => importing::answered(model, &source, result),
        Msg::Checked(number, result) => checking::ended(model, number, result),
        Msg::Returned(errand, result) => away::returned(model, errand, result, ink),
        Msg::Said { bad, says } => {
            if bad {
                model.warn(says);
            } else {
                model.say(says);
            }
            Vec::new()
        }
        Msg::Ground(mood) => {
            themes::fit(model, mood);
            Vec::new()
        }
        Msg::Tick => {
            playing::tick(model);
            Vec::new()
        }
    };
    begin_to_wait(model, &effects);
    settle(model);
    effects
}

/// Brings cursors and what is under them up to date.
fn settle(model: &mut Model) {
    model.settle_mask();
    palette::settle(model);
    let (width, height) = layout::rows_area(model);
    model.look_under(width, height);
    themes::follow_cursor(model);
}

fn pressed(model: &mut Model, key: Key, ink: Ink) -> Vec<Effect> {
    model.screen.toast = None;
    if layout::Tier::of(model.size) == layout::Tier::Tiny {
        return unseen(model, key);
    }
    let first = model.screen.prefix;
    if first.is_some() && key == Key::plain(KeyCode::Esc) {
        model.screen.prefix = None;
        return Vec::new();
    }
    let meaning = keymap::meaning(model, key);
    model.screen.prefix = None;
    let goes_on = |action| matches!(action, Action::Play | Action::Faster | Action::Slower);
    if !matches!(&meaning, Meaning::Action(entry) if goes_on(entry.action)) {
        model.screen.play = None;
    }
    let pressed = Sequence {
        first: first.unwrap_or(key),
        then: first.map(|_| key),
    };
    match meaning {
        Meaning::Action(entry) => {
            let keys = model.keys.of(entry.action);
            let nth = keys.iter().position(|known| *known == pressed);
            return act(model, entry.action, nth.map_or(1, |at| at + 1), ink);
        }
        Meaning::Begins => model.screen.prefix = Some(key),
        Meaning::Not(why) => model.warn(why),
        Meaning::Nothing if first.is_some() => {
            model.warn(format!("No action has the keys {pressed} here."));
        }
        Meaning::Nothing => {
            if model.context() == Context::Field {
                editing::typed(model, key);
            } else {
                model.warn(keymap::idle(model, key));
            }
        }
    }
    Vec::new()
}

/// Takes a key on a screen too small to see what it would do: it leaves, or stops the program, or does nothing.
fn unseen(model: &Model, key: Key) -> Vec<Effect> {
    let is = |action: Action| model.keys.of(action).contains(&Sequence::one(key));
    if is(Action::Leave) {
        return vec![Effect::Quit];
    }
    if is(Action::Suspend) {
        return vec![Effect::Suspend];
    }
    Vec::new()
}

/// Does an action, by its key of that number; every action of the table has its place here.
fn act(model: &mut Model, action: Action, nth: usize, ink: Ink) -> Vec<Effect> {
    match action {
        Action::PasteRedirect => editing::begin(model, Purpose::Redirect),
        Action::OpenStep | Action::LeaveRail => model.screen.rail = false,
        Action::EditField | Action::EditRow => editing::begin_under(model),
        Action::Follow => moving::follow(model),
        Action::NextPlace => moving::tour(model),
        Action::NextStep => moving::next_step(model),
        Action::SendStep | Action::SendAgain => return walking::send(model, ink),
        Action::EditInputs => moving::inputs(model),
        Action::SendToEnd => return walking::send_to_end(model, ink),
        Action::Cancel => return model.command(Command::Abort, ink),
        Action::NextPanel => moving::panel(model, 1),
        Action::PreviousPanel => moving::panel(model, -1),
        Action::FindNext => finding::go(model, true),
        Action::FindPrevious => finding::go(model, false),
        Action::StopFinding => finding::stop(model),
        Action::JumpBack => model.place_mut().go_back(),
        Action::Unzoom => model.screen.zoom = false,
        Action::NewestAttempt => model.place_mut().attempt = None,
        Action::Copy => {
            let items = copy::items(model).into();
            model.screen.overlay = Some(Overlay::Copy(items, PanelState::default()));
        }
        Action::CopyNth => return copy_item(model, nth.checked_sub(1), false),
        Action::CopyToFile => return copy_item(model, None, true),
        Action::EditOutside => return away::outside(model),
        Action::EditTyped => return away::typed(model),
        Action::EditFile => return away::file(model),
        Action::Pager => return vec![Effect::Visit(copy::shown(model))],
        Action::NextPane => model.screen.rail = !model.screen.rail,
        Action::NthStep => moving::nth_step(model, nth),
        Action::StageDown => moving::stage(model, 1),
        Action::StageUp => moving::stage(model, -1),
        Action::StepDown => moving::step(model, 1),
        Action::StepUp => moving::step(model, -1),
        Action::Older => moving::attempt(model, -1),
        Action::Newer => moving::attempt(model, 1),
        Action::UseExisting => {
            model.screen.overlay = Some(Overlay::Existing(PanelState::default()));
        }
        Action::Withdraw => return walking::withdraw(model, ink),
        Action::TakeBack => return editing::take_back(model, ink),
        Action::Address => model.screen.overlay = Some(Overlay::Address(PanelState::default())),
        Action::NewWalk => return walking::new_walk(model, ink),
        Action::OlderWalk => past::step(model, -1),
        Action::NewerWalk => past::step(model, 1),
        Action::CurrentWalk => past::back(model),
        Action::Walks => past::list(model),
        Action::Profiles => {
            model.screen.overlay = Some(Overlay::Profiles(PanelState::default()));
            return vec![Effect::Profiles(ProfilesOp::List)];
        }
        Action::Profile => model.screen.overlay = Some(profiles::page()),
        Action::Flows => model.screen.overlay = Some(Overlay::Flows(PanelState::default())),
        Action::Findings => moving::findings_of_row(model),
        Action::Faults => switching::list(model),
        Action::Log => moving::log(model),
        Action::FilterLog => filtering::open(model),
        Action::StopFiltering => filtering::stop(model),
        Action::Diagram => moving::diagram(model),
        Action::ShowRequest => moving::show(model, "request"),
        Action::ShowCurl => moving::show(model, "curl"),
        Action::ShowAnswer => moving::show(model, "answer"),
        Action::ShowTokens => moving::show(model, "tokens"),
        Action::ShowHistory => moving::show(model, "history"),
        Action::Play => playing::toggle(model),
        Action::Faster => playing::pace(model, 1),
        Action::Slower => playing::pace(model, -1),
        Action::Mouse => pointing::toggle(model),
        Action::Zoom => model.screen.zoom = !model.screen.zoom,
        Action::Reveal => masking::reveal(model),
        Action::MaskAll => masking::mask_all(model),
        Action::WriteTrace => editing::begin(model, Purpose::Trace),
        Action::NextTheme => themes::next(model),
        Action::Themes => themes::open(model),
        Action::Quit => return quit(model),
        Action::Down => moving::by(model, 1),
        Action::Up => moving::by(model, -1),
        Action::HalfDown => moving::half_page(model, 1),
        Action::HalfUp => moving::half_page(model, -1),
        Action::PageDown => moving::page(model, 1),
        Action::PageUp => moving::page(model, -1),
        Action::Top => moving::by(model, isize::MIN),
        Action::Bottom => moving::by(model, isize::MAX),
        Action::Fold | Action::Unfold => moving::fold(model),
        Action::FoldAround => moving::fold_around(model),
        Action::Palette => palette::open(model),
        Action::EntryUp => palette::step(model, -1),
        Action::EntryDown => palette::step(model, 1),
        Action::Find => editing::begin(model, Purpose::Find),
        Action::ImportProfile => editing::begin(model, Purpose::Import),
        Action::KeepImport => editing::begin(model, Purpose::Keep),
        Action::CreateProfile => editing::begin(model, Purpose::Template),
        Action::DuplicateProfile => profiles::duplicate(model),
        Action::RenameProfile => profiles::rename(model),
        Action::DeleteProfile => profiles::ask_to_delete(model),
        Action::EditProfile => return profiles::open(model, true),
        Action::Pick => return pick(model, ink),
        Action::SwitchFault => return switching::switch_under(model),
        Action::WriteAddress => {
            return model
                .address()
                .map(Effect::KeepAddress)
                .into_iter()
                .collect();
        }
        Action::Ledger => model.screen.overlay = Some(Overlay::Ledger(PanelState::default())),
        Action::ExplainStep => model.screen.overlay = Some(Overlay::Explain(PanelState::default())),
        Action::Handoff => model.screen.overlay = Some(Overlay::Handoff(PanelState::default())),
        Action::QrCode => model.screen.overlay = Some(Overlay::Qr(PanelState::default())),
        Action::CopyPage if matches!(model.screen.overlay, Some(Overlay::Copy(..))) => {
            return copy_item(model, None, false);
        }
        Action::CopyPage | Action::CopyAddress => {
            return copy::page(model).map(Effect::Copy).into_iter().collect();
        }
        Action::OpenAddress | Action::StartBrowser => {
            return model.address().map(Effect::Open).into_iter().collect();
        }
        Action::CheckProfile | Action::CheckAgain => return checking::begin(model),
        Action::Close => return checking::close(model),
        Action::Yes => return yes(model, ink),
        Action::No => return no(model, ink),
        Action::Accept | Action::AcceptText => return editing::accept(model, ink),
        Action::NewLine => editing::new_line(model),
        Action::ChoiceUp => editing::choose(model, -1),
        Action::ChoiceDown => editing::choose(model, 1),
        Action::PickUp => editing::pick(model, -1),
        Action::PickDown => editing::pick(model, 1),
        Action::PickToggle => editing::toggle_pick(model),
        Action::Discard => editing::discard(model),
        Action::Save => return profiles::save(model),
        Action::Help => palette::help(model),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Leave => return vec![Effect::Quit],
    }
    Vec::new()
}

/// Takes what the cursor of a list is on.
fn pick(model: &mut Model, ink: Ink) -> Vec<Effect> {
    let Some(overlay) = &model.screen.overlay else {
        return Vec::new();
    };
    let cursor = overlay.state().cursor;
    match overlay {
        Overlay::Profiles(_) => return profiles::open(model, false),
        Overlay::Flows(_) => {
            let goes = model.under.goes;
            model.screen.overlay = None;
            if let Some(Goes::Flow(at)) = goes {
                return walking::choose_flow(model, at, ink);
            }
        }
        Overlay::Copy(..) => return copy_item(model, None, false),
        Overlay::Walks(_) => past::pick(model),
        Overlay::Themes(_) => return themes::keep(model),
        Overlay::Existing(_) => {
            if let Some(artifact) = existing::artifacts(model).get(cursor).copied() {
                editing::begin(model, Purpose::Existing(artifact));
            }
        }
        Overlay::Help(..)
        | Overlay::Faults(_)
        | Overlay::Palette(_)
        | Overlay::Rule(..)
        | Overlay::Address(_)
        | Overlay::Qr(_)
        | Overlay::Ledger(_)
        | Overlay::Handoff(_)
        | Overlay::Explain(_)
        | Overlay::Profile(_)
        | Overlay::Check(_)
        | Overlay::Import(_) => {}
    }
    let _ = ink;
    Vec::new()
}

/// Copies what the cursor of the copy menu is on, or what stands at a place of it; what came of it is said once it is known.
fn copy_item(model: &mut Model, nth: Option<usize>, to_file: bool) -> Vec<Effect> {
    let Some(Overlay::Copy(items, state)) = &model.screen.overlay else {
        return Vec::new();
    };
    let Some(item) = items.get(nth.unwrap_or(state.cursor)) else {
        model.warn("The copy menu has no such number.");
        return Vec::new();
    };
    let taken = copy::take(model, item);
    model.screen.overlay = None;
    match taken {
        Some(copied) => vec![Effect::Copy(Copied { to_file, ..copied })],
        None => {
            // The walk has gone on beneath the menu.
            model.warn("It is there no more, so nothing was copied.");
            Vec::new()
        }
    }
}

fn quit(model: &mut Model) -> Vec<Effect> {
    let unsaved = !model.drafts.is_empty() || model.open.iter().any(super::model::Opened::is_dirty);
    let of = |opened: &super::model::Opened| {
        opened.past.len() + usize::from(opened.session.has_results())
    };
    let says = match (unsaved, model.open.iter().map(of).sum()) {
        (false, 0) => return vec![Effect::Quit],
        (true, 0) => "Leave? Edits of the profile are not saved.",
        (true, 1) => "Leave? Edits are not saved, and the walk with what came is lost then.",
        (false, 1) => "Leave? The walk with what came is lost then.",
        (true, _) => "Leave? Edits are not saved, and the walks with what came are lost then.",
        (false, _) => "Leave? The walks with what came are lost then.",
    };
    model.screen.ask = Some(Ask {
        says: says.to_owned(),
        then: Then::Quit,
    });
    Vec::new()
}

fn yes(model: &mut Model, ink: Ink) -> Vec<Effect> {
    match model.screen.ask.take() {
        None => walking::followed(model, Command::Confirm, ink),
        Some(ask) => match ask.then {
            Then::Quit => vec![Effect::Quit],
            Then::Delete(name) => vec![Effect::Profiles(ProfilesOp::Delete(name))],
            Then::EditAgain(name) => away::again(model, name),
        },
    }
}

fn no(model: &mut Model, ink: Ink) -> Vec<Effect> {
    if let Some(ask) = model.screen.ask.take() {
        if matches!(ask.then, Then::EditAgain(_)) {
            model.say(
                "It is not saved; {edit-file} goes on with your text while this program runs.",
            );
        }
        return Vec::new();
    }
    model.command(Command::Dismiss, ink)
}

/// Tells whether a text is being taken for that purpose.
fn typing<'a>(model: &'a Model, purpose: &Purpose) -> Option<&'a Taking> {
    let editor = model.screen.editor.as_ref()?;
    (editor.purpose == *purpose).then_some(&editor.taking)
}
