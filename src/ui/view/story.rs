//! What happened, in a sentence or two; and how the step stands, in a word or two.

use ratatui::layout::Rect;

use super::{Canvas, Spans, body, lines};
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

/// What is said takes so many lines at most.
const MOST: u16 = 4;

/// Returns how many lines the story takes: two, and up to four where it would not be told to its end. What is said of the
/// last key changes nothing about it, so that nothing moves when that comes and goes.
pub fn height(model: &Model, width: u16) -> u16 {
    if model.waiting_page() {
        // The address comes first.
        return 2;
    }
    if layout::verdict_here(model).is_some() {
        return MOST;
    }
    if is_ready(model) {
        // Why there is such a step is on its page, too.
        return 2;
    }
    let (role, says) = story(model);
    let width = width.saturating_sub(2);
    let lines = lines(&model.look, role, &says, width, usize::from(MOST));
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

/// Draws the verdict or the story of the step, and the sentence of the last key or command: before a story and behind a
/// verdict where that has room; else, over a list, and with a panel alone, at the place of the note.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, places: &Places) {
    // Over a list, and of a panel alone, the place of the note is the only one there is.
    let lent = places.story.is_empty();
    let place = inner(places.story);
    let room = usize::from(place.height);
    let look = &model.look;
    let verdict = layout::verdict_here(model);
    let mut out = verdict.as_ref().map_or_else(Vec::new, |verdict| {
        judged(model, verdict, place.width, room)
    });
    let said = said(model, lent);
    if let Some((bad, says)) = &said {
        let role = if *bad {
            Role::FindingWarning
        } else {
            Role::Accent
        };
        let noted = inner(places.note);
        let left = room.saturating_sub(out.len());
        let whole = || lines(look, role, says, place.width, left + 1).len() <= left;
        if noted.is_empty() || (!lent && whole()) {
            out.extend(lines(look, role, says, place.width, left));
        } else if model.screen.toast.is_some() || !body::notes_field(model) {
            let most = MOST.max(noted.height.min(2 * MOST));
            let told = lines(look, role, says, noted.width, usize::from(most));
            over_note(canvas, noted, told);
        }
    }
    if lent {
        let waits = model.screen.overlay.is_none()
            && model.session().status(model.place().step) == Status::Waiting;
        if waits && said.is_none() {
            let (role, says) = story(model);
            let place = inner(places.note);
            let told = lines(look, role, &says, place.width, usize::from(place.height));
            over_note(canvas, place, told);
        }
        return;
    }
    if verdict.is_none() && out.len() < room {
        let stands = !places.side_bar.is_empty() || model.panel().id == "inputs";
        let (role, says) = match (story(model), stands) {
            // Why there is such a step stands beside the panel already, or at its head.
            ((Role::Muted, _), true) if is_ready(model) => unsent(model),
            (told, _) => told,
        };
        let repeats =
            said.is_some_and(|(_, said)| words::sentence(&said) == words::sentence(&says));
        if !says.is_empty() && !repeats {
            out.extend(lines(look, role, &says, place.width, room - out.len()));
        }
    }
    for (line, spans) in (0..place.height).zip(out) {
        canvas.line(place, line, &spans);
    }
}

/// Returns a place without the columns at its edges.
fn inner(place: Rect) -> Rect {
    Rect {
        x: place.x + 1,
        width: place.width.saturating_sub(2),
        ..place
    }
}

/// Writes at the foot of the place of the note, and over what is above it as far as it must.
fn over_note(canvas: &mut Canvas<'_>, note: Rect, told: Vec<Spans>) {
    let tall = u16::try_from(told.len()).unwrap_or(u16::MAX);
    let height = tall.max(note.height.min(MOST)).min(note.bottom());
    let place = Rect {
        y: note.bottom() - height,
        height,
        ..note
    };
    canvas.clear(place);
    for (line, spans) in (0..height).zip(told) {
        canvas.line(place, line, &spans);
    }
}

/// Whose side it is on, what is wrong, and what to do; the strings where two should be one.
fn judged(model: &Model, verdict: &Judgement, width: u16, most: usize) -> Vec<Spans> {
    let look = &model.look;
    let side = words::side(verdict);
    let lead = if verdict.step == model.place().step {
        format!("{side}.")
    } else {
        let number = words::number(model.session(), verdict.step);
        format!("{side}, at step {number}.")
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

fn is_ready(model: &Model) -> bool {
    model.session().status(model.place().step) == Status::Ready
}

/// Says that nothing was sent yet, and what sends it.
fn unsent(model: &Model) -> (Role, String) {
    let says = match (model.session().archived, model.in_past()) {
        (false, false) => model
            .keys
            .spoken("Nothing was sent yet; {send-again} sends it."),
        _ => "It was not sent in this walk.".to_owned(),
    };
    (Role::Muted, says)
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
                "What it was made of had changed since."
            } else {
                "What it was made of has changed since; {send-again} sends it again."
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
                format!(
                    "{}: {} {}",
                    finding.code,
                    finding.says,
                    model.keys.spoken("{findings} tells more.")
                ),
            ),
            _ => (Role::Muted, why.to_owned()),
        },
        Status::Done => {
            let (role, mut says) = told(looked_at, Role::Text);
            // A walk may go through to its end, and not be well for that.
            if model.step_after(id).is_none()
                && let Some(verdict) = session.verdict(None)
            {
                let (side, number) = (words::side(&verdict), words::number(session, verdict.step));
                let told = words::sentence(&says);
                says = format!("{told} But: {side}, at step {number}. {}", verdict.says);
            }
            (role, says)
        }
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
    let to = session.flow.step(id).map(|step| step.info().to);
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
        Status::Refused | Status::Failed => match (state.last(), to) {
            (Some(attempt), Some(to)) => words::outcome(attempt, to),
            _ => (Role::StepRefused, "refused".to_owned()),
        },
        Status::Unreachable => (Role::StepFailed, "not reachable".to_owned()),
        Status::Interrupted => (Role::StepSkipped, "cancelled".to_owned()),
    }
}
