//! Drives a session to the end without a screen.

use tokio::sync::mpsc;

use super::{Command, Driver, Event, Outcome, Question, Session, Status, StepState, Transport};
use crate::flow::{Ink, Step, StepId};

/// What comes in while a walk is driven.
#[derive(Debug)]
pub enum Incoming {
    /// An event of the driver.
    Event(Event),
    /// A line that the user typed or pasted.
    Line(String),
    /// The user wants to stop.
    Interrupt,
}

/// Sends every step up to `through` and waits for each; `watch` sees the session after every change, `answer`
/// decides a question.
pub async fn walk<T: Transport>(
    session: &mut Session,
    driver: &mut Driver<T>,
    incoming: &mut mpsc::UnboundedReceiver<Incoming>,
    through: StepId,
    mut watch: impl FnMut(&Session),
    answer: impl Fn(&Question) -> bool,
) -> End {
    let ink = |session: &Session, driver: &Driver<T>| Ink {
        now: driver.transport().now(),
        seed: session.walk.seed,
    };
    let mut effects = session.command(Command::SendThrough(through), ink(session, driver));
    let mut interrupted = false;
    loop {
        for effect in effects {
            driver.perform(effect);
        }
        if let Some(question) = &session.question {
            let command = if answer(question) {
                Command::Confirm
            } else {
                Command::Dismiss
            };
            effects = session.command(command, ink(session, driver));
            continue;
        }
        watch(session);
        if session.waiting().is_none() {
            break;
        }
        effects = match incoming.recv().await {
            Some(Incoming::Event(event)) => session.event(event, ink(session, driver)),
            Some(Incoming::Line(line)) => {
                session.command(Command::PasteRedirect(line), ink(session, driver))
            }
            Some(Incoming::Interrupt) | None => {
                interrupted = true;
                session.command(Command::Abort, ink(session, driver))
            }
        };
    }
    if interrupted {
        End::Interrupted
    } else {
        end(session, through)
    }
}

/// How a run ended (INTERFACE §3, `outcome`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// Every step that is needed is done.
    Done,
    /// A server refused.
    Refused,
    /// We refuse an answer.
    Failed,
    /// A server could not be reached.
    Unreachable,
    /// A field or token is missing.
    Blocked,
    /// The user stopped it.
    Interrupted,
}

impl End {
    /// Returns the word of the report.
    pub fn id(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::Interrupted => "interrupted",
        }
    }

    /// Returns the exit status (INTERFACE §1).
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused | Self::Failed => 3,
            Self::Unreachable => 4,
            Self::Blocked => 2,
            Self::Interrupted => 130,
        }
    }
}

/// Returns the step that a walk ended at: the one whose signature failed, else the renewal that did not get through (it
/// is asked for no more then, and a sign-in is), else the first that is not done.
pub fn ended_at(session: &Session, through: StepId) -> Option<StepId> {
    let suspect = |state: &&StepState| matches!(state.outcome(), Some(Outcome::Suspect(_)));
    let steps = &session.walk.steps;
    steps
        .iter()
        .find(suspect)
        .or_else(|| {
            let newest = |state: &&StepState| state.last().map(|attempt| attempt.started);
            let last = steps.iter().max_by_key(newest)?;
            let renews = session.flow.step(last.id).is_some_and(Step::renews);
            (renews && !last.stale && !last.is_fresh()).then_some(last)
        })
        .map(|state| state.id)
        .or_else(|| session.next_step(Some(through)))
}

/// Tells how a walk stands with respect to the step it was to go through.
pub fn end(session: &Session, through: StepId) -> End {
    let Some(step) = ended_at(session, through) else {
        return End::Done;
    };
    if matches!(session.step(step).outcome(), Some(Outcome::Interrupted)) {
        return End::Interrupted;
    }
    match session.status(step) {
        Status::Refused => End::Refused,
        Status::Failed => End::Failed,
        Status::Unreachable => End::Unreachable,
        _ => End::Blocked,
    }
}
