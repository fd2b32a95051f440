//! What is said in a plain walk: steps, panels and the verdict as lines of words, masked, without mark or frame.

use std::collections::BTreeSet;

use super::typed::{COMMANDS, Expects};
use crate::{
    export::{self, curl::curl},
    flow::{Blocked, StepId},
    lab::Fault,
    lint::Severity,
    profile::{fields, suggest},
    protocol::{
        exchange::{Login, Request},
        time::Timestamp,
    },
    session::{Attempt, Session, Status, StepState, What, headless},
    ui::{
        panels::PANELS,
        rows::{Cx, Row, fold, is_folded, took, words},
        theme::Glyphs,
    },
};

/// How wide the rows of a panel may get: so wide that hardly a value is broken, which could not be heard or copied whole.
const WIDTH: u16 = 1000;

/// Returns what a plain walk begins with.
pub fn opening(session: &Session) -> Vec<String> {
    let profile = &session.profile;
    let mut lines = vec![format!(
        "{} ({}), profile {}.",
        session.flow.title, session.flow.id.0, profile.name
    )];
    if profile.text(fields::ENVIRONMENT) == Some("prod") {
        lines.push("The profile is marked as production.".to_owned());
    }
    if profile.flag(fields::NETWORK_INSECURE) {
        lines.push("TLS certificates are NOT verified in this walk.".to_owned());
    }
    if session.archived {
        lines.push(
            "This is a stored trace: it can be read, but nothing is sent from it.".to_owned(),
        );
    }
    lines.extend(steps(session));
    lines.push("Type help for the commands; Enter alone sends the next step.".to_owned());
    masked(session, &lines)
}

/// Lists the commands.
pub fn help() -> Vec<String> {
    COMMANDS
        .iter()
        .map(|entry| {
            let space = if entry.takes.is_empty() { "" } else { " " };
            let (word, takes) = (entry.word, entry.takes);
            format!("{word}{space}{takes}, or {}: {}", entry.letter, entry.says)
        })
        .collect()
}

/// Lists the steps, a numbered line each.
pub fn steps(session: &Session) -> Vec<String> {
    let each = session
        .steps()
        .map(|step| step_line(session, step.info().id));
    masked(session, &each.collect::<Vec<_>>())
}

/// Returns a step's line: number, id, title and how it stands.
pub fn step_line(session: &Session, id: StepId) -> String {
    let title = session.flow.step(id).map_or("", |step| step.info().title);
    let number = words::number(session, id);
    session.vault.mask(&format!(
        "{number}. {id}, {title}: {}.",
        standing(session, id)
    ))
}

/// Says how a step stands; a word of the screen, with the time or the reason behind it.
fn standing(session: &Session, id: StepId) -> String {
    let state = session.step(id);
    let status = session.status(id);
    let stale = state.stale && !matches!(status, Status::Waiting | Status::Skipped(_));
    let word = match &status {
        Status::Ready => "ready".to_owned(),
        Status::Blocked(blocked) => {
            let needs: Vec<String> = blocked.iter().map(Blocked::to_string).collect();
            needs.join(", ")
        }
        Status::Skipped(why) => format!("skipped. {}", why.trim_end_matches('.')),
        Status::Waiting if expects(session) == Expects::Command => "sending".to_owned(),
        Status::Waiting => "waiting for you".to_owned(),
        Status::Done => {
            let micros = state.last().map(|attempt| took(attempt.micros()));
            micros.map_or_else(|| "done".to_owned(), |took| format!("done in {took}"))
        }
        Status::Refused => "refused".to_owned(),
        Status::Failed => state.last().map_or("rejected", Attempt::failed).to_owned(),
        Status::Unreachable => "not reachable".to_owned(),
        Status::Interrupted => "cancelled".to_owned(),
    };
    if stale {
        format!("stale, was {word}")
    } else {
        word
    }
}

/// Tells how a step ended: its line, what is wrong, and what the rules found.
pub fn ended(session: &Session, id: StepId) -> Vec<String> {
    let mut lines = vec![step_line(session, id)];
    let state = session.step(id);
    // Of what the user cancelled, the line says it all.
    let well = matches!(session.status(id), Status::Done | Status::Interrupted);
    if let Some(attempt) = state
        .last()
        .filter(|attempt| !well && !attempt.says.is_empty())
    {
        lines.push(attempt.says.clone());
    }
    lines.extend(found(state));
    if !well && let Some(verdict) = session.verdict(None) {
        // What a server did wrong may have been found out by the next.
        let at = if verdict.step == id {
            String::new()
        } else {
            format!(", at step {}", words::number(session, verdict.step))
        };
        lines.push(format!(
            "Whose side: {}, {}{at}. The commands verdict and hand-off say more.",
            verdict.owner.name(),
            verdict.confidence.id()
        ));
    }
    masked(session, &lines)
}

fn found(state: &StepState) -> Option<String> {
    let count = |severity: Severity, word: &str| {
        let number = state
            .findings()
            .filter(|finding| finding.severity == severity)
            .count();
        (number > 0).then(|| words::count(number, word))
    };
    let parts: Vec<String> = [
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "The rules found {}; findings shows them.",
            parts.join(" and ")
        )
    })
}

/// Returns a fault's line: whether it is on, its id, what happens, and what it takes to show.
pub fn fault(fault: &Fault, on: &[&'static Fault]) -> String {
    let is_on = on.iter().any(|other| other.id == fault.id);
    let word = if is_on { "On" } else { "Off" };
    let (id, title, with) = (fault.id, fault.title, with(fault));
    format!("{word}: {id}, {title}.{with}")
}

/// Says which settings a fault needs to show.
pub fn with(fault: &Fault) -> String {
    if fault.with.is_empty() {
        return String::new();
    }
    let all = fault.with.iter();
    let settings: Vec<_> = all
        .map(|(path, value)| format!("set {path} {value}"))
        .collect();
    format!(" It takes {}.", settings.join(", "))
}

/// Says what comes next.
pub fn next(session: &Session) -> String {
    let says = match session.next_step(None) {
        None => "Every step that is needed is done.".to_owned(),
        Some(id) => format!("Next: {}", step_line(session, id)),
    };
    session.vault.mask(&says)
}

/// Says what is wrong and whose side it is on.
pub fn verdict(session: &Session) -> Vec<String> {
    let Some(verdict) = session.verdict(None) else {
        return vec![no_verdict(session).to_owned()];
    };
    let code = verdict
        .code
        .map_or_else(String::new, |code| format!(" ({code})"));
    let mut lines = vec![
        format!(
            "Verdict: {}, {}, at {}{code}.",
            verdict.owner.name(),
            verdict.confidence.id(),
            verdict.step
        ),
        verdict.says,
    ];
    lines.extend(
        verdict
            .because
            .iter()
            .map(|fact| format!("Because: {fact}")),
    );
    lines.push(format!("What to do: {}", verdict.fix));
    masked(session, &lines)
}

/// Says why there is no verdict: what changed before a step that failed has to be sent again first.
fn no_verdict(session: &Session) -> &'static str {
    let failed = |status| {
        matches!(
            status,
            Status::Refused | Status::Failed | Status::Unreachable
        )
    };
    if session
        .steps()
        .any(|step| failed(session.status(step.info().id)))
    {
        "There is no verdict: an earlier step is stale or was not sent; send that first."
    } else {
        "Nothing is wrong so far."
    }
}

/// Returns the text for the other side's administrator.
pub fn hand_off(session: &Session) -> Vec<String> {
    match session.verdict(None) {
        None => vec![format!(
            "{} There is nothing to hand off.",
            no_verdict(session)
        )],
        Some(verdict) => export::handoff::handoff(session, &verdict)
            .lines()
            .map(str::to_owned)
            .collect(),
    }
}

/// Returns a panel of a step as lines: the rows of the screen as they stand there at first; with `all`, also those that
/// are folded there, and what is known of each value.
pub fn panel(
    session: &Session,
    step: StepId,
    (name, all): (&str, bool),
    now: Timestamp,
) -> Vec<String> {
    let cx = Cx {
        session,
        step,
        now,
        vault: &session.vault,
        glyphs: Glyphs::ASCII,
        width: WIDTH,
        log_whole: true,
        attempt: None,
    };
    let Some(panel) = PANELS.iter().find(|panel| panel.id == name) else {
        return Vec::new();
    };
    let number = words::number(session, step);
    let mut lines = vec![match name {
        "log" => "Log of this walk:".to_owned(),
        _ => format!("{} of step {number}, {step}:", panel.title),
    }];
    if let Some(whole) = (name == "curl").then(|| command(&cx)).flatten() {
        lines.extend(whole);
        return lines;
    }
    let rows = (panel.rows)(&cx);
    let none = BTreeSet::new();
    let shown = if all {
        (0..rows.len()).collect()
    } else {
        fold(&rows, &none)
    };
    for at in shown {
        let row = &rows[at];
        let folded = !all && is_folded(&rows, &none, at);
        let word = if folded { " (folded)" } else { "" };
        lines.push(format!("{}{word}", text(row)));
        let next = rows.get(at + 1).and_then(|next| next.note.as_ref());
        if let Some(note) = row.note.as_ref().filter(|note| all && Some(*note) != next) {
            let indent = " ".repeat(usize::from(row.depth) * 2 + 2);
            lines.push(format!("{indent}({})", cx.text(note)));
        }
    }
    if !all && rows.iter().any(|row| row.shut || row.note.is_some()) {
        lines.push(format!("More, with a note on each value: {name} all."));
    }
    lines
}

/// The cURL command, its lines whole: one that is broken at the edge could not be pasted.
fn command(cx: &Cx) -> Option<Vec<String>> {
    let state = cx.session.step(cx.step);
    let sent = state
        .last()
        .and_then(|attempt| attempt.main())
        .map(|main| &main.request);
    let next = || {
        state
            .draft
            .as_ref()?
            .as_ref()
            .ok()
            .map(|draft| &draft.request)
    };
    let shown = curl(sent.or_else(next)?.http(), &cx.session.vault, true);
    Some(shown.text.lines().map(|line| cx.text(line)).collect())
}

/// A row's text; a heading without the mark of its fold, which stands in the indent of some.
fn text(row: &Row) -> String {
    let text = row.plain();
    let mark = format!("{} ", Glyphs::ASCII.unfolded);
    match text
        .trim_start()
        .strip_prefix(&mark)
        .filter(|_| row.heading)
    {
        Some(rest) => format!("{}{}", "  ".repeat(usize::from(row.depth)), rest.trim_end()),
        None => text.trim_end().to_owned(),
    }
}

/// Tells what a line that comes now is taken for.
pub fn expects(session: &Session) -> Expects {
    if session.question.is_some() {
        return Expects::Answer;
    }
    match session.waiting().map(|(_, going)| &going.what) {
        Some(What::Sending(_, Request::Browser(asked))) if asked.login != Login::Follow => {
            Expects::Redirect
        }
        Some(_) if export::text::code_to_enter(session).is_some() => Expects::Elsewhere,
        _ => Expects::Command,
    }
}

/// Finds a step by its number or id.
///
/// # Errors
/// A sentence that names the steps.
pub fn step_of(session: &Session, text: &str) -> Result<StepId, String> {
    let ids: Vec<StepId> = session.steps().map(|step| step.info().id).collect();
    let number = text.parse::<usize>().ok();
    if let Some(id) = number.and_then(|number| ids.get(number.checked_sub(1)?)) {
        return Ok(*id);
    }
    if let Some(step) = session.flow.steps().find(|step| step.info().id.0 == text) {
        return Ok(step.info().id);
    }
    let near = suggest::nearest(text, ids.iter().map(|id| id.0));
    let meant = near.map_or_else(String::new, |near| format!("; did you mean {near}"));
    let known: Vec<&str> = ids.iter().map(|id| id.0).collect();
    let asked = text;
    Err(format!(
        "There is no step {asked}{meant}; expected 1 to {} or one of {}.",
        ids.len(),
        known.join(", ")
    ))
}

/// Returns the exit status of leaving now, as that of a run; a walk that only was not gone to its end is no failure.
pub fn status(session: &Session) -> u8 {
    let last = session.steps().last().map(|step| step.info().id);
    let Some(last) = last.filter(|_| !session.archived) else {
        return 0;
    };
    let end = headless::end(session, last);
    let sent = |state: &&StepState| !state.attempts.is_empty() || !state.given.is_empty();
    let mut found = session
        .walk
        .steps
        .iter()
        .filter(sent)
        .flat_map(StepState::findings);
    let blocked = |id| matches!(session.status(id), Status::Blocked(_));
    match end {
        headless::End::Done => u8::from(found.any(|finding| finding.severity == Severity::Error)),
        headless::End::Interrupted => 0,
        headless::End::Blocked if !session.next_step(None).is_some_and(blocked) => 0,
        end => end.code(),
    }
}

/// Masks lines.
fn masked(session: &Session, lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| session.vault.mask(line)).collect()
}
