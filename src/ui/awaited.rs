//! What was asked of the world outside and has not come yet: said where it takes longer than a moment.

use super::{
    model::Model,
    update::{Effect, Msg, ProfilesOp},
};
use crate::protocol::time::{Lifetime, Timestamp};

/// What takes no longer than so many milliseconds is not worth a word.
pub const MOMENT: i64 = 200;

/// Something that is awaited.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Awaited {
    /// What is done meanwhile: `Saving acme`.
    says: String,
    /// Since when.
    since: Timestamp,
    answer: Answer,
}

/// The message that it ends with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Answer {
    Profiles,
    Lab,
    Imported,
    Said,
}

impl Answer {
    fn of(msg: &Msg) -> Option<Self> {
        Some(match msg {
            Msg::Profiles(..) => Self::Profiles,
            Msg::Lab(..) => Self::Lab,
            Msg::Imported(..) => Self::Imported,
            Msg::Said { .. } => Self::Said,
            _ => return None,
        })
    }

    /// Says how it is stopped, or what one does meanwhile; actions in braces stand for their keys.
    fn stops(self) -> &'static str {
        match self {
            Self::Imported => "{discard} stops waiting.",
            Self::Lab => "Nothing can be sent until it runs; {leave} leaves.",
            Self::Profiles | Self::Said => "Go on meanwhile; {leave} leaves.",
        }
    }
}

/// Begins to wait for what an effect asks for.
pub fn begin(model: &mut Model, effect: &Effect) {
    let (answer, says) = match effect {
        Effect::Profiles(op) => (Answer::Profiles, of_profiles(op)),
        Effect::Lab(..) => (Answer::Lab, "Starting the lab".to_owned()),
        Effect::Import(source) => (Answer::Imported, format!("Reading {source}")),
        Effect::Trace { path, .. } => (Answer::Said, format!("Writing the walk to {path}")),
        Effect::KeepAddress(_) => (Answer::Said, "Writing the address to a file".to_owned()),
        Effect::KeepTheme(_) => (Answer::Said, "Keeping the theme".to_owned()),
        Effect::Open(_) => (Answer::Said, "Starting a browser".to_owned()),
        Effect::Copy(copied) => (Answer::Said, format!("Copying {}", copied.title)),
        // Steps and checks say it where they stand, and the others take no time.
        Effect::Session(..)
        | Effect::Visit(_)
        | Effect::Faults(_)
        | Effect::Check(..)
        | Effect::StopCheck
        | Effect::Redraw
        | Effect::Suspend
        | Effect::Quit => return,
    };
    let since = model.now;
    model.awaited.push(Awaited {
        says,
        since,
        answer,
    });
}

/// Ends the wait that a message answers; of several alike the oldest.
pub fn end(model: &mut Model, msg: &Msg) {
    let answer = Answer::of(msg);
    let at = model
        .awaited
        .iter()
        .position(|one| Some(one.answer) == answer);
    if let Some(at) = at {
        model.awaited.remove(at);
    }
}

/// Says what has been awaited for longest, for how long, and how to stop it; nothing before a moment has passed.
pub fn says(model: &Model) -> Option<String> {
    let one = model.awaited.first()?;
    let shown = model.now.0 - one.since.0 >= MOMENT;
    shown.then(|| {
        let stops = model.keys.spoken(one.answer.stops());
        format!("{}{}. {stops}", one.says, so_far(one.since, model.now))
    })
}

/// Returns when the sentence changes next.
pub fn next_word(model: &Model) -> Option<Timestamp> {
    let since = model.awaited.first()?.since;
    let moment = Timestamp(since.0 + MOMENT);
    let seconds = (model.now.0 - since.0) / 1000 + 1;
    let second = Timestamp(since.0 + seconds * 1000);
    Some(if model.now < moment { moment } else { second })
}

/// Says for how long something has been awaited, from a second on: `: 3 s so far`.
pub fn so_far(since: Timestamp, now: Timestamp) -> String {
    match (now.0 - since.0) / 1000 {
        ..=0 => String::new(),
        seconds => format!(": {} so far", Lifetime::from_secs(seconds)),
    }
}

fn of_profiles(op: &ProfilesOp) -> String {
    match op {
        ProfilesOp::List => "Reading the profiles".to_owned(),
        ProfilesOp::Load(name) | ProfilesOp::Text { name, .. } => format!("Reading {name}"),
        ProfilesOp::Save { name, .. }
        | ProfilesOp::Rewrite { name, .. }
        | ProfilesOp::SaveAs { name, .. }
        | ProfilesOp::Create { name, .. }
        | ProfilesOp::Import { name, .. }
        | ProfilesOp::Duplicate { to: name, .. } => format!("Saving {name}"),
        ProfilesOp::Rename { from, .. } => format!("Renaming {from}"),
        ProfilesOp::Delete(name) => format!("Deleting {name}"),
    }
}
