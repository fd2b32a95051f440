//! What a check of the profile finds: the rows of `jagwalk check`, or how far it is.

use crate::{
    flow::preflight::{Checked, Grade, Preflight},
    protocol::time::{Lifetime, Timestamp},
    ui::{
        model::Model,
        rows::{Cx, Row, wrap},
        theme::Role,
    },
};

/// A check of a profile.
#[derive(Debug, Default)]
pub struct Checkup {
    /// Its number: the answer to an older one changes nothing.
    pub number: u64,
    /// The name of the profile.
    pub profile: String,
    /// How far it is.
    pub state: State,
}

/// How far a check is.
#[derive(Debug, Default)]
pub enum State {
    /// None was made, or it was stopped.
    #[default]
    Idle,
    /// It is on, since then.
    Going(Timestamp),
    /// It found this.
    Done(Preflight),
    /// It could not be made, and why.
    Failed(String),
}

/// Returns what was found, by party, with the count at the end.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let cx = model.cx(width);
    let check = &model.screen.check;
    let preflight = match &check.state {
        State::Idle => return Vec::new(),
        State::Going(since) => {
            let since = match (model.now.0 - since.0) / 1000 {
                ..=0 => String::new(),
                seconds => format!(" {}.", Lifetime::from_secs(seconds)),
            };
            let name = cx.text(&check.profile);
            let stops = model.keys.spoken("{close} stops.");
            let says = format!("Checking {name} {}{since} {stops}", cx.glyphs.cut);
            return wrap(vec![Row::text(Role::StepWaiting, says)], width);
        }
        State::Failed(says) => {
            return wrap(vec![Row::text(Role::FindingError, cx.text(says))], width);
        }
        State::Done(preflight) => preflight,
    };
    let mut rows = vec![Row::text(Role::Strong, cx.text(&check.profile))];
    for (heading, own) in preflight.groups() {
        rows.push(Row::heading(cx.glyphs, 0, heading));
        for check in own {
            rows.extend(checked(&cx, check));
        }
    }
    rows.push(Row::blank());
    rows.push(Row::text(Role::Muted, preflight.summary()));
    wrap(rows, width)
}

/// The words of the grades are padded to this, as on the command line.
const PAD: usize = 11;

fn checked(cx: &Cx, check: &Checked) -> Vec<Row> {
    let mut rows = said(cx, role(check.grade), check.grade.id(), &check.says);
    if let (Some(expected), Some(got)) = (&check.expected, &check.got) {
        for (name, text) in [("expected", expected), ("received", got)] {
            rows.extend(said(cx, Role::Muted, name, text));
        }
    }
    rows
}

/// A word and a sentence; what goes on stands under where the sentence began.
fn said(cx: &Cx, role: Role, word: &str, says: &str) -> Vec<Row> {
    let lead = PAD + 4;
    let room = cx
        .width
        .saturating_sub(u16::try_from(lead).unwrap_or(0))
        .max(8);
    let lines = wrap(vec![Row::text(Role::Text, cx.text(says))], room);
    let copy = cx.copy(word, says);
    let row = |(index, line): (usize, Row)| {
        let word = if index == 0 { word } else { "" };
        let mut spans = vec![(role, format!("{word:<PAD$}  "))];
        spans.extend(line.spans);
        Row::new(spans).at_depth(1).copying(copy.clone())
    };
    lines.into_iter().enumerate().map(row).collect()
}

fn role(grade: Grade) -> Role {
    match grade {
        Grade::Ok => Role::StepDone,
        Grade::Note => Role::FindingNote,
        Grade::Unknown => Role::SignatureUnchecked,
        Grade::Finding => Role::FindingError,
        Grade::Unreachable => Role::StepFailed,
    }
}
