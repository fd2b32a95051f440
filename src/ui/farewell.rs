//! What stays in the scrollback once the screen is left: one line on how far the walk came.

use std::iter;

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
    let parts = [session.flow.id.0, title, &stands(session)].join(&format!(" {} ", glyphs.dot));
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

/// How far it came, and why no further.
pub fn stands(session: &Session) -> String {
    if let Some((step, _)) = session.waiting() {
        return format!("{}, waiting at {step}", counted(session));
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
    match stop.map(|step| (step, session.status(step))) {
        Some((step, status @ (Status::Refused | Status::Failed | Status::Unreachable))) => {
            let why = why(step).map_or_else(String::new, |why| {
                format!(": {}", why.trim_end_matches('.'))
            });
            let side = judged.map_or_else(String::new, |judged| side(&judged, step));
            format!("{} at {step}{why}{side}", status.id())
        }
        Some((step, Status::Interrupted)) => {
            format!("{}, cancelled at {step}", counted(session))
        }
        Some((step, Status::Blocked(blocked))) => {
            let why = blocked
                .first()
                .map_or_else(String::new, |why| format!(": {why}"));
            format!("{}, blocked at {step}{why}", counted(session))
        }
        // What was found although every answer was good.
        _ => match judged {
            Some(judged) => {
                let what = judged.code.map_or("a finding", |code| code.0);
                let (step, side) = (judged.step, side(&judged, judged.step));
                format!("{}, but {what} at {step}{side}", counted(session))
            }
            None => counted(session),
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

/// Whose side it is on, and how sure that is; the step, where it is not the one that was just named.
fn side(judged: &Judgement, named: StepId) -> String {
    let (owner, sure) = (judged.owner.name(), judged.confidence.id());
    if judged.step == named {
        format!(" ({owner}, {sure})")
    } else {
        format!(" ({owner}, {sure}, since {})", judged.step)
    }
}
