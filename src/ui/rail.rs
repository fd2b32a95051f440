//! The rail: where the user is in the walk, as one line or as rows.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{
    rows::{Goes, Row, took, words},
    theme::{Glyphs, Role},
};
use crate::{
    flow::{Artifact, Blocked, Origin, Step, StepId},
    lint::Severity,
    protocol::{
        exchange::Request,
        time::{Lifetime, Timestamp},
    },
    session::{Attempt, Session, Status, What, needs::maker},
};

/// Returns the rail as one line, for small screens: marks, the stage, and which step of how many.
pub fn rail_line(
    session: &Session,
    current: StepId,
    width: u16,
    glyphs: &Glyphs,
) -> Vec<(Role, String)> {
    let width = usize::from(width);
    let mut spans = Vec::new();
    let mut used = 0;
    for (index, step) in session.steps().enumerate() {
        let id = step.info().id;
        let (role, mark) = mark(session, id, glyphs);
        let role = if id == current {
            Role::RailCurrent
        } else {
            role
        };
        let text = format!("{mark}{}", index + 1);
        used += text.width() + 1;
        spans.push((role, text));
        spans.push((Role::Text, " ".to_owned()));
    }
    let count = session.steps().count();
    let place = format!("step {} of {count}", words::number(session, current));
    let stage = session
        .flow
        .stage_of(current)
        .map_or("", |stage| stage.title);
    let room = width.saturating_sub(used + place.width() + 2);
    if room > 8 {
        let stage = cut(stage, room.saturating_sub(2), glyphs);
        let gap = room.saturating_sub(stage.width());
        spans.push((Role::Strong, format!(" {stage}")));
        spans.push((Role::Text, " ".repeat(gap)));
        spans.push((Role::Muted, format!(" {place}")));
    } else if width > used + place.width() {
        spans.push((Role::Text, " ".repeat(width - used - place.width())));
        spans.push((Role::Muted, place));
    }
    fit(spans, width, glyphs)
}

/// Returns the rail as rows: stages with their steps, then the tokens and how they stand.
pub fn rail_rows(
    session: &Session,
    current: StepId,
    now: Timestamp,
    width: u16,
    glyphs: &Glyphs,
) -> Vec<Row> {
    let width = usize::from(width);
    let mut rows = Vec::new();
    let mut number = 0;
    for stage in session.flow.stages {
        rows.push(Row::text(Role::Strong, cut(stage.title, width, glyphs)));
        let listed = stage.steps.iter().map(|step| (step, step.info().id));
        for (step, id) in listed.filter(|(_, id)| session.has_step(*id)) {
            number += 1;
            let (role, mark) = mark(session, id, glyphs);
            let here = id == current;
            let mark = if here { glyphs.current } else { mark };
            let word = word(session, id);
            let lead = format!(" {mark} {number} ");
            let title_role = if here { Role::RailCurrent } else { Role::Text };
            let mut row = line(
                (if here { Role::RailCurrent } else { role }, lead),
                (title_role, step.info().short),
                (role, &word),
                width,
                glyphs,
            );
            row.goes = Some(Goes::Step(id));
            row.depth = 1;
            rows.push(row);
        }
    }
    let tokens = tokens(session, now, width, glyphs);
    if !tokens.is_empty() {
        rows.push(Row::blank());
        rows.push(Row::text(Role::Strong, "Tokens"));
        rows.extend(tokens);
    }
    rows
}

/// Returns how many columns the rows take that this walk can come to have, their titles whole beside the usual words.
pub fn wanted(session: &Session) -> u16 {
    let stages = session.flow.stages.iter().map(|stage| stage.title.width());
    let steps = || session.steps().map(Step::info);
    let titles = steps().map(|info| LEAD + info.short.width() + STATE);
    let gives = steps().flat_map(|info| info.gives);
    let tokens = gives.filter(|artifact| is_listed(**artifact));
    let tokens = tokens.map(|artifact| 2 + artifact.name().width() + STATE);
    // The last column stays empty.
    let most = stages.chain(titles).chain(tokens).max().unwrap_or_default() + 1;
    u16::try_from(most).unwrap_or(u16::MAX)
}

/// The mark and the number before a step's title.
const LEAD: usize = 5;

/// A blank and `waiting for you`: few words for how a step or a token stands are longer.
const STATE: usize = 16;

fn mark(session: &Session, id: StepId, glyphs: &Glyphs) -> (Role, &'static str) {
    if session.step(id).stale && !matches!(session.status(id), Status::Waiting | Status::Skipped(_))
    {
        return (Role::StepStale, glyphs.stale);
    }
    match session.status(id) {
        Status::Done if has_error(session, id) || is_blamed(session, id) => {
            (Role::FindingWarning, glyphs.warning)
        }
        Status::Done => (Role::StepDone, glyphs.done),
        Status::Refused | Status::Failed => (Role::StepRefused, glyphs.failed),
        Status::Unreachable => (Role::StepFailed, glyphs.failed),
        Status::Ready | Status::Interrupted => (Role::StepReady, glyphs.idle),
        Status::Blocked(_) => (Role::StepSkipped, glyphs.idle),
        Status::Waiting => (Role::StepWaiting, glyphs.waiting),
        Status::Skipped(_) => (Role::StepSkipped, glyphs.skipped),
    }
}

/// Tells whether a step went through and a rule still calls something about it an error.
fn has_error(session: &Session, id: StepId) -> bool {
    let mut findings = session.step(id).findings();
    findings.any(|finding| finding.severity == Severity::Error)
}

/// Tells whether the verdict names a step, whichever the walk ended at.
fn is_blamed(session: &Session, id: StepId) -> bool {
    session
        .verdict(None)
        .is_some_and(|verdict| verdict.step == id)
}

/// Says how a step stands in a word or two; a done step by how long it took.
fn word(session: &Session, id: StepId) -> String {
    let state = session.step(id);
    let status = session.status(id);
    if state.stale && !matches!(status, Status::Waiting | Status::Skipped(_)) {
        return "stale".to_owned();
    }
    let optional = session
        .flow
        .step(id)
        .is_some_and(|step| step.info().optional);
    match status {
        Status::Ready | Status::Blocked(_) if optional => "optional".to_owned(),
        Status::Ready if session.archived => "not sent".to_owned(),
        Status::Ready => "ready".to_owned(),
        Status::Blocked(blocked) => needs_word(session, &blocked),
        Status::Skipped(_) => "skipped".to_owned(),
        Status::Waiting => match state.going.as_ref().map(|going| &going.what) {
            Some(What::Sending(_, Request::Browser(_))) => "waiting for you".to_owned(),
            Some(What::Preparing(_)) => "preparing".to_owned(),
            _ if crate::export::text::code_to_enter(session).is_some() => {
                "waiting for you".to_owned()
            }
            _ => "sending".to_owned(),
        },
        Status::Done => state
            .last()
            .map(|attempt| took(attempt.micros()))
            .unwrap_or_default(),
        Status::Refused => "refused".to_owned(),
        Status::Failed => state.last().map_or("rejected", Attempt::failed).to_owned(),
        Status::Unreachable => "not reachable".to_owned(),
        Status::Interrupted => "cancelled".to_owned(),
    }
}

/// Says what a step needs most: a field, else a token by its name, else the step that finds the metadata.
fn needs_word(session: &Session, blocked: &[Blocked]) -> String {
    let needs = |why: &Blocked| match why {
        Blocked::Needs(artifact) => Some(*artifact),
        _ => None,
    };
    if blocked.iter().any(|why| needs(why).is_none()) {
        return "needs input".to_owned();
    }
    let token = blocked
        .iter()
        .filter_map(needs)
        .find(|artifact| Artifact::GIVEABLE.contains(artifact));
    match (token, blocked.first().and_then(needs)) {
        (Some(token), _) => format!("needs {}", token.name()),
        (None, Some(other)) => maker(session.asked(), other).map_or_else(
            || format!("needs {}", other.name()),
            |step| format!("needs step {}", words::number(session, step)),
        ),
        (None, None) => "needs input".to_owned(),
    }
}

fn tokens(session: &Session, now: Timestamp, width: usize, glyphs: &Glyphs) -> Vec<Row> {
    let mut rows = Vec::new();
    for (artifact, held) in session
        .walk
        .bag
        .iter()
        .filter(|(artifact, _)| is_listed(*artifact))
    {
        let left = held.expires.map(|end| end.since(now));
        let (role, word) = match left {
            Some(left) if left.0 <= 0 => (Role::TimePast, "ended".to_owned()),
            _ if held.suspect.is_some() => (Role::FindingError, "suspect".to_owned()),
            _ if held.stale => (Role::StepStale, "stale".to_owned()),
            left => {
                let state = if held.origin == Origin::Given {
                    "given"
                } else {
                    "fresh"
                };
                let role = if left.is_some_and(|left| left < Lifetime(60_000)) {
                    Role::TimeSoon
                } else {
                    Role::Muted
                };
                (
                    role,
                    left.map_or_else(
                        || state.to_owned(),
                        |left| format!("{} {state}", coarse(left)),
                    ),
                )
            }
        };
        let name = words::upper(artifact.name());
        let mut row = line(
            (Role::Text, "  ".to_owned()),
            (Role::Text, &name),
            (role, &word),
            width,
            glyphs,
        );
        row.goes = match held.origin {
            Origin::Step(step) => Some(Goes::Step(step)),
            Origin::Given => Some(Goes::Artifact(artifact)),
        };
        row.depth = 1;
        rows.push(row);
    }
    rows
}

/// Tells whether the rail lists an artifact once there is one.
fn is_listed(artifact: Artifact) -> bool {
    Artifact::GIVEABLE.contains(&artifact) && artifact != Artifact::Code
}

/// A span in its largest unit: a rail need not count seconds until the last minute.
fn coarse(left: Lifetime) -> String {
    match left.0 / 1000 {
        seconds @ 60..=3599 => format!("{} min", seconds / 60),
        seconds @ 3600..=172_799 => format!("{} h", seconds / 3600),
        _ => left.to_string(),
    }
}

/// A line with its word at the right end; the title gives way, with a sign.
fn line(
    lead: (Role, String),
    title: (Role, &str),
    (word_role, word): (Role, &str),
    width: usize,
    glyphs: &Glyphs,
) -> Row {
    let room = width.saturating_sub(lead.1.width());
    let word = cut(word, room, glyphs);
    let title = (
        title.0,
        cut(title.1, room.saturating_sub(word.width() + 1), glyphs),
    );
    let gap = room.saturating_sub(title.1.width() + word.width());
    Row::new(fit(
        vec![
            lead,
            title,
            (Role::Text, " ".repeat(gap)),
            (word_role, word),
        ],
        width,
        glyphs,
    ))
}

/// Cuts a text to a width, with a sign.
pub fn cut(text: &str, width: usize, glyphs: &Glyphs) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(glyphs.cut.width());
    let mut out = String::new();
    for c in text.chars() {
        if out.width() + c.width().unwrap_or(0) > room {
            break;
        }
        out.push(c);
    }
    if width >= glyphs.cut.width() {
        out.truncate(out.trim_end().len());
        out.push_str(glyphs.cut);
    }
    out
}

/// Cuts pieces to a width together, with a sign.
pub fn fit(spans: Vec<(Role, String)>, width: usize, glyphs: &Glyphs) -> Vec<(Role, String)> {
    let total: usize = spans.iter().map(|(_, text)| text.width()).sum();
    if total <= width {
        return spans;
    }
    let mut left = width.saturating_sub(glyphs.cut.width());
    let mut out: Vec<(Role, String)> = Vec::new();
    for (role, text) in spans {
        let whole = text.width() <= left;
        let end = text
            .char_indices()
            .scan(0, |used, (at, c)| {
                *used += c.width().unwrap_or(0);
                Some((at + c.len_utf8(), *used))
            })
            .take_while(|(_, used)| *used <= left)
            .last()
            .map_or(0, |(end, _)| end);
        out.push((role, text[..end].to_owned()));
        left -= text[..end].width();
        if !whole {
            break;
        }
    }
    if width >= glyphs.cut.width() {
        out.push((Role::Muted, glyphs.cut.to_owned()));
    }
    out
}
