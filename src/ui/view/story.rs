//! What happened, in a sentence or two; and how the step stands, in a word or two.

use ratatui::layout::Rect;

use super::{Canvas, Spans, lines};
use crate::{
    flow::Want,
    lint::{Severity, verdict::Judgement},
    profile::SecretSource,
    protocol::exchange::Request,
    session::{Attempt, Status, What},
    ui::{
        awaited::{self, so_far},
        layout::{self, Places},
        model::Model,
        rows::words,
        theme::Role,
    },
};

/// Returns how many lines the foot takes: two, and up to four where what is said would not be told to its end.
pub fn height(model: &Model, width: u16) -> u16 {
    const MOST: u16 = 4;
    let over = model.screen.overlay.is_some();
    if model.waiting_page() && !over {
        // The address comes first.
        return 2;
    }
    let says = match said(model, over) {
        Some((_, says)) => says,
        None if over => return 2,
        None if layout::verdict_here(model).is_some() => return MOST,
        None => match model.session().status(model.place().step) {
            // Why there is such a step is on its page, too.
            Status::Ready => return 2,
            _ => story(model).1,
        },
    };
    let width = width.saturating_sub(2);
    let lines = lines(&model.look, Role::Text, &says, width, usize::from(MOST));
    u16::try_from(lines.len()).unwrap_or(MOST).clamp(2, MOST)
}

/// Returns the sentence of the last key or command, and whether it is a bad one.
fn said(model: &Model, over: bool) -> Option<(bool, String)> {
    match (&model.screen.toast, &model.session().notice) {
        (Some(toast), _) => Some((toast.bad, model.shown(&toast.says))),
        (None, Some(notice)) if !over && model.screen.followed != Some(model.so_far()) => {
            Some((notice.bad, model.shown(&notice.says)))
        }
        (None, _) => awaited::says(model).map(|says| (false, model.shown(&says))),
    }
}

/// Draws the sentence of the last key or command, then the story of the step.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, places: &Places) {
    let over = model.screen.overlay.is_some();
    // Over a list, and of a panel alone, the place of the note is the only one there is.
    let lent = places.story.is_empty();
    let waits = !over && model.session().status(model.place().step) == Status::Waiting;
    let place = match said(model, lent) {
        _ if !lent => places.story,
        Some(_) => places.note,
        None if waits => places.note,
        None => return,
    };
    let place = Rect {
        x: place.x + 1,
        width: place.width.saturating_sub(2),
        ..place
    };
    if place.is_empty() {
        return;
    }
    let most = usize::from(place.height);
    let mut out: Vec<Spans> = Vec::new();
    let said = said(model, lent);
    if let Some((bad, says)) = &said {
        let role = if *bad {
            Role::FindingWarning
        } else {
            Role::Accent
        };
        out.extend(lines(&model.look, role, says, place.width, most));
    }
    if let Some(verdict) = layout::verdict_here(model).filter(|_| said.is_none()) {
        out.extend(judged(model, &verdict, place.width, most));
    } else if out.len() < most && (!lent || waits) {
        let (role, says) = story(model);
        let repeats =
            said.is_some_and(|(_, said)| words::sentence(&said) == words::sentence(&says));
        if !says.is_empty() && !repeats {
            out.extend(lines(
                &model.look,
                role,
                &says,
                place.width,
                most - out.len(),
            ));
        }
    }
    if lent {
        canvas.clear(place);
    }
    for (line, spans) in (0..place.height).zip(out) {
        canvas.line(place, line, &spans);
    }
}

/// Whose side it is on, what is wrong, and what to do; the strings where two should be one.
fn judged(model: &Model, verdict: &Judgement, width: u16, most: usize) -> Vec<Spans> {
    let look = &model.look;
    let (owner, sure) = (verdict.owner.name(), verdict.confidence.id());
    let lead = if verdict.step == model.place().step {
        format!("{owner}, {sure}.")
    } else {
        let number = words::number(model.session(), verdict.step);
        format!("{owner}, {sure}, at step {number}.")
    };
    let mut out: Vec<Spans> = lines(
        look,
        Role::Text,
        &format!("{lead} {}", model.shown(&verdict.says)),
        width,
        2,
    );
    if let Some((role, text)) = out.first_mut().and_then(|line| line.first_mut()) {
        // The side stands out: it is what the user came for.
        let rest = text.split_off(lead.len().min(text.len()));
        *role = Role::FindingError;
        out[0].push((Role::Text, rest));
    }
    let left = most.saturating_sub(out.len());
    out.extend(lines(
        look,
        Role::Text,
        &model.shown(&verdict.fix),
        width,
        left,
    ));
    out
}

/// What happened at the step, or why it has not.
fn story(model: &Model) -> (Role, String) {
    let (role, says) = told_of(model);
    (role, model.shown(&says))
}

fn told_of(model: &Model) -> (Role, String) {
    let session = model.session();
    let id = model.place().step;
    let state = session.step(id);
    let why = session.flow.step(id).map_or("", |step| step.info().why);
    let looked_at = match model.place().attempt {
        Some(index) => state.attempts.get(index),
        None => state.last(),
    };
    match session.status(id) {
        Status::Waiting => (Role::StepWaiting, waiting(model)),
        Status::Skipped(says) => (Role::Muted, says),
        _ if state.stale && model.place().attempt.is_none() => (
            Role::StepStale,
            model.keys.spoken(if session.archived {
                "Something before it had changed since."
            } else {
                "Something before it has changed since; {send-step} sends it again."
            }),
        ),
        Status::Blocked(blocked) if state.attempts.is_empty() => {
            if model.opened().lab.is_starting() && !session.archived {
                return (
                    Role::Muted,
                    "The lab is starting and will fill in what is missing.".to_owned(),
                );
            }
            let reasons: Vec<String> = blocked.iter().map(ToString::to_string).collect();
            (
                Role::FindingWarning,
                format!("It cannot be sent yet: {}.", reasons.join(", ")),
            )
        }
        Status::Ready => match state.findings().next() {
            // What is wrong with a request is said before it goes.
            Some(finding) if finding.severity > Severity::Note => (
                Role::FindingWarning,
                format!("{}: {} i tells more.", finding.code, finding.says),
            ),
            _ => (Role::Muted, why.to_owned()),
        },
        Status::Done => told(looked_at, Role::Text),
        _ => told(looked_at, Role::FindingError),
    }
}

fn told(attempt: Option<&Attempt>, role: Role) -> (Role, String) {
    (
        role,
        attempt
            .map(|attempt| attempt.says.clone())
            .unwrap_or_default(),
    )
}

fn waiting(model: &Model) -> String {
    let Some(going) = &model.session().step(model.place().step).going else {
        return String::new();
    };
    let so_far = so_far(going.since, model.now);
    match &going.what {
        What::Preparing(wants) => {
            let wants: Vec<String> = wants.iter().map(wanted).collect();
            let cancels = model.keys.spoken("{cancel} cancels.");
            format!("Waiting for {}{so_far}. {cancels}", wants.join(", "))
        }
        What::Sending(_, Request::Browser(_)) => {
            "Waiting for the sign-in to end. Any paste goes straight to it.".to_owned()
        }
        What::Sending(..) if model.waits_for_code().is_some() => {
            let says = "Waiting until the code is entered on the other device. {cancel} cancels.";
            model.keys.spoken(says)
        }
        What::Sending(_, Request::Http(http)) => {
            let cancels = model.keys.spoken("{cancel} cancels.");
            let host = http.host();
            let others = match model.session().in_flight().count() {
                0 | 1 => "",
                _ => "; other servers are asked meanwhile",
            };
            format!("Waiting for {host}{so_far}{others}. {cancels}")
        }
    }
}

/// Names what is fetched from outside before a step can go.
fn wanted(want: &Want) -> String {
    match want {
        Want::Secret(field, SecretSource::Cmd(_)) => format!("the command that prints {field}"),
        Want::Secret(field, SecretSource::File(_)) => format!("the file of {field}"),
        Want::Secret(field, _) => field.to_string(),
        Want::Listener { .. } => "a port for the redirect".to_owned(),
    }
}

/// Returns how the step stands.
pub fn status(model: &Model) -> (Role, String) {
    let session = model.session();
    let id = model.place().step;
    let state = session.step(id);
    let to = session
        .flow
        .step(id)
        .map_or("", |step| step.info().to.name());
    let status = session.status(id);
    if state.stale && !matches!(status, Status::Waiting | Status::Skipped(_)) {
        return (Role::StepStale, "stale".to_owned());
    }
    match status {
        Status::Ready if session.archived => (Role::StepSkipped, "not sent".to_owned()),
        Status::Ready => (Role::StepReady, "ready".to_owned()),
        Status::Blocked(blocked) => {
            let needs = blocked.iter().find_map(|why| match why {
                crate::flow::Blocked::Needs(artifact) => Some(format!("needs {}", artifact.name())),
                _ => None,
            });
            (
                Role::StepSkipped,
                needs.unwrap_or_else(|| "needs input".to_owned()),
            )
        }
        Status::Skipped(_) => (Role::StepSkipped, "skipped".to_owned()),
        Status::Waiting
            if model.waits_for_browser().is_some() || model.waits_for_code().is_some() =>
        {
            (Role::StepWaiting, "waiting for you".to_owned())
        }
        Status::Waiting => (Role::StepWaiting, "in flight".to_owned()),
        Status::Done => {
            let took = state.last().map_or(0, Attempt::micros);
            (
                Role::StepDone,
                format!("done in {}", crate::ui::rows::took(took)),
            )
        }
        Status::Refused => (Role::StepRefused, format!("refused by {to}")),
        Status::Failed => (Role::StepRefused, "rejected by us".to_owned()),
        Status::Unreachable => (Role::StepFailed, "not reachable".to_owned()),
        Status::Interrupted => (Role::StepSkipped, "cancelled".to_owned()),
    }
}
