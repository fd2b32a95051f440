//! What stays in the scrollback once the screen is left: one line on how far the walk came.

use std::{fmt, iter};

use super::{
    model::{Model, Opened},
    rail::cut,
    theme::Glyphs,
};
use crate::{
    flow::StepId,
    lint::verdict::Judgement,
    profile::fields,
    protocol::visible::visible,
    session::{Outcome, Session, Status, headless::ended_at, people::people},
};

/// Returns the line for the walk that is shown, else for the one opened last of which a step was sent; `None` where
/// nothing was.
pub fn farewell(model: &Model) -> Option<String> {
    let sessions = iter::once(model.opened())
        .chain(model.open.iter().rev())
        .filter_map(newest);
    let session = sessions.into_iter().next()?;
    let shared = model.screen.masking.is_shared();
    Some(line(
        session,
        shared,
        // The shell breaks a longer line, and whose side it is on stands at its end.
        usize::from(model.size.0).max(LINE),
        model.look.glyphs,
    ))
}

/// The newest walk of a profile of which a step was sent; of a stored trace there is none.
fn newest(opened: &Opened) -> Option<&Session> {
    let past = || opened.past.iter().rev().map(|past| &past.session);
    let on = Some(&opened.session).filter(|session| session.has_results());
    on.or_else(|| past().find(|session| session.was_sent()))
}

/// Says in one line of so many columns which walk it is, how far it came, and whose side it is on; masked, whatever the
/// screen shows, and of people too when it was shared.
pub fn line(session: &Session, shared: bool, width: usize, glyphs: &Glyphs) -> String {
    let profile = &session.profile;
    let title = profile
        .text(fields::TITLE)
        .filter(|title| !title.is_empty())
        .unwrap_or(&profile.name);
    let parts =
        [session.flow.id.0, title, &stands(session).to_string()].join(&format!(" {} ", glyphs.dot));
    let vault = &session.vault;
    let says = format!("jagwalk: {parts}");
    let masked = if shared {
        vault.with_people(&people(session, [])).mask(&says)
    } else {
        vault.mask(&says)
    };
    let line = cut(&visible(&masked), width, glyphs);
    if glyphs != Glyphs::ASCII {
        return line;
    }
    let mut bytes = [0; 4];
    line.chars()
        .map(|c| {
            let own = c.encode_utf8(&mut bytes);
            Glyphs::stand_in(own).map_or_else(|| own.to_owned(), str::to_owned)
        })
        .collect()
}

/// A line of so many columns is not cut, however narrow the screen was.
const LINE: usize = 240;

/// How far a walk came, and why no further.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stands {
    /// How far, and where it stopped.
    pub came: String,
    /// Why there; empty where nothing is known or needed.
    pub why: String,
    /// Whose side it is on, in parentheses; empty where nothing is wrong.
    pub side: String,
}

impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.came)?;
        if !self.why.is_empty() {
            write!(f, ": {}", self.why)?;
        }
        if !self.side.is_empty() {
            write!(f, " {}", self.side)?;
        }
        Ok(())
    }
}

/// Returns the step that a walk failed at: a server refused it, we refused the answer, or nobody answered.
pub fn failed_at(session: &Session) -> Option<StepId> {
    let last = session.steps().last()?.info().id;
    let failed = |step: &StepId| {
        let status = session.status(*step);
        matches!(
            status,
            Status::Refused | Status::Failed | Status::Unreachable
        )
    };
    ended_at(session, last).filter(failed)
}

/// Tells how far a walk came, with its steps named as the rail names them.
pub fn stands(session: &Session) -> Stands {
    let named = |step: StepId| {
        session
            .flow
            .step(step)
            .map_or(step.0, |step| step.info().short)
    };
    let came = |came: String| Stands {
        came,
        ..Stands::default()
    };
    if let Some((step, _)) = session.waiting() {
        return came(format!("{}, waiting at {}", counted(session), named(step)));
    }
    let last = session.steps().last().map(|step| step.info().id);
    let stop = last.and_then(|last| ended_at(session, last));
    let why = |step| match session.step(step).outcome() {
        Some(Outcome::Refused(error)) => error.error.clone().or_else(|| {
            let status = error.status?;
            Some(format!("status {status}"))
        }),
        Some(Outcome::Failed(reasons)) => reasons.first().cloned(),
        Some(Outcome::Suspect(why)) => Some(why.clone()),
        Some(Outcome::Unreachable(failure)) => Some(failure.to_string()),
        Some(Outcome::Done | Outcome::Interrupted) | None => None,
    };
    let judged = session.verdict(None);
    let side = |judged: &Judgement, at: StepId| {
        let (owner, sure) = (judged.owner.name(), judged.confidence.id());
        if judged.step == at {
            format!("({owner}, {sure})")
        } else {
            format!("({owner}, {sure}, since {})", named(judged.step))
        }
    };
    match stop.map(|step| (step, session.status(step))) {
        Some((step, status @ (Status::Refused | Status::Failed | Status::Unreachable))) => {
            let why = why(step).unwrap_or_default();
            Stands {
                came: format!("{} at {}", status.id(), named(step)),
                why: why.trim_end_matches('.').to_owned(),
                side: judged.map_or_else(String::new, |judged| side(&judged, step)),
            }
        }
        Some((step, Status::Interrupted)) => came(format!(
            "{}, cancelled at {}",
            counted(session),
            named(step)
        )),
        Some((step, Status::Blocked(blocked))) => {
            let why = blocked.first().map(ToString::to_string);
            Stands {
                why: why.unwrap_or_default(),
                ..came(format!("{}, blocked at {}", counted(session), named(step)))
            }
        }
        // What was found although every answer was good.
        _ => match judged {
            Some(judged) => {
                let what = judged.code.map_or("a finding", |code| code.0);
                let at = named(judged.step);
                Stands {
                    side: side(&judged, judged.step),
                    ..came(format!("{}, but {what} at {at}", counted(session)))
                }
            }
            None => came(counted(session)),
        },
    }
}

fn counted(session: &Session) -> String {
    let (mut all, mut done, mut out) = (0, 0, 0);
    for step in session.steps() {
        let id = step.info().id;
        all += 1;
        match session.status(id) {
            Status::Done if session.step(id).is_fresh() => done += 1,
            Status::Skipped(_) => out += 1,
            _ => {}
        }
    }
    match out {
        0 => format!("{done} of {all} steps done"),
        _ => format!("{done} of {all} steps done, {out} left out"),
    }
}
