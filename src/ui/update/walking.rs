//! Walking: sending, following a run, starting anew.

use std::sync::Arc;

use super::{Effect, Model, OpenId, Purpose};
use crate::{
    flow::{Flow, Ink, StepId, flows::FLOWS},
    protocol::exchange::{Exchange, Failure, Request, Timings},
    session::{Command, Event, Status, What},
    ui::model::OVER,
};

/// Sends the step that is shown.
pub fn send(model: &mut Model, ink: Ink) -> Vec<Effect> {
    let step = model.place().step;
    followed(model, Command::Send(step), ink)
}

/// Sends every step that is left.
pub fn send_to_end(model: &mut Model, ink: Ink) -> Vec<Effect> {
    let Some(last) = model.session().steps().last().map(|step| step.info().id) else {
        return Vec::new();
    };
    followed(model, Command::SendThrough(last), ink)
}

/// Gives a command, and goes where it leads.
pub fn followed(model: &mut Model, command: Command, ink: Ink) -> Vec<Effect> {
    let effects = model.command(command, ink);
    let place = model.place_mut();
    (place.chosen, place.attempt) = (None, None);
    let session = model.session();
    let at = session
        .waiting()
        .map(|(step, _)| step)
        .or_else(|| session.question.as_ref().map(|question| question.step));
    match at {
        Some(step) => model.place_mut().go(step),
        None if !effects.is_empty() => {}
        None => {}
    }
    effects
}

/// Takes what the driver of a session reports, and follows a run.
pub fn reported(model: &mut Model, id: OpenId, event: Event, ink: Ink) -> Vec<Effect> {
    let Some(opened) = model.by_id(id) else {
        return Vec::new();
    };
    let awaited = opened.session.awaiting(event.send()).map(|(step, going)| {
        let browser = matches!(going.what, What::Sending(_, Request::Browser(_)));
        (step, browser)
    });
    let running = opened.session.walk.run_to;
    let effects = opened.session.event(event, ink);
    let session = &opened.session;
    let place = &mut opened.place;
    let now = session.waiting().map(|(step, _)| step);
    // What became of the step: a second request of its own is still the same wait.
    let over = awaited.filter(|(was, _)| session.step(*was).going.is_none());
    let came = over.is_some_and(|(_, browser)| browser);
    if let Some((was, _)) = over {
        // What the panels of that step remember was about the answer before.
        place
            .states
            .retain(|(step, panel), _| *step != was || *panel == "inputs");
        if place.step == was {
            (place.chosen, place.attempt) = (None, None);
            let held_back = session.question.as_ref().map(|question| question.step);
            let blocked = running
                .filter(|_| session.step(was).is_fresh())
                .and_then(|last| session.next_step(Some(last)));
            let stopped = |step: &StepId| {
                let status = session.status(*step);
                matches!(
                    status,
                    Status::Refused | Status::Failed | Status::Unreachable
                )
            };
            // What stopped the run is looked at, whichever of the steps sent together answered last.
            let beside = session.sent_beside(was).find(stopped);
            let next = now.or(held_back).or(blocked).or(beside);
            if let Some(next) = next.filter(|_| !stopped(&was)) {
                place.go(next);
            }
        }
    }
    if came && super::typing(model, &Purpose::Redirect).is_some() && model.opened().id == id {
        model.screen.editor = None;
        model.say("The sign-in ended by itself; what was typed is not needed.");
    }
    if came && model.on_address_page() && model.opened().id == id {
        model.screen.overlay = None;
    }
    effects
        .into_iter()
        .map(|effect| Effect::Session(id, effect))
        .collect()
}

/// Starts a new walk at its first step; the one that was is kept among the past ones.
pub fn new_walk(model: &mut Model, ink: Ink) -> Vec<Effect> {
    let opened = model.opened();
    if opened.session.is_blank() {
        let effects = model.command(Command::NewWalk, ink);
        model.opened_mut().rewind();
        return effects;
    }
    walk(model, model.opened().session.flow, ink)
}

/// Walks another flow with this profile, from its first step; the file stays as it is, and the walk that was is kept.
pub fn choose_flow(model: &mut Model, at: usize, ink: Ink) -> Vec<Effect> {
    let Some(flow) = FLOWS.get(at).copied() else {
        return Vec::new();
    };
    if model.in_past() {
        model.warn(OVER);
        return Vec::new();
    }
    if model.session().archived {
        model.warn("This is a stored trace; it stays in its flow.");
        return Vec::new();
    }
    if std::ptr::eq(flow, model.session().flow) {
        return Vec::new();
    }
    let mut effects = walk(model, flow, ink);
    // The lab has other values for another flow.
    effects.extend(super::refill(model));
    effects
}

/// Lays the walk that is on aside and starts one of this flow; what is in flight is let go.
fn walk(model: &mut Model, flow: &'static Flow, ink: Ink) -> Vec<Effect> {
    let effects = match model.session().waiting() {
        Some(_) => model.command(Command::Abort, ink),
        None => Vec::new(),
    };
    let opened = model.opened_mut();
    opened.begin(flow, ink);
    let number = opened.session.walk.number;
    let before = opened.past.last().map(|past| past.session.walk.number);
    if let Some(before) = before {
        model.say(format!(
            "Walk {number}: new state, nonce and verifier, and no tokens. {{older-walk}} looks at walk {before}."
        ));
    }
    effects
}

/// Takes back what was handed in for the step that is shown.
pub fn withdraw(model: &mut Model, ink: Ink) -> Vec<Effect> {
    let mut effects = Vec::new();
    let mut names = Vec::new();
    for artifact in model.given_here() {
        effects.extend(model.command(Command::Withdraw(artifact), ink));
        names.push(artifact.name());
    }
    model.place_mut().chosen = None;
    model.say(format!("Withdrawn: {}.", names.join(", ")));
    effects
}

/// Takes back what could not be sent for want of a transport.
pub fn stuck(model: &mut Model, id: OpenId, says: String, ink: Ink) -> Vec<Effect> {
    let effects = Vec::new();
    let Some(opened) = model.by_id(id) else {
        return effects;
    };
    let Some((_, going)) = opened.session.waiting() else {
        return effects;
    };
    let send = going.send;
    let event = match &going.what {
        What::Preparing(_) => {
            drop(opened.session.command(Command::Abort, ink));
            None
        }
        What::Sending(_, request) => Some(Event::Answered {
            send,
            exchange: Arc::new(Exchange {
                request: request.clone(),
                outcome: Err(Failure::Broken(says.clone())),
                times: Timings {
                    start: ink.now,
                    first_byte: None,
                    end: 0,
                },
            }),
        }),
    };
    model.warn(says);
    match event {
        Some(event) => reported(model, id, event, ink),
        None => effects,
    }
}
